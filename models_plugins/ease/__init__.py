"""EASE: weights from item to item in closed form."""

from models_plugins.ease.architecture import Ease, register_architectures

__all__ = ["Ease", "register_architectures"]
