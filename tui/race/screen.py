"""The Race screen: several architectures on the same split, their lanes, their curves, and a podium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static
from textual.widgets.selection_list import Selection

from core.engine import QueryError
from core.protocol import Judge, Stop, Train
from core.views.quality import ComparedRuns, Comparison
from tui.charts import ChartView, Curve, Marks, ReadsChart, categories, rgb
from tui.lists import CheckList
from tui.race._podium import podium, standing
from tui.race._verdict import VerdictScreen
from tui.shell import BenchScreen, Lane

_ADVICE = (
    "Choose with Space who races, then press s. All train on the same split, one after another. "
    "v judges them on several splits."
)


@dataclass
class _Compared(Message):
    """The runs of a race were compared, or why they can't be."""

    compared: ComparedRuns | None
    trouble: str = ""


class RaceScreen(ReadsChart, BenchScreen):
    """Contestants and their standing to the left, curves to the right."""

    MODE = "race"
    HOME = "#race-list"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start race", id="race.start"),
        Binding("x", "stop", "Stop race", id="race.stop"),
        Binding("o", "open_winner", "Open the winner", id="race.open"),
        Binding("v", "verdict", "Verdict", id="race.verdict"),
        Binding("g", "toggle_log", "Log axis", id="race.log_axis"),
        Binding("left", "read(-1)", "Read an epoch", id="race.read_back", show=False),
        Binding("right", "read(1)", "Read the next epoch", id="race.read", show=False),
        Binding("z", "smooth", "Smooth", id="race.smooth", show=False),
    ]

    _keys_for: object = None
    _compared_runs: tuple[str, ...] = ()
    _compared: ComparedRuns | None = None
    _trouble = ""
    _judged: Judge | None = None

    def compose_body(self) -> ComposeResult:
        """List, standing, chart."""
        architectures = self.bench.registry.architectures
        chosen = {name: "rating" in one.architecture.objectives for name, one in architectures.items()}
        with Horizontal(id="race-body"):
            with VerticalScroll(id="race-left", classes="panel"):
                yield CheckList(
                    *(Selection(name, name, preset) for name, preset in chosen.items()),
                    id="race-list",
                    compact=True,
                )
                yield Static("", id="race-data", classes="note", markup=False)
                yield Static("", id="race-standing", markup=False)
                yield Static("", id="race-podium", markup=False)
            with Vertical(id="race-right", classes="panel"):
                yield Static(_ADVICE, id="race-advice", classes="advice", markup=False)
                yield ChartView(self._curves, id="race-chart")

    def on_mount(self) -> None:
        """Name the panels."""
        self.query_one("#race-left").border_title = "Contestants"
        self.query_one("#race-right").border_title = "Validation RMSE"
        self.query_one(ChartView).ascii_only = self.tastemap.ascii_only
        self.query_one(CheckList).focus()

    def redraw(self) -> None:
        """Draw the race as it stands."""
        super().redraw()
        race, data = self.bench.race, self._data
        self.query_one("#race-data", Static).update(f"on {Path(data).name or data}, chosen under Train")
        self.query_one("#race-advice").display = not race.lanes
        self.query_one(ChartView).display = bool(race.lanes)
        figure = "nDCG@10" if race.lanes and race.lanes[0].training.ranks else "RMSE"
        self.query_one("#race-right").border_title = f"Validation {figure}"
        ascii_only = self.tastemap.ascii_only
        lines = standing(race.lanes, race.ranked, self._colours(), ascii_only)
        self.query_one("#race-standing", Static).update(lines)
        self.set_class(bool(race.lanes), "-racing")
        over = bool(race.lanes) and not race.active
        self.query_one("#race-podium").display = over
        self.set_class(over, "-over")
        all_finished = all(lane.training.finished for lane in race.lanes)
        # The podium then has all whom the standing has.
        self.set_class(over and all_finished and len(race.ranked) == len(race.lanes), "-settled")
        if over:
            self._compare_once()
            told = podium(race.ranked, self._compared, self._trouble, ascii_only)
            self.query_one("#race-podium", Static).update(told)
        self.query_one(ChartView).refresh()
        keys_for = self.bench.training.active, race.active, self.bench.judging.active
        if self._keys_for != keys_for:
            self._keys_for = keys_for
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what does nothing now."""
        del parameters
        if action == "start":
            return not (self.bench.training.active or self.bench.judging.active)
        if action == "open_winner":
            return self.bench.race.winner is not None
        return action != "stop" or self.bench.race.active

    def _compare_once(self) -> None:
        """Ask how sure the order is, once for each race."""
        finished = [lane.training.finished for lane in self.bench.race.ranked]
        paths = tuple(one.path for one in finished if one is not None)
        if paths == self._compared_runs or len(paths) < 2:
            return
        self._compared_runs, self._compared, self._trouble = paths, None, ""
        self.start_worker("compare", self._compare, paths)

    async def _compare(self, paths: tuple[str, ...]) -> None:
        try:
            compared = await self.bench.engine.ask(Comparison(runs=paths[1:]), paths[0])
        except QueryError as error:
            self.post_message(_Compared(None, error.message))
        else:
            self.post_message(_Compared(compared))

    @on(_Compared)
    def compared(self, message: _Compared) -> None:
        """Add the intervals to the podium."""
        self._compared, self._trouble = message.compared, message.trouble
        self.redraw()

    def action_open_winner(self) -> None:
        """Look at the winner on the other screens."""
        self.bench.open_winner()
        self.redraw()
        self.tastemap.action_show("lookup")

    @property
    def _data(self) -> str:
        """The table that the form on the Train screen names, else the one last trained on."""
        return self.bench.chosen or self.tastemap.preferences.data

    def action_start(self) -> None:
        """Train the chosen ones with their default recipes."""
        names = self.query_one(CheckList).selected
        if not names:
            self.notify("Space chooses.", title="Nobody races")
            return
        data = self._data
        commands = [(name, Train(data=data, settings={"architecture": name})) for name in names]
        if self.bench.training.active:
            self.notify("Wait for it, or stop it under Train.", title="A training is running already")
            return
        self.tastemap.train(self.bench.race.start(commands))
        self.redraw()

    def action_stop(self) -> None:
        """End the race; the one that trains is saved as far as it got."""
        self.bench.race.abandon()
        self.bench.send(Stop())
        self.redraw()

    def action_verdict(self) -> None:
        """Judge the chosen ones on several splits, or show the verdict in the making or the last one."""
        judging = self.bench.judging
        if not judging.active and not self._ask_for_verdict() and judging.verdict is None:
            return
        self.app.push_screen(VerdictScreen(self.bench, self.tastemap.events, self.tastemap.ascii_only))

    def _ask_for_verdict(self) -> bool:
        """Send the chosen ones to be judged, each for all that it can be trained for; False where that can't
        be now, or where the last verdict was on just these."""
        names = self.query_one(CheckList).selected
        architectures = self.bench.registry.architectures
        chosen = [
            name if objective == "rating" or len(own) == 1 else f"{name}:{objective}"
            for name in names
            for own in [architectures[name].architecture.objectives]
            for objective in own
        ]
        question = Judge(data=self._data, contenders=",".join(chosen))
        if question == self._judged and self.bench.judging.verdict is not None:
            return False
        if not chosen:
            self.notify("Space chooses.", title="Nobody is to be judged")
            return False
        if not self.bench.judge(question):
            self.notify("Wait for it, or stop it under Train.", title="A training is running already")
            return False
        self._judged = question
        return True

    def _colours(self) -> tuple[str, ...]:
        return categories(self.app.current_theme.dark)

    def _curves(self, view: ChartView) -> tuple[Sequence[Curve], Marks]:
        del view
        lanes = [lane for lane in self.bench.race.lanes if lane.training.epochs]
        # One axis for one figure: who was trained for another objective stands in the list alone.
        lanes = [lane for lane in lanes if lane.training.ranks == lanes[0].training.ranks]
        return [
            _curve(lane, number, self._colours())
            for number, lane in enumerate(self.bench.race.lanes)
            if lane in lanes
        ], Marks()


def _curve(lane: Lane, number: int, colours: Sequence[str]) -> Curve:
    epochs = [epoch for epoch in lane.training.epochs if epoch.val_figure is not None]
    return Curve(
        lane.name,
        [float(epoch.epoch) for epoch in epochs],
        [epoch.val_figure for epoch in epochs if epoch.val_figure is not None],
        rgb(colours[number % len(colours)]),
    )
