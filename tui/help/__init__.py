"""The help texts, one a screen."""
