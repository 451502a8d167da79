"""A trained model in memory: its tables, its scores, its fallback, and users folded in."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
