"""The Runs screen: list, open, compare, measure, delete with undo, export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import DataTable, Static

from core.engine import Notice, QueryError
from core.errors import RunError
from core.protocol import Finished, ResumeRun, RunStarted
from core.views.quality import Comparison
from tui.charts import ChartView, Curve, Marks, categories, rgb
from tui.files import SavedRun, delete_run, export_run, free_path, read_runs, restore_run
from tui.runs._quality import QualityScreen
from tui.runs._texts import HEADINGS, comparison_text, details_text, run_cells, verdict_text
from tui.shell import BenchScreen, Subject

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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open", id="runs.open"),
        Binding("space", "mark", "Mark", id="runs.mark"),
        Binding("d,delete", "delete", "Delete", id="runs.delete"),
        Binding("u", "undo", "Undo", id="runs.undo"),
        Binding("e", "export", "Export", id="runs.export"),
        Binding("r", "resume", "Resume", id="runs.resume"),
        Binding("i", "quality", "Quality", id="runs.quality"),
        Binding("g", "toggle_log", "Log axis", id="runs.log_axis", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[SavedRun] = []
        self._marked: list[str] = []
        self._verdict: tuple[list[str], str] = ([], "")

    def compose_body(self) -> ComposeResult:
        """Table, details, curves."""
        with Horizontal(id="runs-body"):
            with Vertical(id="runs-left", classes="panel"):
                yield Static("", id="runs-advice", classes="advice", markup=False)
                yield DataTable(id="runs-table", cursor_type="row")
            with Vertical(id="runs-right", classes="panel"):
                yield Static("", id="runs-details", markup=False)
                yield ChartView(self._curves, id="runs-chart")

    def on_mount(self) -> None:
        """Make the columns."""
        self.query_one("#runs-left").border_title = "Runs"
        self.query_one("#runs-right").border_title = "Details"
        self.query_one(ChartView).ascii_only = self.tastemap.ascii_only
        table: DataTable[Any] = self.query_one(DataTable)
        table.add_columns(*HEADINGS)
        table.focus()

    def on_screen_resume(self) -> None:
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
        """Fill the table, the cursor staying on its run."""
        current = self._current()
        self._runs = message.runs
        table: DataTable[Any] = self.query_one(DataTable)
        table.clear()
        for run in self._runs:
            table.add_row(*run_cells(run, run.name in self._marked), key=run.name)
        names = [run.name for run in self._runs]
        if current and current.name in names:
            table.move_cursor(row=names.index(current.name))
        self.query_one("#runs-advice", Static).update("" if names else _ADVICE)
        self.query_one("#runs-advice").display = not names
        self._show_details()

    def _current(self) -> SavedRun | None:
        row = self.query_one(DataTable).cursor_row
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def _compared(self) -> list[SavedRun]:
        return [run for run in self._runs if run.name in self._marked]

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
        return [_curve(run, rgb(colours[number % len(colours)])) for number, run in shown], Marks()

    @on(DataTable.RowSelected)
    def action_open(self) -> None:
        """Look at this run on the other screens."""
        run = self._current()
        if run is None:
            return
        if self._is_damaged(run):
            return
        self.bench.subject = Subject(str(run.folder), run.label)
        self.redraw()
        self.notify("Lookup (2), Factors (3) and Map (4) show it now.", title=f"{run.label} is open")

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
        self.runs_read(_RunsRead(self._runs))
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

    def action_delete(self) -> None:
        """Move the run to the trash, where it stays until one quits."""
        run = self._current()
        if run is None:
            return
        if (
            self.bench.training.active
            and self.bench.training.started
            and self.bench.training.started.run == run.name
        ):
            self.notify("Stop it first.", title="This run is in training", severity="warning")
            return
        try:
            self.bench.deleted.append((delete_run(run), run.folder))
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
            return
        self._marked = [name for name in self._marked if name != run.name]
        if self.bench.subject and self.bench.subject.run == str(run.folder):
            self.bench.subject = None
        self.notify("u brings it back, until you quit.", title=f"Deleted {run.name}")
        self._read()

    def action_undo(self) -> None:
        """Bring the run back that was deleted last."""
        if not self.bench.deleted:
            self.notify("Nothing was deleted since the start.", title="Nothing to undo")
            return
        place, folder = self.bench.deleted.pop()
        try:
            restore_run(place, folder)
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
        self._read()

    def action_export(self) -> None:
        """Pack the run into a zip file in the current folder."""
        run = self._current()
        if run is None:
            return
        try:
            path = export_run(run, free_path(Path.cwd() / f"{run.name}.zip"))
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="error")
        else:
            self.notify(str(path), title="Run exported")

    def action_resume(self) -> None:
        """Go on with an interrupted run."""
        run = self._current()
        if run is None or run.state != "interrupted":
            self.notify("Only an interrupted run can go on.", title="Nothing to resume")
        elif self.bench.begin(ResumeRun(str(run.folder))):
            self.tastemap.action_show("train")
        else:
            self.notify("Stop it first.", title="A training is running already", severity="warning")

    def action_toggle_log(self) -> None:
        """Switch the chart's axis."""
        self.query_one(ChartView).toggle_log()


def _curve(run: SavedRun, colour: tuple[int, int, int]) -> Curve:
    points = [(float(epoch.number), epoch.val_figure) for epoch in run.epochs if epoch.val_figure is not None]
    return Curve(run.name[-20:], [number for number, _ in points], [rmse for _, rmse in points], colour)
