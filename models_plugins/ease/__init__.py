"""EASE: weights from item to item in closed form."""

from models_plugins.ease._links import Links, item_links, kept_items
from models_plugins.ease.architecture import Ease, register_architectures

__all__ = ["Ease", "Links", "item_links", "kept_items", "register_architectures"]
