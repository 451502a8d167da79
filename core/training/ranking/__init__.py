"""Training to rank: the softmax over items for batches of users, for any head."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
