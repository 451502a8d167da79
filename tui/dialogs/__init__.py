"""Small screens on top of a screen."""
