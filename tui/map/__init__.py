"""The Map screen."""
