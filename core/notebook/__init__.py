"""A training shown while it runs: live in a notebook, as lines on standard error elsewhere."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
