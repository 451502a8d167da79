"""The Lookup screen: who would like what, how much, and why."""

from tui.lookup.screen import LookupScreen

__all__ = ["LookupScreen"]
