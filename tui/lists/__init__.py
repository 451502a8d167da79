"""Lists of things that can be opened: one widget for all of them, and the line that searches."""

from tui.lists.checks import CheckList
from tui.lists.search_box import LIKELY, LONGEST_TEXT, SearchBox, parted
from tui.lists.things import Entry, ThingList, heading, marked

__all__ = [
    "LIKELY",
    "LONGEST_TEXT",
    "CheckList",
    "Entry",
    "SearchBox",
    "ThingList",
    "heading",
    "marked",
    "parted",
]
