"""The screens by name, each imported when it is first wanted, not before the first frame."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from textual.screen import Screen

TABS = (
    ("train", "1", "Train"),
    ("lookup", "2", "Lookup"),
    ("factors", "3", "Factors"),
    ("map", "4", "Map"),
    ("runs", "5", "Runs"),
    ("race", "6", "Race"),
    ("fold_in", "7", "You"),
)
"""The name of each screen with its key and its title, as the bar at the top shows them."""
SCREENS = {
    "train": ("tui.train", "TrainScreen"),
    "lookup": ("tui.lookup", "LookupScreen"),
    "factors": ("tui.factors", "FactorsScreen"),
    "map": ("tui.map", "MapScreen"),
    "runs": ("tui.runs", "RunsScreen"),
    "race": ("tui.race", "RaceScreen"),
    "fold_in": ("tui.fold_in", "FoldInScreen"),
}


def screen_class(mode: str) -> type[Screen[Any]]:
    """Import a screen's class."""
    module, name = SCREENS[mode]
    found: type[Screen[Any]] = getattr(import_module(module), name)
    return found


def screen_maker(mode: str) -> Callable[[], Screen[Any]]:
    """Give what makes the screen when the app first switches to it."""

    def make() -> Screen[Any]:
        return screen_class(mode)()

    return make
