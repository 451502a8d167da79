"""What can be done with a map beyond walking: regions, pictures, another run, time, a third dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from textual import on
from textual.timer import Timer

from core.engine import QueryError
from core.errors import TastemapError
from core.model import NamedAxis
from core.pictures import write_picture
from core.views import Expected, ItemMap, Map, SimilarItems
from tui.dialogs import PickScreen
from tui.files import free_path, read_runs
from tui.lists import Entry, ThingList
from tui.map._frames import Frames, laid_over, mover_entries, turned
from tui.map._region import predicted_words, region_entries, write_region
from tui.map.canvas import MapCanvas
from tui.shell import BenchScreen

_TURN, _TURN_SECONDS = math.pi / 60, 0.08
_REGION = "region"
_PICTURES = (
    (".svg", "A vector picture with all titles that find room."),
    (".txt", "Text, for a terminal or a letter."),
    (".png", "Pixels; needs matplotlib."),
)


def _expected(places: ItemMap, inside: Sequence[int]) -> Expected:
    return Expected(items=tuple(places.items[index] for index in inside))


class MapTools(BenchScreen):
    """The part of the map screen that draws regions and pictures, compares runs, goes through time, turns."""

    def __init__(self) -> None:
        super().__init__()
        self._places: ItemMap | None = None
        self._frames = Frames()
        self._axes: Sequence[NamedAxis] = ()
        self._axes_asked = False
        self._turning: Timer | None = None
        self._still: ItemMap | None = None
        self._laid_over = False

    def _draw(self, keep_view: bool) -> None:
        raise NotImplementedError

    def _question(self) -> Map:
        raise NotImplementedError

    @property
    def _similar(self) -> ThingList:
        return self.query_one("#map-similar", ThingList)

    def _forget_neighbours(self) -> None:
        """A list of neighbours is of one item; beside another it would be false."""
        self.workers.cancel_group(self, SimilarItems.tag)
        self.workers.cancel_group(self, _REGION)
        self._similar.show([])
        self.remove_class("-similar")

    def _list(self, entries: Sequence[Entry]) -> None:
        """Show a list beside the map."""
        self.workers.cancel_group(self, SimilarItems.tag)
        self.workers.cancel_group(self, _REGION)
        self.add_class("-similar")
        self._similar.show(entries)

    @property
    def _epoch(self) -> int:
        epochs = self.bench.training.epochs
        return epochs[-1].epoch if epochs else 0

    def _forget_frames(self) -> None:
        self._frames, self._axes, self._axes_asked = Frames(), (), False
        self._end_tools()

    def _take_axes(self, axes: Sequence[NamedAxis]) -> None:
        self._axes = axes
        self._draw(keep_view=True)

    def _ends(self, places: ItemMap) -> list[str]:
        """What the ends of both axes mean: tested words, else a name of one's own, else the number."""
        known = {axis.number: (axis.low, axis.high) for axis in self._axes}
        ends = []
        for number, name in zip(places.components, places.names, strict=True):
            low, high = known.get(number, ("", ""))
            ends += [
                low or f"- {name or f'component {number}'}",
                high or f"+ {name or f'component {number}'}",
            ]
        return [end.replace(" · ", ", ") for end in ends]

    def _end_tools(self) -> bool:
        """End a region, a turn and a look back; False where none of them was begun."""
        canvas, turning = self.query_one(MapCanvas), self._turning is not None
        begun = canvas.frame is not None or turning or self._frames.at is not None or self._laid_over
        canvas.frame, self._frames.at, self._laid_over = None, None, False
        if self._turning is not None:
            self._turning.stop()
            self._turning = None
        if turning and self._still is not None:
            self._places, self._still = self._still, None
            self._draw(keep_view=False)
        elif begun and self._frames.maps:
            self._places = self._frames.maps[-1][1]
            self._draw(keep_view=True)
        return begun

    def action_region(self) -> None:
        """Begin a region at the cursor: arrows grow it, Enter lists what is inside."""
        self.query_one(MapCanvas).begin_region()
        self.notify(
            "Arrows grow it, Enter lists what is inside, e writes it, Esc ends.", title="Region", timeout=4
        )

    @on(MapCanvas.Enclosed)
    def list_region(self) -> None:
        """List what lies in the region."""
        if self._places is not None:
            inside = self.query_one(MapCanvas).enclosed()
            self._list(region_entries(self._places, inside))
            self._similar.focus()
            if inside:
                self.start_worker(_REGION, self._predict_region, self._places, inside)

    async def _predict_region(self, places: ItemMap, inside: Sequence[int]) -> None:
        """Add to the list what everybody would give what lies in the region."""
        try:
            words = predicted_words(await self.bench.ask(_expected(places, inside)))
        except QueryError as error:
            words = error.message
        if self._places is places:
            self._similar.show(region_entries(places, inside, words))

    def action_export(self) -> None:
        """Write the items of the region, or all that are shown, for a spreadsheet."""
        canvas = self.query_one(MapCanvas)
        if self._places is None:
            return
        inside = canvas.enclosed() if canvas.frame is not None else range(len(self._places.items))
        self.start_worker("export", self._write_region, self._places, list(inside))

    async def _write_region(self, places: ItemMap, inside: Sequence[int]) -> None:
        predicted: list[float | None] = [None] * len(inside)
        with suppress(QueryError):  # of a model that ranks there are none
            found = await self.bench.ask(_expected(places, inside))
            predicted = [one.rating for one in found.items]
        try:
            path = write_region(places, inside, predicted, self.tastemap.out_folder)
        except OSError as error:
            self.notify(str(error), title="The region can't be written", severity="error")
        else:
            self.tastemap.deliver(path, f"{len(inside):,} items written")

    def action_picture(self) -> None:
        """Save the map as a picture."""
        if self._places is not None:
            self.app.push_screen(PickScreen("Which kind of picture?", _PICTURES), self._save_picture)

    def _save_picture(self, ending: str | None) -> None:
        if ending is None or self._places is None:
            return
        path = free_path(self.tastemap.out_folder / f"map{ending}")
        try:
            write_picture(self._places.scatter(), path)
        except TastemapError as error:
            self.notify(error.hint, title=error.message, severity="error")
        except OSError as error:
            self.notify(str(error), title="The picture can't be written", severity="error")
        else:
            self.tastemap.deliver(path, "Picture saved")

    def action_compare(self) -> None:
        """Choose a run whose map is laid on this one."""
        subject = self.bench.subject
        if subject is None or self._places is None:
            return
        runs = [run for run in read_runs() if run.state == "finished" and str(run.folder) != subject.run]
        if not runs:
            self.notify("Train another model first.", title="There is no other run to compare with")
            return
        names = {run.title: str(run.folder) for run in runs}
        choices = [(run.title, run.figures) for run in runs]
        heading = "Which run's map is to be laid on this one?"
        self.app.push_screen(PickScreen(heading, choices), lambda name: self._compare_with(name, names))

    def _compare_with(self, name: str | None, folders: dict[str, str]) -> None:
        if name is not None:
            self.start_worker("compare", self._ask_other, name, folders[name])

    async def _ask_other(self, name: str, folder: str) -> None:
        try:
            other = await self.bench.engine.ask(self._question(), folder)
        except QueryError as error:
            self.notify(error.hint, title=error.message, severity="error")
            return
        first = self._places
        if first is None:
            return
        laid = laid_over(first, other)
        self._list(mover_entries(first, laid, name))
        self._show_other(first, laid)

    def _show_other(self, first: ItemMap, laid: ItemMap) -> None:
        """Let the items glide to where the other run has them; Escape brings them back."""
        self._laid_over = True
        where = {str(item): (x, y) for item, x, y in zip(laid.items, laid.x, laid.y, strict=True)}
        goal = [
            where.get(str(item), (x, y)) for item, x, y in zip(first.items, first.x, first.y, strict=True)
        ]
        self.query_one(MapCanvas).glide([x for x, _ in goal], [y for _, y in goal])

    def action_scrub(self, step: int) -> None:
        """Show the map of an earlier or a later epoch."""
        frame = self._frames.step(step)
        if frame is None:
            self.notify("Watch a training on this screen: each epoch's map is kept.", title="No earlier map")
            return
        epoch, self._places = frame
        self._draw(keep_view=True)
        shown = "" if self._frames.at is None else f"epoch {epoch}; Esc ends"
        self.query_one("#map-left").border_subtitle = shown

    def action_turn(self) -> None:
        """Turn the first two components and a third about the upright axis, until it is pressed again."""
        if self._turning is not None:
            self._end_tools()
        elif self._places is not None:
            self.start_worker("turn", self._begin_to_turn)

    async def _begin_to_turn(self) -> None:
        question = self._question()
        third = next(number for number in range(1, 5) if number not in (question.x, question.y))
        try:
            depth = await self.bench.ask(replace(question, x=third))
        except QueryError as error:
            self.notify(error.hint, title=error.message, severity="error")
            return
        still = self._places
        if still is None or depth.items != still.items:
            return
        self._still, angle = still, [0.0]

        def turn() -> None:
            angle[0] += _TURN
            self._places = replace(still, x=turned(still.x, depth.x, angle[0]))
            self._draw(keep_view=True)

        self._turning = self.set_interval(_TURN_SECONDS, turn)
