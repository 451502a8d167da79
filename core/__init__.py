"""Tastemap's engine: data sets, the architecture contract, training, runs and recommender views.

Names load on first use, so that `import core` costs nothing and no name here ever waits for TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
