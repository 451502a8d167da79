"""The Factors screen."""
