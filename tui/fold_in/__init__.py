"""The fold-in screen: rate a few items, and see where the model places you."""

from tui.fold_in.screen import FoldInScreen

__all__ = ["FoldInScreen"]
