"""Views from Python: methods of a run, text at the prompt, HTML in notebooks, Arrow for other libraries."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
