"""The right half of the fold-in screen: the map with the star, the reading, the recommendations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static

from tui.charts.colouring import colour_by
from tui.charts.scatter import Points
from tui.fold_in.canvas import FoldInCanvas
from tui.fold_in.state import Meeting
from tui.fold_in.texts import near_text, reading, top_line
from tui.map.canvas import MapCanvas
from tui.map.texts import legend, short_title
from tui.shell.themes import categories

ROOMY = 55
"""From so many columns on there is room for two remarks in two lines."""
NO_ITEMS: Mapping[str, Any] = {}


class FoldInPanel(Vertical):
    """Posts ItemChosen for a recommendation entered or an item of the map clicked."""

    class ItemChosen(Message):
        """An item to rate: its `id`, `title`, and what else is known."""

        def __init__(self, item: Mapping[str, Any]) -> None:
            super().__init__()
            self.item = item

    def __init__(self, ascii_only: bool, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._ascii = ascii_only
        self._items = NO_ITEMS
        self._meeting = Meeting()
        self._axes: Sequence[Mapping[str, Any]] = ()
        self._names: dict[int, str] = {}
        self._complaint = ""

    def compose(self) -> ComposeResult:
        """Map, two lines, list."""
        with Vertical(id="fold-in-map", classes="panel"):
            yield Static("", id="fold-in-legend")
            yield FoldInCanvas(id="fold-in-canvas")
            yield Static("", id="fold-in-near")
        yield Static("", id="fold-in-reading")
        yield OptionList(id="fold-in-top", classes="panel", compact=True)

    def on_mount(self) -> None:
        """Fit the canvas to the terminal."""
        canvas = self.query_one(FoldInCanvas)
        canvas.ascii_only, canvas.symbols = self._ascii, self.app.no_color
        self.query_one("#fold-in-map").border_title = "You among the most rated"
        self.query_one("#fold-in-top").border_title = "For you"
        self.query_one("#fold-in-top").border_subtitle = "w: why · Enter: I know it"

    @property
    def places(self) -> dict[str, tuple[float, float]]:
        """Where the items of the map lie, by id."""
        if not self._items:
            return {}
        where = zip(self._items["x"], self._items["y"], strict=True)
        return dict(zip(map(str, self._items["items"]), where, strict=True))

    def forget(self) -> None:
        """Empty everything for another model."""
        self._items, self._meeting, self._axes, self._names = NO_ITEMS, Meeting(), (), {}
        self._complaint = ""
        self.query_one("#fold-in-top", OptionList).clear_options()
        self.draw_map()
        self._draw_words()

    def show_map(self, items: Mapping[str, Any]) -> None:
        """Draw the items of a "map" answer."""
        self._items = items
        self.draw_map()

    def use_axes(self, axes: Sequence[Mapping[str, Any]]) -> None:
        """Read the standing by the tested names of the components' ends."""
        self._axes = axes
        self._draw_words()

    def use_names(self, components: Sequence[Mapping[str, Any]]) -> None:
        """Read it by the names that a person gave, where there are any."""
        self._names = {one["number"]: one["name"] for one in components}
        self._draw_words()

    def complain(self, view: str, text: str) -> None:
        """Say what couldn't be had."""
        place = "#fold-in-near" if view == "map" else "#fold-in-reading"
        self.query_one(place, Static).update(text)

    def show_meeting(self, meeting: Meeting) -> None:
        """Move the star, and list the recommendations with what has become of them."""
        self._meeting = meeting
        self.query_one(FoldInCanvas).go_to(self._goal())
        self._draw_words()
        self._draw_top()

    def highlighted_item(self) -> Any:
        """The id of the chosen recommendation, None where there is none."""
        index = self.query_one("#fold-in-top", OptionList).highlighted
        top = self._top()
        return top[index or 0]["item"] if top else None

    def draw_map(self) -> None:
        """Draw the items in the theme's colours, and the star where it was."""
        canvas, items = (
            self.query_one(FoldInCanvas),
            self._items or {"x": [], "y": [], "titles": [], "genres": []},
        )
        colouring = colour_by("genre", items)
        labels = [short_title(title) for title in items["titles"]]
        colours = categories(self.app.current_theme.dark)
        points = Points(np.array(items["x"]), np.array(items["y"]), labels, colouring.categories)
        canvas.show_items(points, colours)
        canvas.go_to(self._goal())
        text = legend("genre", colouring, colours, True, self._ascii) if self._items else ""
        self.query_one("#fold-in-legend", Static).update(text)

    def _goal(self) -> tuple[float, float] | None:
        place = self._meeting.result["position"] if self._meeting.result else None
        return (place[0], place[1]) if place and len(place) > 1 and self._items else None

    def _top(self) -> Sequence[Mapping[str, Any]]:
        return self._meeting.result["top"] if self._meeting.result else ()

    def _draw_words(self) -> None:
        result = self._meeting.result
        nearest = self.query_one(FoldInCanvas).nearest()
        titles = [self._items["titles"][index] for index in nearest]
        note = result["note"] if result else ""
        self.query_one("#fold-in-near", Static).update(near_text(titles, note))
        self.query_one("#fold-in-reading", Static).update(self._reading() if result else "")

    def _reading(self) -> str:
        result, most = self._meeting.result or {}, 2 if self.size.width >= ROOMY else 1
        return reading(result["standing"], self._axes, self._names, len(result["given"]), most)

    def _draw_top(self) -> None:
        options, moved = self.query_one("#fold-in-top", OptionList), self._meeting.risen
        highlighted = options.highlighted
        lines = zip(self._top(), moved, strict=True)
        options.set_options(
            top_line(place, item, risen, self._ascii) for place, (item, risen) in enumerate(lines, 1)
        )
        if self._top():
            options.highlighted = min(highlighted or 0, len(self._top()) - 1)

    @on(OptionList.OptionSelected, "#fold-in-top")
    def selected(self, event: OptionList.OptionSelected) -> None:
        """Take a recommendation up."""
        event.stop()
        item = self._top()[event.option_index]
        self.post_message(self.ItemChosen({**item, "id": item["item"]}))

    @on(MapCanvas.Selected)
    def clicked(self, event: MapCanvas.Selected) -> None:
        """Take an item of the map up."""
        event.stop()
        if event.index is not None:
            items, at = self._items, event.index
            item = {"id": items["items"][at], "title": items["titles"][at], "genres": items["genres"][at]}
            self.post_message(self.ItemChosen({**item, "ratings": items["ratings"][at]}))
