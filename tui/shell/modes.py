"""The screens by name, each imported when it is first wanted, not before the first frame."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from textual.screen import Screen

SCREENS = {
    "train": ("tui.train.screen", "TrainScreen"),
    "lookup": ("tui.lookup.screen", "LookupScreen"),
    "factors": ("tui.factors.screen", "FactorsScreen"),
    "map": ("tui.map.screen", "MapScreen"),
    "runs": ("tui.runs.screen", "RunsScreen"),
    "race": ("tui.race.screen", "RaceScreen"),
    "fold_in": ("tui.fold_in.screen", "FoldInScreen"),
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
