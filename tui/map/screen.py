"""The Map screen: items on two components of taste, to walk through, search and colour."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

import numpy as np
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from core.engine import Notice
from core.views import Axes, ItemMap, ItemNeighbours, Map, NamedAxes, SimilarItems
from tui.charts import categories, ordered
from tui.formats import short_title
from tui.lists import LONGEST_TEXT, ThingList
from tui.map._choice import MapChoice, card, find_titles, map_title, neighbour_entries
from tui.map._tools import MapTools
from tui.map.canvas import ZOOM, MapCanvas
from tui.map.colouring import Colouring, colour_by, colour_legend
from tui.map.scatter import Emphasis, Points
from tui.shell import ASKING, Answered, NotAnswered, OpenThing, Thing


class MapScreen(MapTools):
    """A canvas with a card beside or below it."""

    MODE = "map"
    HOME = "#map"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="map.open"),
        Binding("s", "neighbours", "Similar", id="map.similar"),
        Binding("slash", "search", "Search", key_display="/", id="map.search"),
        Binding("c", "next_colouring", "Colour", id="map.colour"),
        Binding("plus,equals_sign", "zoom(True)", "Zoom", key_display="+ -", id="map.zoom_in"),
        Binding("minus", "zoom(False)", "Zoom out", key_display="-", id="map.zoom_out", show=False),
        Binding("0", "reset", "All", id="map.reset"),
        Binding("m", "next_range", "More items", id="map.range"),
        Binding("a", "component(0, 1)", "Axes", key_display="a b", id="map.x"),
        Binding("A", "component(0, -1)", "Previous x axis", id="map.x_back", show=False),
        Binding("b", "component(1, 1)", "Y axis", id="map.y", show=False),
        Binding("B", "component(1, -1)", "Previous y axis", id="map.y_back", show=False),
        Binding("n", "notebook", "50–100", id="map.notebook"),
        Binding("v", "region", "Region", id="map.region"),
        Binding("D", "compare", "Another run", id="map.compare"),
        Binding("t", "turn", "Turn in 3-D", id="map.turn", show=False),
        Binding("P", "picture", "Picture", id="map.picture"),
        Binding("e", "export", "Export a region", id="map.export", show=False),
        Binding("left_square_bracket", "scrub(-1)", "Earlier epoch", key_display="[", id="map.earlier"),
        Binding(
            "right_square_bracket", "scrub(1)", "Later epoch", key_display="]", id="map.later", show=False
        ),
        Binding("r", "rate", "Rate", id="map.rate", show=False),
        Binding("y", "copy", "Copy the title", id="map.copy", show=False),
        Binding("up,k", "move(0, 1)", "Up", id="map.up", show=False),
        Binding("down,j", "move(0, -1)", "Down", id="map.down", show=False),
        Binding("left,h", "move(-1, 0)", "Left", id="map.left", show=False),
        Binding("right,l", "move(1, 0)", "Right", id="map.right", show=False),
        Binding("shift+up", "pan(0, 1)", "Pan up", id="map.pan_up", show=False),
        Binding("shift+down", "pan(0, -1)", "Pan down", id="map.pan_down", show=False),
        Binding("shift+left", "pan(-1, 0)", "Pan left", id="map.pan_left", show=False),
        Binding("shift+right", "pan(1, 0)", "Pan right", id="map.pan_right", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._choice = MapChoice()
        self._keep_view = False
        self._hovered: int | None = None
        self._wanted: Thing | None = None

    def compose_body(self) -> ComposeResult:
        """Canvas, search line, card."""
        with Horizontal(id="map-body"):
            with Vertical(id="map-left", classes="panel -framed"):
                yield Static("", id="map-legend", markup=False)
                yield Static("", id="map-advice", classes="advice", markup=False)
                yield MapCanvas(id="map")
                yield Input(
                    placeholder="Part of a title; Enter shows it, Escape ends",
                    id="map-search",
                    compact=True,
                    max_length=LONGEST_TEXT,
                )
            with Vertical(id="map-right", classes="panel"):
                yield Static("", id="map-card", markup=False)
                yield ThingList(id="map-similar")

    def on_mount(self) -> None:
        """Fit the canvas to the terminal."""
        canvas = self.query_one(MapCanvas)
        canvas.ascii_only = self.tastemap.ascii_only
        canvas.symbols = self.app.no_color
        self.query_one("#map-left").border_title = "Map"
        self.query_one("#map-right").border_title = "Item"
        canvas.focus()
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._draw(keep_view=True))

    def subject_changed(self) -> None:
        """Draw another model."""
        self._forget_frames()
        self._load_anew()

    def heard(self, notice: Notice) -> None:
        """Follow a training epoch by epoch, but not faster than one can see."""
        super().heard(notice)
        if self.follows(notice):
            self._keep_view = True
            self._load()

    def _question(self) -> Map:
        return self._choice.question()

    def _load(self) -> None:
        if self.bench.subject is None:
            self._advise("Nothing to map yet: train a model first (1, then s), or open a run (5).")
            return
        if self._places is None:
            self._advise(ASKING)
        self._asked_live_at = time.monotonic()
        self.ask(self._choice.question())

    def _advise(self, text: str) -> None:
        advice = self.query_one("#map-advice", Static)
        advice.update(text)
        advice.display = bool(text)
        self.query_one(MapCanvas).display = not text

    @on(Answered)
    def answered(self, message: Answered) -> None:
        """Draw the map, or list the neighbours."""
        match message.answer:
            case ItemMap() as places:
                if not self._keep_view:
                    self._forget_neighbours()
                self._take_map(places)
            case NamedAxes(axes=axes):
                self._take_axes(axes)
            case ItemNeighbours() as neighbours:
                self._show_neighbours(neighbours)

    def _take_map(self, places: ItemMap) -> None:
        """Draw a map; of a training each epoch's is kept, and shown unless an earlier one is looked at."""
        self._frames.add(self._epoch, places)
        if self._frames.at is None:
            self._places = places
            self._advise("")
            self._draw(self._keep_view)
            self._take_wanted()
        saved = self.bench.subject is not None and self.bench.subject.run is not None
        if saved and not self._axes_asked:
            self._axes_asked = True
            self.ask(Axes(components=9))

    @on(NotAnswered)
    def not_answered(self, message: NotAnswered) -> None:
        """Say why there is no map."""
        if isinstance(message.question, Axes):
            return  # ends without tested words are numbered
        if isinstance(message.question, Map):
            self._choice.components = [1, 2]
            self._advise(f"{message.message}\n\n{message.hint}")
        else:
            self._similar.say(message.message)
            self.add_class("-similar")

    @property
    def _at_cursor(self) -> Thing | None:
        cursor = self.query_one(MapCanvas).emphasis.cursor
        if cursor is None or self._places is None or cursor >= len(self._places.items):
            return None
        return Thing("item", self._places.items[cursor], self._places.titles[cursor])

    def open_thing(self, thing: Thing) -> None:
        """Go to an item that another screen points at, and bring it onto the map where it isn't there."""
        self._wanted = thing
        if self._places is not None:
            self._take_wanted()

    def _take_wanted(self) -> None:
        thing, places = self._wanted, self._places
        if thing is None or places is None:
            return
        where = {str(item): index for index, item in enumerate(places.items)}
        if str(thing.id) in where:
            self._wanted = None
            self.query_one(MapCanvas).fly_to(where[str(thing.id)])
        elif self._choice.widen():
            self._load_anew()
        else:
            self._wanted = None
            self.notify(
                "It is too little known for a place on the map.",
                title=f"{thing.name} isn't on the map",
            )

    def place(self) -> Callable[[], object]:
        """The item under the cursor and what is in view."""
        canvas = self.query_one(MapCanvas)
        cursor, view = canvas.emphasis.cursor, canvas.view

        def restore() -> None:
            if cursor is not None and cursor < len(canvas.points):
                canvas.select(cursor)
                canvas.view = view

        return restore

    def _draw(self, keep_view: bool) -> None:
        if self._places is None:
            return
        places, colouring = self._places, colour_by(self._choice.way, self._places)
        labels = [short_title(title) for title in places.titles]
        points = Points(np.array(places.x), np.array(places.y), labels, colouring.categories)
        canvas = self.query_one(MapCanvas)
        canvas.ends = self._ends(places)
        canvas.show(points, self._colours(colouring), keep_view and len(points) == len(canvas.points))
        self.query_one("#map-left").border_title = map_title(places, self._choice.ranks)
        shapes = canvas.symbols or canvas.ascii_only or len(points) <= 400
        text = colour_legend(self._choice.way, colouring, self._colours(colouring), shapes, canvas.ascii_only)
        self.query_one("#map-legend", Static).update(text)
        self._show_card(canvas.emphasis.cursor)

    def _colours(self, colouring: Colouring) -> tuple[str, ...]:
        dark = self.app.current_theme.dark
        return ordered(dark) if colouring.ordered else categories(dark)

    def _show_card(self, index: int | None) -> None:
        self.query_one("#map-card", Static).update(card(self._places, index, compact=self.size.width < 100))

    @on(MapCanvas.Selected)
    def selected(self, message: MapCanvas.Selected) -> None:
        """Show the card of the item under the cursor."""
        self._show_card(message.index)
        self._forget_neighbours()

    @on(MapCanvas.Hovered)
    def hovered(self, message: MapCanvas.Hovered) -> None:
        """Show the card of the item under the mouse, and the cursor's again afterwards."""
        if message.index != self._hovered:
            self._hovered = message.index
            cursor = self.query_one(MapCanvas).emphasis.cursor
            self._show_card(cursor if message.index is None else message.index)

    def action_neighbours(self) -> None:
        """Ask for the items most similar to the selected one in the full space of factors."""
        cursor = self.query_one(MapCanvas).emphasis.cursor
        if cursor is not None and self._places is not None:
            self.ask(SimilarItems(item=self._places.items[cursor], count=14, min_ratings=10))

    def _show_neighbours(self, neighbours: ItemNeighbours) -> None:
        if self._at_cursor is None or self._at_cursor.id != neighbours.item.item:
            return  # the cursor has gone on
        canvas, similar = self.query_one(MapCanvas), neighbours.similar
        items = self._places.items if self._places is not None else ()
        places = {item: index for index, item in enumerate(items)}
        shown = tuple(places[each.item] for each in similar if each.item in places)
        emphasis = canvas.emphasis
        canvas.emphasis = Emphasis(emphasis.cursor, emphasis.found, shown)
        self.add_class("-similar")
        self._similar.show(neighbour_entries(neighbours, places))

    def action_search(self) -> None:
        """Open the search line."""
        self.add_class("-searching")
        self.query_one("#map-search", Input).focus()

    @on(Input.Changed, "#map-search")
    def search_changed(self, event: Input.Changed) -> None:
        """Highlight what matches."""
        canvas = self.query_one(MapCanvas)
        found = find_titles(event.value, self._places.titles if self._places is not None else ())
        canvas.emphasis = Emphasis(canvas.emphasis.cursor, found)

    @on(Input.Submitted, "#map-search")
    def search_submitted(self) -> None:
        """Go to the best match."""
        canvas = self.query_one(MapCanvas)
        found = canvas.emphasis.found
        self._end_search()
        if found:
            canvas.select(found[0])
        else:
            self.notify("More items (m) may bring it onto the map.", title="No such title on the map")

    def _end_search(self) -> None:
        self.remove_class("-searching")
        self.query_one(MapCanvas).focus()

    def step_back(self) -> bool:
        """End the search, or forget what it found, what is listed and what was chosen."""
        canvas = self.query_one(MapCanvas)
        begun = self.has_class("-searching") or self.has_class("-similar") or bool(canvas.emphasis.found)
        begun = self._end_tools() or begun
        self._end_search()
        self._forget_neighbours()
        canvas.emphasis = Emphasis(canvas.emphasis.cursor)
        return begun

    def action_next_colouring(self) -> None:
        """Colour by the next column."""
        self._choice.next_colouring()
        self._draw(keep_view=True)

    def action_next_range(self) -> None:
        """Show more items."""
        self._choice.next_range()
        self._load_anew()

    def action_notebook(self) -> None:
        """Few enough items for all their titles."""
        self._choice.notebook()
        self._load_anew()

    def action_component(self, axis: int, step: int) -> None:
        """Show the next component on an axis, or the one before."""
        self._choice.next_component(axis, step)
        self._load_anew()

    def _load_anew(self) -> None:
        self._keep_view = False
        self._load()

    def action_move(self, right: int, up: int) -> None:
        """Move the cursor, or the corner of the region that is being drawn."""
        canvas = self.query_one(MapCanvas)
        if canvas.frame is not None:
            canvas.grow_region(right, up)
        else:
            canvas.move_cursor(right, up)

    def action_pan(self, right: int, up: int) -> None:
        """Move the picture."""
        canvas = self.query_one(MapCanvas)
        canvas.view = canvas.view.panned(right * 0.2, up * 0.2)

    def action_zoom(self, closer: bool) -> None:
        """Zoom in or out."""
        self.query_one(MapCanvas).zoom(ZOOM if closer else 1 / ZOOM)

    def action_reset(self) -> None:
        """Show everything again."""
        self.query_one(MapCanvas).reset_view()

    def action_open(self) -> None:
        """List the region that is drawn, else take the selected item to the Lookup screen."""
        if self.query_one(MapCanvas).frame is not None:
            self.list_region()
        elif self._at_cursor is not None:
            self.post_message(OpenThing(self._at_cursor))

    def action_rate(self) -> None:
        """Take the selected item to be rated."""
        if self._at_cursor is not None:
            self.post_message(OpenThing(self._at_cursor, "fold_in"))

    def action_copy(self) -> None:
        """Copy the selected title."""
        if self._at_cursor is not None:
            self.app.copy_to_clipboard(self._at_cursor.name)
            self.notify(self._at_cursor.name, title="Copied", timeout=2)
