"""The Lookup screen: who would like what, how much, and why."""

from tui.lookup.screen import LookupScreen
from tui.lookup.search_box import SearchBox

__all__ = ["LookupScreen", "SearchBox"]
