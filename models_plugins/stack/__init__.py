"""Factors and links stacked: both score from what a user took."""

from models_plugins.stack.architecture import Stack, register_architectures

__all__ = ["Stack", "register_architectures"]
