"""Meet yourself: rate what you know, and watch your star move and your recommendations change."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from core.engine.client import Notice
from core.errors import TastemapError
from tui.charts.colouring import colour_by
from tui.charts.scatter import Points
from tui.crosstab import free_path
from tui.messages import Answered, NotAnswered
from tui.newcomer import Person, movements, offer_order
from tui.rating_keys import RatingKeys
from tui.screens.ask import AskScreen, PromptScreen
from tui.screens.base import ASKING, BenchScreen
from tui.screens.newcomer_why import NewcomerWhyScreen
from tui.themes import categories
from tui.widgets.map_canvas import MapCanvas
from tui.widgets.map_texts import short_title
from tui.widgets.newcomer_texts import given_line, near_text, offer_text, reading, top_line
from tui.widgets.search_box import SearchBox
from tui.widgets.self_canvas import SelfCanvas

ADVICE = "Nobody to meet yet: train a model first (1, then s), or open a run (5)."
COMPONENTS, OFFERED, FOUND, ON_MAP, BEST, LEAST_RATINGS = 3, 300, 30, 200, 30, 5
VIEWS = ("-all", "-map", "-given")


class NewcomerScreen(BenchScreen):
    """The item at hand and the given ratings to the left; map, reading and recommendations to the right."""

    MODE = "newcomer"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,s", "skip", "Don't know", key_display="space", id="newcomer.skip"),
        Binding("slash", "find", "Search", key_display="/", id="newcomer.search"),
        Binding("w", "why", "Why", id="newcomer.why"),
        Binding("d,delete", "forget", "Delete", id="newcomer.delete"),
        Binding("C", "clear", "Clear", id="newcomer.clear"),
        Binding("e", "export", "CSV", id="newcomer.export"),
        Binding("m", "next_view", "View", id="newcomer.view"),
        Binding("plus,equals_sign,full_stop", "amend(1)", "A step more", key_display="+", show=False)
        if False
        else Binding(
            "plus,equals_sign,full_stop", "amend(1)", "More", key_display="+", id="newcomer.more", show=False
        ),
        Binding("minus", "amend(-1)", "Less", key_display="-", id="newcomer.less", show=False),
        Binding("t", "type_rating", "Type a rating", id="newcomer.type", show=False),
        *(
            Binding(str(digit), f"rate({digit})", f"Rate with {digit}", id=f"newcomer.rate_{digit}", show=False)
            for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._people: dict[object, Person] = {}
        self._person = Person()
        self._keys: RatingKeys | None = None
        self._trouble = "not asked yet"
        self._offers: Sequence[Mapping[str, Any]] = ()
        self._found: dict[str, Mapping[str, Any]] = {}
        self._at_hand: Mapping[str, Any] | None = None
        self._last = ""
        self._places: dict[str, tuple[float, float]] = {}
        self._titles: Sequence[str] = ()
        self._ids: Sequence[Any] = ()
        self._met: Mapping[str, Any] | None = None
        self._met_by: dict[str, float] = {}
        self._best_before: list[str] | None = None
        self._axes: Sequence[Mapping[str, Any]] = ()
        self._names: dict[int, str] = {}
