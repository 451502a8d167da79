"""The Race screen: several architectures on the same split, their validation curves overlaid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from core.protocol import Judge, Stop, Train
from tui.charts import ChartView, Curve, Marks, categories, rgb
from tui.formats import rmse, seconds
from tui.race._verdict import VerdictScreen
from tui.shell import BenchScreen, Lane, Stage

_ADVICE = (
    "Choose with Space who races, then press s. All train on the same split, one after another. "
    "v judges them on several splits."
)


class RaceScreen(BenchScreen):
    """Contestants and their standing to the left, curves to the right."""

    MODE = "race"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start race", id="race.start"),
        Binding("x", "stop", "Stop race", id="race.stop"),
        Binding("v", "verdict", "Verdict", id="race.verdict"),
        Binding("g", "toggle_log", "Log axis", id="race.log_axis"),
    ]

    _keys_for: object = None
    _judged: Judge | None = None

    def compose_body(self) -> ComposeResult:
        """List, standing, chart."""
        architectures = self.bench.registry.architectures
        chosen = {name: "rating" in one.architecture.objectives for name, one in architectures.items()}
        with Horizontal(id="race-body"):
            with Vertical(id="race-left", classes="panel"):
                yield SelectionList[str](
                    *(Selection(name, name, preset) for name, preset in chosen.items()),
                    id="race-list",
                    compact=True,
                )
                yield Static("", id="race-data", classes="note", markup=False)
                yield Static("", id="race-standing", markup=False)
            with Vertical(id="race-right", classes="panel"):
                yield Static(_ADVICE, id="race-advice", classes="advice", markup=False)
                yield ChartView(self._curves, id="race-chart")

    def on_mount(self) -> None:
        """Name the panels."""
        self.query_one("#race-left").border_title = "Contestants"
        self.query_one("#race-right").border_title = "Validation RMSE"
        self.query_one(ChartView).ascii_only = self.tastemap.ascii_only
        self.query_one(SelectionList).focus()

    def redraw(self) -> None:
        """Draw the race as it stands."""
        super().redraw()
        race, data = self.bench.race, self.tastemap.preferences.data
        self.query_one("#race-data", Static).update(f"on {Path(data).name or data}, chosen under Train")
        self.query_one("#race-advice").display = not race.lanes
        self.query_one(ChartView).display = bool(race.lanes)
        figure = "nDCG@10" if race.lanes and race.lanes[0].training.ranks else "RMSE"
        self.query_one("#race-right").border_title = f"Validation {figure}"
        self.query_one("#race-standing", Static).update(_standing(race.lanes, self._colours()))
        self.query_one(ChartView).refresh()
        if self._keys_for != (self.bench.training.active, race.active):
            self._keys_for = self.bench.training.active, race.active
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide what does nothing now."""
        del parameters
        if action == "start":
            return not self.bench.training.active
        return action != "stop" or self.bench.race.active

    def action_start(self) -> None:
        """Train the chosen ones with their default recipes."""
        names = self.query_one(SelectionList).selected
        if not names:
            self.notify("Space chooses.", title="Nobody races")
            return
        data = self.tastemap.preferences.data
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
        names = self.query_one(SelectionList).selected
        architectures = self.bench.registry.architectures
        chosen = [
            name if objective == "rating" or len(own) == 1 else f"{name}:{objective}"
            for name in names
            for own in [architectures[name].architecture.objectives]
            for objective in own
        ]
        question = Judge(data=self.tastemap.preferences.data, contenders=",".join(chosen))
        if question == self._judged:
            return False
        if not chosen:
            self.notify("Space chooses.", title="Nobody is to be judged")
            return False
        if not self.bench.judge(question):
            self.notify("Wait for it, or stop it under Train.", title="A training is running already")
            return False
        self._judged = question
        return True

    def action_toggle_log(self) -> None:
        """Switch the axis."""
        self.query_one(ChartView).toggle_log()

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


def _standing(lanes: Sequence[Lane], colours: Sequence[str]) -> Content:
    """Who has what: name, validation RMSE, epochs, seconds; the finished ones in their order."""
    numbered = sorted(enumerate(lanes), key=lambda each: _order(each[1]))
    lines = [_standing_line(lane, colours[number % len(colours)]) for number, lane in numbered]
    return Content("\n").join(lines)


def _figure(lane: Lane) -> float | None:
    finished, epochs = lane.training.finished, lane.training.epochs
    return finished.val_figure if finished else (epochs[-1].val_figure if epochs else None)


def _order(lane: Lane) -> float:
    """The best first: the least RMSE, or the largest nDCG."""
    value = _figure(lane)
    if value is None:
        return float("inf")
    return -value if lane.training.ranks else value


def _standing_line(lane: Lane, colour: str) -> Content:
    training = lane.training
    figure = _figure(lane)
    words = {
        Stage.IDLE: "waits",
        Stage.PREPARING: "prepares",
        Stage.FAILED: training.failure.message if training.failure else "failed",
    }.get(training.stage, "")
    if training.epochs:
        spent = sum(epoch.seconds for epoch in training.epochs)
        words = f"{rmse(figure)}  {training.epochs[-1].epoch}/{training.planned_epochs}  {seconds(spent)}"
    markup = f"[{colour}]━━[/] [b]$name[/] $words"
    return Content.from_markup(markup, name=f"{lane.name:<8}", words=words)
