"""The Runs screen: list, sort, filter, label, open, compare, measure, delete with undo, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import ScreenResume
from textual.message import Message
from textual.widgets import DataTable, Input, Static

from core.engine import Notice, QueryError
from core.errors import RunError
from core.protocol import Finished, ResumeRun, RunStarted
from core.runs import RunLabels, parse_tags, write_labels
from core.views.quality import Comparison
from tui.charts import ChartView, Curve, Marks, categories, rgb
from tui.dialogs import CheckScreen, PromptScreen
from tui.files import SavedRun, delete_run, export_run, free_path, read_runs, restore_run
from tui.lists import LONGEST_TEXT
from tui.runs._quality import QualityScreen
from tui.runs._table import COLUMNS, Column, RunTable, fitting, headings, run_cells
from tui.runs._texts import comparison_text, details_text, short_name, verdict_text
from tui.runs._tree import as_tree
from tui.shell import BenchScreen, Deleted, Subject, Thing

_ADVICE = "No run yet. Train a model (1, then s): every training is saved here by itself."
_MOST_CURVES = 6


@dataclass
class _RunsRead(Message):
    """The folder of runs was read."""

    runs: list[SavedRun]


@dataclass
class _Compared(Message):
    """The engine compared two runs on their held-out ratings, or said why it can't."""

    names: list[str]
    text: str


