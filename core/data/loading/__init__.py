"""From a name, a place, an address or a frame to a checked table; and a first look at one."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
