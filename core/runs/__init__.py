"""Run folders: write them so that they survive anything, read them without running any code."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
