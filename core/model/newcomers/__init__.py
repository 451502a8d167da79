"""Users of a table whom training doesn't know, folded in many at a time from the rows that they give."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
