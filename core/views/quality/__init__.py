"""How good a model is: its errors, its ranking, and the difference from other runs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
