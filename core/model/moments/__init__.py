"""What a known moment says of a rating: the user's mood about then, and the item's standing at the time."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
