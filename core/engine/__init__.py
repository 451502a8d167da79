"""The engine as a child process: JSON-line commands on its input, JSON-line events on its output."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