class RunsScreen(BenchScreen):
    """A table; beside it the run under the cursor, or the marked ones compared."""

    MODE = "runs"
    HOME = "#runs-table"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open", id="runs.open"),
        Binding("space", "mark", "Mark", key_display="Space", id="runs.mark"),
        Binding("slash", "filter", "Filter", key_display="/", id="runs.filter"),
        Binding("s", "sort(1)", "Sort", id="runs.sort"),
        Binding("S", "turn_order", "Turn the order", show=False, id="runs.order"),
        Binding("c", "columns", "Columns", id="runs.columns"),
        Binding("n", "label('name')", "Name", id="runs.name"),
        Binding("t", "label('tags')", "Tags", id="runs.tags", show=False),
        Binding("N", "label('note')", "Note", id="runs.note", show=False),
        Binding("d,delete", "delete", "Delete", id="runs.delete"),
        Binding("u", "undo", "Undo", id="runs.undo"),
        Binding("i", "quality", "Quality", id="runs.quality"),
        Binding("p", "replay", "Play again", id="runs.replay"),
        Binding("r", "resume", "Resume", id="runs.resume"),
        Binding("e", "export", "Export", id="runs.export"),
        Binding("y", "copy", "Copy the id", id="runs.copy", show=False),
        Binding("g", "toggle_log", "Log axis", id="runs.log_axis", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[SavedRun] = []
        self._marked: list[str] = []
        self._verdict: tuple[list[str], str] = ([], "")
        self._sorted_by, self._downward = "date", True
        self._wanted = ""

    def compose_body(self) -> ComposeResult:
        """Table, details, curves."""
        with Horizontal(id="runs-body"):
            with Vertical(id="runs-left", classes="panel -framed"):
                yield Static("", id="runs-advice", classes="advice", markup=False)
                yield RunTable(id="runs-table", cursor_type="row")
                yield Input(
                    placeholder="Words of a name, tag, note or data set",
                    id="runs-filter",
                    compact=True,
                    max_length=LONGEST_TEXT,
                )
            with Vertical(id="runs-right", classes="panel"):
                yield Static("", id="runs-details", markup=False)
                yield ChartView(self._curves, id="runs-chart")

    def on_mount(self) -> None:
        """Name the panels."""
        self.query_one("#runs-left").border_title = "Runs"
        self.query_one("#runs-right").border_title = "Details"
        self.query_one(ChartView).ascii_only = self.tastemap.ascii_only
        self.query_one(DataTable).focus()

    def on_screen_resume(self, event: ScreenResume) -> None:  # noqa: ARG002 - the base changes it
        """Read the folder again: another program may have trained."""
        self._read()

    def heard(self, notice: Notice) -> None:
        """List a run as soon as it is there."""
        super().heard(notice)
        if isinstance(notice, RunStarted | Finished) and self.is_current:
            self._read()

    def _read(self) -> None:
        self.run_worker(self._read_in_thread, name="runs", group="runs", exclusive=True, thread=True)

    def _read_in_thread(self) -> None:
        self.post_message(_RunsRead(read_runs()))

    @on(_RunsRead)
    def runs_read(self, message: _RunsRead) -> None:
        """Take what was read."""
        self._runs = message.runs
        self._fill()

    @property
    def _listed(self) -> list[SavedRun]:
        """The runs that the filter leaves, in their order; by date an update stands below its parent."""
        words = self.query_one("#runs-filter", Input).value.casefold().split()
        left = [run for run in self._runs if all(word in run.words for word in words)]
        key = next(one.key for one in COLUMNS if one.name == self._sorted_by)
        ordered = sorted(left, key=key, reverse=self._downward)
        return as_tree(ordered, self._downward) if self._sorted_by == "date" else ordered

    def _fill(self) -> None:
        """Fill the table, the cursor staying on its run."""
        wanted, current = self._wanted, self._current()
        name = wanted or (current.name if current else "")
        table: DataTable[Any] = self.query_one(DataTable)
        listed = self._listed
        columns = self._columns(listed)
        table.clear(columns=True)
        for text in headings(columns, self._sorted_by, self._downward):
            table.add_column(text)
        for run in listed:
            table.add_row(*run_cells(run, run.name in self._marked, columns), key=run.name)
        names = [run.name for run in listed]
        if name in names:
            table.move_cursor(row=names.index(name))
            self._wanted = ""
        hidden = len(self._runs) - len(listed)
        self.query_one("#runs-left").border_title = (
            f"Runs: {len(listed)} of {len(self._runs)}" if hidden else "Runs"
        )
        self.query_one("#runs-advice", Static).update("" if self._runs else _ADVICE)
        self.query_one("#runs-advice").display = not self._runs
        self._show_details()

    def _columns(self, runs: Sequence[SavedRun]) -> list[tuple[Column, int]]:
        width = self.query_one(DataTable).size.width or self.size.width - 4
        return fitting(runs, width, self.tastemap.preferences.columns.split())

    @on(RunTable.Widened)
    def table_widened(self) -> None:
        """Show as many columns as there is room for."""
        self._fill()

    def action_columns(self) -> None:
        """Choose which columns are shown; none of them means those that there is room for."""
        shown = [one.name for one, _ in self._columns(self._runs)]
        chosen = self.tastemap.preferences.columns.split() or shown
        heading = "Which columns? None means: those that there is room for."
        names = [one.name for one in COLUMNS]
        self.app.push_screen(CheckScreen(heading, names, chosen), self._use_columns)

    def _use_columns(self, chosen: list[str] | None) -> None:
        if chosen is not None:
            self.tastemap.remember(columns=" ".join(chosen))
            self._fill()

    def _current(self) -> SavedRun | None:
        table: DataTable[Any] = self.query_one(DataTable)
        if not 0 <= table.cursor_row < table.row_count:
            return None
        name = table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        return next((run for run in self._runs if run.name == name), None)

    def _compared(self) -> list[SavedRun]:
        return [run for run in self._listed if run.name in self._marked]

    def open_thing(self, thing: Thing) -> None:
        """Look at a run that the finder found."""
        self._wanted = str(thing.id).rpartition("/")[2]
        self.run_worker(self._open_found, name="open", group="open", exclusive=True, thread=True)

    def _open_found(self) -> None:
        runs = read_runs()
        self.post_message(_RunsRead(runs))
        self.app.call_from_thread(self._open_wanted, runs, self._wanted)

    def _open_wanted(self, runs: list[SavedRun], name: str) -> None:
        self._open_run(next((run for run in runs if run.name == name), None))

    @on(DataTable.RowHighlighted)
    def row_highlighted(self) -> None:
        """Show the run under the cursor."""
        self._show_details()

    def _show_details(self) -> None:
        marked, current = self._compared(), self._current()
        details = self.query_one("#runs-details", Static)
        self.query_one("#runs-right").border_title = "Compare" if len(marked) > 1 else "Details"
        if len(marked) > 1:
            judged, verdict = self._verdict
            names = [run.name for run in marked]
            details.update(comparison_text(marked, verdict if judged == names else ""))
        elif current:
            details.update(details_text(current))
        else:
            details.update("")
        self.query_one(ChartView).refresh()

    def _curves(self, view: ChartView) -> tuple[Sequence[Curve], Marks]:
        del view
        current = self._current()
        runs = self._compared() if len(self._marked) > 1 else [current] if current else []
        colours = categories(self.app.current_theme.dark)
        shown = enumerate(runs[:_MOST_CURVES])
        return [
            _curve(run, short_name(run, runs), rgb(colours[number % len(colours)])) for number, run in shown
        ], Marks()

    @on(DataTable.RowSelected)
    def action_open(self) -> None:
        """Look at this run on the other screens."""
        self._open_run(self._current())

    def _open_run(self, run: SavedRun | None) -> None:
        if run is None or self._is_damaged(run):
            return
        if run.state == "running":
            self._watch(run)
            return
        self.bench.subject = Subject.of_run(run)
        self.redraw()
        self.notify("Lookup (2), Factors (3) and Map (4) show it now.", title=f"{run.label} is open")

    def _watch(self, run: SavedRun, again: bool = False) -> None:
        """Show on the Train screen how it is trained, or was."""
        started = self.bench.training.started
        if not (self.bench.training.active and started and started.run == run.name):
            self.tastemap.watch_run(run.folder, again)
        self.tastemap.action_show("train")

    def action_replay(self) -> None:
        """Show once more how the run under the cursor was trained."""
        run = self._current()
        if run is not None and not self._is_damaged(run):
            self._watch(run, again=run.state != "running")

    def _is_damaged(self, run: SavedRun) -> bool:
        if run.problem:
            self.notify(run.problem, title="This run can't be opened", severity="error")
        return bool(run.problem)

    def action_quality(self) -> None:
        """Measure the run under the cursor on its held-out ratings."""
        run = self._current()
        if run is not None and not self._is_damaged(run):
            self.app.push_screen(QualityScreen(self.bench.engine, run, self.tastemap.ascii_only))

    def action_mark(self) -> None:
        """Mark for comparison; two or more marked ones are compared."""
        run = self._current()
        if run is None:
            return
        self._marked = (
            [*self._marked, run.name]
            if run.name not in self._marked
            else [name for name in self._marked if name != run.name]
        )
        self._fill()
        pair = self._compared()
        if len(pair) == 2:
            self.start_worker("compare", self._compare, *pair)

    async def _compare(self, one: SavedRun, other: SavedRun) -> None:
        names = [one.name, other.name]
        try:
            compared = await self.bench.engine.ask(Comparison(runs=(str(other.folder),)), str(one.folder))
        except QueryError as error:
            self.post_message(_Compared(names, error.message))
        else:
            self.post_message(_Compared(names, verdict_text(compared)))

    @on(_Compared)
    def compared(self, message: _Compared) -> None:
        """Add the interval to the comparison."""
        self._verdict = message.names, message.text
        self._show_details()

    def action_sort(self, step: int) -> None:
        """Sort by the next column that is shown."""
        names = [one.name for one, _ in self._columns(self._runs)] or [self._sorted_by]
        at = names.index(self._sorted_by) if self._sorted_by in names else -1
        self._sort_by(names[(at + step) % len(names)])

    @on(DataTable.HeaderSelected)
    def header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the column whose heading was clicked."""
        name = event.label.plain.rstrip("↑↓")
        if name in {one.name for one in COLUMNS}:
            self._sort_by(name)

    def _sort_by(self, name: str) -> None:
        self._downward = not self._downward if name == self._sorted_by else name == "date"
        self._sorted_by = name
        self._fill()

    def action_turn_order(self) -> None:
        """Turn the order round."""
        self._sort_by(self._sorted_by)

    def action_filter(self) -> None:
        """List only runs with these words."""
        self.add_class("-searching")
        self.query_one("#runs-filter", Input).focus()

    @on(Input.Changed, "#runs-filter")
    def filter_changed(self) -> None:
        """List what is left."""
        self._fill()

    @on(Input.Submitted, "#runs-filter")
    def filter_taken(self) -> None:
        """Walk through what is left."""
        self.query_one(DataTable).focus()

    def step_back(self) -> bool:
        """Take the filter away."""
        filtering = self.has_class("-searching")
        self.remove_class("-searching")
        self.query_one("#runs-filter", Input).value = ""
        return filtering

    def action_label(self, what: str) -> None:
        """Write a name, a note or tags on the run under the cursor."""
        run = self._current()
        if run is None or self._is_damaged(run):
            return
        value = " ".join(run.labels.tags) if what == "tags" else str(getattr(run.labels, what))
        words = {
            "name": "A name for this run",
            "note": "A note on this run",
            "tags": "Tags, with spaces between",
        }
        self.app.push_screen(
            PromptScreen(words[what], value), lambda text: self._write_label(run, what, text)
        )

    def _write_label(self, run: SavedRun, what: str, text: str | None) -> None:
        if text is None:
            return
        value: Any = parse_tags(text) if what == "tags" else text.strip()
        labels: RunLabels = replace(run.labels, **{what: value})
        try:
            write_labels(run.folder, labels)
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
        self._wanted = run.name
        self._read()

    def action_delete(self) -> None:
        """Move the run to the trash, where it stays until one quits; another run is looked at then."""
        run = self._current()
        if run is None:
            return
        if run.state == "running":
            self.notify("Stop it first.", title="This run is in training", severity="warning")
            return
        looked_at = (
            self.bench.subject if self.bench.subject and self.bench.subject.run == str(run.folder) else None
        )
        try:
            self.bench.deleted.append(Deleted(delete_run(run), run.folder, looked_at))
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
            return
        self._marked = [name for name in self._marked if name != run.name]
        self.bench.forget(run.folder)
        if looked_at:
            self.bench.subject = None
            self.tastemap.look_for_runs()
            self.redraw()
        self.notify("u brings it back, until you quit.", title=f"Deleted {run.name}")
        self._read()

    def action_undo(self) -> None:
        """Bring the run back that was deleted last, and look at it again if it was looked at."""
        if not self.bench.deleted:
            self.notify("Nothing was deleted since the start.", title="Nothing to undo")
            return
        deleted = self.bench.deleted.pop()
        try:
            restore_run(deleted.place, deleted.folder)
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
        else:
            self._wanted = deleted.folder.name
            if deleted.subject:
                self.bench.subject = deleted.subject
                self.redraw()
        self._read()

    def action_export(self) -> None:
        """Pack the run into a zip file."""
        run = self._current()
        if run is None:
            return
        try:
            path = export_run(run, free_path(self.tastemap.out_folder / f"{run.name}.zip"))
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
        else:
            self.tastemap.deliver(path, "Run exported")

    def action_copy(self) -> None:
        """Copy the run's id, as the command line takes it."""
        run = self._current()
        if run is not None:
            self.app.copy_to_clipboard(run.name)
            self.notify(run.name, title="Copied", timeout=2)

    def action_resume(self) -> None:
        """Go on with an interrupted run."""
        run = self._current()
        if run is None or run.state != "interrupted":
            self.notify("Only an interrupted run can go on.", title="Nothing to resume")
        elif self.bench.begin(ResumeRun(str(run.folder))):
            self.tastemap.action_show("train")
        else:
            self.notify("Stop it first.", title="A training is running already", severity="warning")

    def place(self) -> Callable[[], object]:
        """The run under the cursor."""
        current = self._current()

        def restore() -> None:
            self._wanted = current.name if current else ""
            self._fill()

        return restore

    def action_toggle_log(self) -> None:
        """Switch the chart's axis."""
        self.query_one(ChartView).toggle_log()


def _curve(run: SavedRun, name: str, colour: tuple[int, int, int]) -> Curve:
    points = [(float(epoch.number), epoch.val_figure) for epoch in run.epochs if epoch.val_figure is not None]
    return Curve(name, [number for number, _ in points], [rmse for _, rmse in points], colour)
