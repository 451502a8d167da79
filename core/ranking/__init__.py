"""Likes, and figures of rankings: all items ranked for every user, what they know passed over."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
