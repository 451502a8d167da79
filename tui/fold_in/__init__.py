"""The You screen."""
