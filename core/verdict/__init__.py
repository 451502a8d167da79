"""Which model is best on a table, and whether that holds on other splits of it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
