"""TensorFlow, loaded lean: its import, the compiled programs that are kept, the device."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
