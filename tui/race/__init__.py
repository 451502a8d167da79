"""The Race screen."""
