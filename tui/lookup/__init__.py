"""The Lookup screen."""
