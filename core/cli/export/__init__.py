"""A run's model for other programs: tables, a projector's files, a Keras model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
