"""The map drawn as text and SVG, with labels that don't overlap."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
