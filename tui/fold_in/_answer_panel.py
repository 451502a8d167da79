"""The right half of the fold-in screen: the map with the star, the reading, the recommendations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from core.model import NamedAxis
from core.options import Identifier
from core.views import Component, FoldedIn, ItemMap, Recommendation
from tui.charts import categories
from tui.fold_in._canvas import FoldInCanvas
from tui.fold_in._state import FoldInAnswer, Item
from tui.fold_in._texts import near_text, reading, top_line
from tui.formats import short_title
from tui.lists import Entry, ThingList
from tui.map import NO_POINTS, MapCanvas, Points, colour_by, colour_legend
from tui.shell import Thing

_ROOMY = 55
"""From so many columns on there is room for two remarks in two lines."""


class AnswerPanel(Vertical):
    """Posts ItemChosen for a recommendation entered or an item of the map clicked."""

    class ItemChosen(Message):
        """An item to rate."""

        def __init__(self, item: Item) -> None:
            super().__init__()
            self.item = item

    def __init__(self, ascii_only: bool, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._ascii = ascii_only
        self._map: ItemMap | None = None
        self._answer = FoldInAnswer()
        self._axes: Sequence[NamedAxis] = ()
        self._names: dict[int, str] = {}
        self._complaint = ""

    def compose(self) -> ComposeResult:
        """Map, two lines, list."""
        with Vertical(id="fold-in-map", classes="panel"):
            yield Static("", id="fold-in-legend", markup=False)
            yield FoldInCanvas(id="fold-in-canvas")
            yield Static("", id="fold-in-near", markup=False)
        yield Static("", id="fold-in-reading", markup=False)
        with Vertical(id="fold-in-top-panel", classes="panel"):
            yield ThingList(id="fold-in-top", plain_enter=True)

    def on_mount(self) -> None:
        """Fit the canvas to the terminal."""
        canvas = self.query_one(FoldInCanvas)
        canvas.ascii_only, canvas.symbols = self._ascii, self.app.no_color
        self.query_one("#fold-in-map").border_title = "You among the best known"
        self.query_one("#fold-in-top-panel").border_title = "For you"
        self.query_one("#fold-in-top-panel").border_subtitle = "w: why · Enter: I know it · o: open"

    @property
    def places(self) -> dict[str, tuple[float, float]]:
        """Where the items of the map lie, by id."""
        if self._map is None:
            return {}
        where = zip(self._map.x, self._map.y, strict=True)
        return dict(zip(map(str, self._map.items), where, strict=True))

    def forget(self) -> None:
        """Empty everything for another model."""
        self._map, self._answer, self._axes, self._names = None, FoldInAnswer(), (), {}
        self._complaint = ""
        self._list.show([])
        self.draw_map()
        self._draw_words()

    def show_map(self, places: ItemMap) -> None:
        """Draw other items."""
        self._map = places
        self.draw_map()

    def use_axes(self, axes: Sequence[NamedAxis]) -> None:
        """Read the standing by the tested names of the components' ends."""
        self._axes = axes
        self._draw_words()

    def use_names(self, components: Sequence[Component]) -> None:
        """Read it by the user's own names, where there are any."""
        self._names = {one.number: one.name for one in components}
        self._draw_words()

    def complain(self, of_map: bool, text: str) -> None:
        """Say why the map or another answer couldn't be had."""
        self.query_one("#fold-in-near" if of_map else "#fold-in-reading", Static).update(text)

    def show_answer(self, answer: FoldInAnswer) -> None:
        """Move the star, and list the recommendations with what has become of them."""
        self._answer = answer
        self.query_one(FoldInCanvas).go_to(self._goal())
        self._draw_words()
        self._draw_top()

    def highlighted_item(self) -> Identifier | None:
        """The id of the chosen recommendation, None where there is none."""
        return self._list.thing.id if self._list.thing else None

    @property
    def _list(self) -> ThingList:
        return self.query_one("#fold-in-top", ThingList)

    def draw_map(self) -> None:
        """Draw the items in the theme's colours, and the star where it was."""
        points, legend, colours = NO_POINTS, Content(""), categories(self.app.current_theme.dark)
        if self._map is not None:
            colouring = colour_by("genre", self._map)
            labels = [short_title(title) for title in self._map.titles]
            points = Points(np.array(self._map.x), np.array(self._map.y), labels, colouring.categories)
            legend = colour_legend("genre", colouring, colours, True, self._ascii)
        canvas = self.query_one(FoldInCanvas)
        canvas.show_items(points, colours)
        canvas.go_to(self._goal())
        self.query_one("#fold-in-legend", Static).update(legend)

    def _goal(self) -> tuple[float, float] | None:
        place = self._answer.result.position if self._answer.result else None
        return (place[0], place[1]) if place and len(place) > 1 and self._map is not None else None

    def _top(self) -> Sequence[Recommendation]:
        return self._answer.result.top if self._answer.result else ()

    def _draw_words(self) -> None:
        result, titles = self._answer.result, self._map.titles if self._map is not None else ()
        near = [titles[index] for index in self.query_one(FoldInCanvas).nearest()]
        self.query_one("#fold-in-near", Static).update(near_text(near, result.note if result else ""))
        self.query_one("#fold-in-reading", Static).update(self._reading(result) if result else "")

    @property
    def reading(self) -> str:
        """What sets the folded-in user apart, in a sentence; "" before any answer."""
        return self._reading(self._answer.result) if self._answer.result else ""

    def _reading(self, result: FoldedIn) -> str:
        most = 2 if self.size.width >= _ROOMY else 1
        told = reading(result.standing, self._axes, self._names, len(result.given), most)
        twin = result.twins[0] if result.given and result.twins else None
        likes = "likes" if any(one.rating is None for one in result.top) else "rates"
        return f"{told} User {twin.user} {likes} most like you ({twin.similarity:.2f})." if twin else told

    def _draw_top(self) -> None:
        at, lines = self._list.highlighted, zip(self._top(), self._answer.risen, strict=True)
        self._list.show(
            [
                Entry(top_line(place, item, risen, self._ascii), Thing("item", item.item, item.title))
                for place, (item, risen) in enumerate(lines, 1)
            ]
        )
        if self._top():
            self._list.highlighted = min(at or 0, len(self._top()) - 1)  # the place counts, not the title

    @on(ThingList.Taken)
    def selected(self, event: ThingList.Taken) -> None:
        """Take a recommendation up."""
        event.stop()
        item = next(one for one in self._top() if one.item == event.thing.id)
        self.post_message(self.ItemChosen(Item.of(item)))

    @on(ThingList.Walked)
    def walked(self, event: ThingList.Walked) -> None:
        """Nothing hangs on the cursor before a key is pressed."""
        event.stop()

    @on(MapCanvas.Selected)
    def clicked(self, event: MapCanvas.Selected) -> None:
        """Take an item of the map up."""
        event.stop()
        if event.index is not None and self._map is not None:
            self.post_message(self.ItemChosen(Item.of(self._map.rows()[event.index])))
