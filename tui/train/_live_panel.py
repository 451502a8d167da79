"""The live side of the Train screen: progress, device, loss chart and epoch table, or advice when idle."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.charts import ChartView, Curve, Marks, share_bar, sparkline
from tui.formats import count, rate, rmse, seconds, short_count
from tui.shell import Courses, Stage, TrainingState
from tui.train._epoch_table import EpochTable

_WELCOME = """\
[b $primary]Learn what people like from the ratings they gave.[/]

[b $accent] s [/]  trains a model on [b]$data[/] — a few seconds
[b $accent] 2 [/]  looks a title up: the predicted rating, and why
[b $accent] 4 [/]  draws the map of tastes

[$foreground 60%]Tab walks through the form on the left; every option can be changed.
While it trains, + and - change the learning rate, p pauses, x stops.
d lists other data sets, and a file of ratings can be dropped here.
? explains this screen · Ctrl+P finds any command[/]"""
_RECENTLY = "[$foreground 60%]d has also [/]$recent"
_RECENT = 3

_FLAT = 0.002
"""A smaller change of the held-out figure, in parts of it, is none."""


class LivePanel(Vertical):
    """Draws a TrainingState; asks for nothing and changes nothing."""

    def __init__(self, data: str, recent: Sequence[str] = ()) -> None:
        super().__init__(id="live")
        self._data, self._recent = data, recent
        self._training = TrainingState()
        self._drawn: tuple[object, ...] = ()
        self._ghost: TrainingState | None = None
        self._val_only = False

    def compose(self) -> ComposeResult:
        """From top to bottom: what happens now, the chart, the table."""
        yield Static(self._welcome(), id="welcome", markup=False)
        yield Static("", id="headline", markup=False)
        yield Static("", id="live-verdict", markup=False)
        yield Static("", id="machine", markup=False)
        chart = ChartView(self._curves, id="loss")
        chart.border_title = "Loss (RMSE)"
        yield chart
        table = EpochTable(id="epochs")
        table.border_title = "Epochs"
        yield table

    def choose_data(self, data: str) -> None:
        """Name the data set that s trains on."""
        self._data = data
        self.query_one("#welcome", Static).update(self._welcome())

    def _welcome(self) -> Content:
        words = _WELCOME
        others = [_short(one) for one in self._recent if one != self._data][:_RECENT]
        if others:
            words = f"{words}\n{_RECENTLY}"
        return Content.from_markup(words, data=_short(self._data), recent=" · ".join(others))

    def show(
        self, training: TrainingState, process: int | None, device: str, ghost: TrainingState | None = None
    ) -> None:
        """Draw the training as it is now, and the one before as a shadow."""
        self._ghost = ghost
        drawn = (id(training), training.stage, len(training.epochs), len(training.changes))
        before, self._drawn, self._training = self._drawn, drawn, training
        self.set_class(training.stage is Stage.IDLE, "-idle")
        bar_width = max(5, min(40, self.size.width - 54))
        ascii_only = self.query_one(ChartView).ascii_only
        # Without a layout where only figures change: that is most of what a redraw would cost.
        line, other_stage = _headline(training, bar_width, ascii_only), drawn[1:2] != before[1:2]
        self.query_one("#headline", Static).update(line, layout=other_stage)
        self._show_verdict()
        machine = _machine_line(training, process, device, ascii_only)
        self.query_one("#machine", Static).update(machine, layout=False)
        if drawn != before:
            kept = training.kept
            self.query_one(EpochTable).show(training.epochs, kept.epoch if kept else None)
            self.query_one(ChartView).refresh()

    def _show_verdict(self) -> None:
        """A line where the curve says something, taking no room where it doesn't."""
        words, line = verdict_line(self._training), self.query_one("#live-verdict", Static)
        line.display = bool(words)
        if words:
            line.update(Content.from_markup("[$warning]$words[/]", words=words), layout=False)

    def _curves(self, view: ChartView) -> tuple[Sequence[Curve], Marks]:
        training = self._training
        marks = _marks(training)
        view.border_title = "Ranking (nDCG@10)" if training.ranks else "Loss (RMSE)"
        if training.ranks:
            curves = _ranking_curves(training, view)
            return [*(curves[:1] if self._val_only else curves), *self._ghost_curve(view)], marks
        train = [(epoch.epoch, epoch.train_rmse) for epoch in training.epochs]
        curves = [
            Curve("train", *_known(train), view.colour("primary"), dotted=view.plain),
            _val_curve("val", training, view.colour("accent")),
            *_baseline_curve(training, view),
            *self._ghost_curve(view),
        ]
        return curves[1:2] + curves[3:] if self._val_only else curves, marks

    def _ghost_curve(self, view: ChartView) -> list[Curve]:
        """The training before this one, of the same figure, as a shadow."""
        ghost = self._ghost
        if ghost is None or ghost.ranks != self._training.ranks or not self._training.epochs:
            return []
        last = float(self._training.planned_epochs)
        curve = _val_curve("last run's val", ghost, view.colour("foreground-darken-3"), dotted=True)
        kept = [pair for pair in zip(curve.epochs, curve.values, strict=True) if pair[0] <= last]
        return [replace(curve, epochs=[e for e, _ in kept], values=[v for _, v in kept])] if kept else []

    def toggle_val_only(self) -> None:
        """Draw the held-out curve alone, or all."""
        self._val_only = not self._val_only
        self.query_one(ChartView).refresh()


def _val_curve(
    name: str, training: TrainingState, colour: tuple[int, int, int], dotted: bool = False
) -> Curve:
    held_out = [(epoch.epoch, epoch.val_figure) for epoch in training.epochs]
    return Curve(name, *_known(held_out), colour, dotted)


def _short(data: str) -> str:
    """A data set's name, or the last part of its path."""
    return Path(data).name or data


def _marks(training: TrainingState) -> Marks:
    """The kept epoch, another one whose figure was better, and changes of the learning rate."""
    kept, extreme = training.kept, training.extreme
    changes = [event.epoch - 1 + _share(event.batch, training) for event in training.changes]
    marked = (float(kept.epoch), kept.val_figure) if kept and kept.val_figure is not None else None
    other = None
    if kept and extreme and extreme.epoch != kept.epoch and extreme.val_figure is not None:
        other = ("highest" if training.ranks else "lowest", float(extreme.epoch), extreme.val_figure)
    return Marks(marked, other, changes=[max(1.0, change) for change in changes])


def _baseline_curve(training: TrainingState, view: ChartView) -> list[Curve]:
    """What damped means reach, as a level line."""
    level = training.baseline_rmse
    if level is None or not training.epochs:
        return []
    ends = sorted({float(training.epochs[0].epoch), float(training.epochs[-1].epoch)})
    points = [ends[0] + (ends[-1] - ends[0]) * step / 40 for step in range(41)] if len(ends) > 1 else ends
    return [Curve("damped means", points, [level] * len(points), view.colour("secondary"), dotted=True)]


def _ranking_curves(training: TrainingState, view: ChartView) -> list[Curve]:
    """nDCG on the held-out part, on the part carved out of training, and what popularity reaches."""
    held_out = [(epoch.epoch, epoch.val_ndcg) for epoch in training.epochs]
    tuning = [(epoch.epoch, epoch.tuning_ndcg) for epoch in training.epochs]
    popularity = [(epoch.epoch, epoch.baseline_ndcg) for epoch in training.epochs]
    return [
        Curve("val", *_known(held_out), view.colour("accent")),
        Curve("tuning", *_known(tuning), view.colour("secondary")),
        Curve("popularity", *_known(popularity), view.colour("primary"), dotted=True),
    ]


def _known(figures: Iterable[tuple[int, float | None]]) -> tuple[list[float], list[float]]:
    """The epochs that have a figure, and the figures."""
    known = [(float(epoch), figure) for epoch, figure in figures if figure is not None]
    return [epoch for epoch, _ in known], [figure for _, figure in known]


def _headline(training: TrainingState, bar_width: int, ascii_only: bool = False) -> Content:
    """What happens now: a bar with speed and time left, or how it ended."""
    match training.stage:
        case Stage.PREPARING:
            return Content.from_markup("[b $accent]Preparing[/]  $phase …", phase=training.phase)
        case Stage.RUNNING | Stage.PAUSED:
            return _running_line(training, bar_width, ascii_only)
        case Stage.FINISHED:
            return _finished_line(training)
        case Stage.FAILED:
            return _failed_line(training)
        case _:
            return Content("")


def _machine_line(
    training: TrainingState, process: int | None, device: str, ascii_only: bool = False
) -> Content:
    """What the training takes with its course, or else the engine's memory; device, number of parameters."""
    told = _usage_words(training.courses, ascii_only) if training.active else []
    memory = None if told else _resident_bytes(process)
    words = told or ([f"engine {_size(memory)}"] if memory else [])
    words.append((training.started.device if training.started else "") or device)
    if training.started and training.started.parameters:
        words.append(f"{count(training.started.parameters)} parameters")
    return Content.from_markup("[$foreground 60%]$words[/]", words=" · ".join(word for word in words if word))


def _usage_words(courses: Courses, ascii_only: bool) -> list[str]:
    """`memory 512 MiB ▆▇▇█`, and of a GPU how busy it is and what it holds."""
    told = []
    if courses.memory:
        told.append(f"memory {_size(courses.memory[-1])} {sparkline(courses.memory, ascii_only)}".strip())
    if courses.gpu_busy:
        told.append(f"GPU {courses.gpu_busy[-1]:.0%} {sparkline(courses.gpu_busy, ascii_only)}".strip())
    if courses.gpu_memory:
        held = f"GPU memory {_size(courses.gpu_memory[-1])}"
        told.append(f"{held} {sparkline(courses.gpu_memory, ascii_only)}".strip())
    return told


def _size(bytes_: float) -> str:
    """`512 MiB`, `7.3 GiB`."""
    return f"{bytes_ / 2**20:,.0f} MiB" if bytes_ < 2**30 else f"{bytes_ / 2**30:.1f} GiB"


def verdict_line(training: TrainingState) -> str:
    """What the held-out curve says about going on, with the key that acts on it; "" where it says nothing."""
    since = training.rises_since
    if since is None:
        return ""
    if training.active:
        return f"{_course(training, since)}. x stops; early stopping (More settings) keeps an earlier epoch."
    return f"{_course(training, since)}: early stopping (More settings) would have kept an earlier one."


def _course(training: TrainingState, since: int) -> str:
    """`val rises since epoch 8: it learns by heart`, or that it stands still."""
    extreme, last = training.extreme, training.epochs[-1].val_figure
    best = extreme.val_figure if extreme else None
    if best is None or last is None or abs(last - best) < _FLAT * abs(best):
        return f"val is flat since epoch {since}"
    word = "falls" if training.ranks else "rises"
    return f"val {word} since epoch {since}: it learns by heart"


def _running_line(training: TrainingState, bar_width: int, ascii_only: bool) -> Content:
    paused = training.stage is Stage.PAUSED
    state = "[b $warning]Paused[/]  " if paused else ""
    words = f"{training.fraction:4.0%}"
    if training.has_rate:
        words += f"  rate {rate(training.learning_rate)}"
    left, speed = training.seconds_left, training.courses.speed
    if left is not None and speed:  # in a pause nothing is fast, and no end is in sight
        words += f"  {seconds(left)} left"
        words += f"  {short_count(speed[-1])} {'likes' if training.ranks else 'ratings'}/s"
        words += f"  {sparkline(speed, ascii_only)}"
    elif training.told_again:
        words += "  played again; x ends it"
    elif paused:
        words += "  p goes on"
    bar = share_bar(training.fraction, bar_width, ascii_only)
    return Content.from_markup(f"{state}[$primary]$bar[/]  $words", bar=bar, words=words)


def _finished_line(training: TrainingState) -> Content:
    finished = training.finished
    assert finished is not None  # noqa: S101 - the stage says so
    how = {"stopped": "Stopped", "early_stopping": "Stopped early"}.get(finished.reason, "Done")
    if training.replayed and training.started:
        how = f"Last run: {training.started.architecture}"
    text = f"val RMSE {rmse(finished.val_rmse)} · MAE {rmse(finished.val_mae)}"
    if finished.baseline_rmse is not None:
        verdict = f" ({finished.verdict})" if finished.verdict else ""
        text += f" · damped means {rmse(finished.baseline_rmse)}{verdict}"
    if finished.objective == "ranking":
        text = f"val nDCG@10 {rmse(finished.val_ndcg)} · popularity {rmse(finished.baseline_ndcg)}"
    kept = f"epoch {finished.best_epoch} of {finished.epochs} kept"
    if not finished.epochs:
        kept = f"no epoch ended: {'popularity ranks' if training.ranks else 'damped means predict'}"
    more = f"{kept} · {seconds(finished.seconds)} · saved"
    lines = [
        Content.from_markup(
            "[b $success]$how[/]  [b]$text[/]  [$foreground 60%]$more[/]", how=how, text=text, more=more
        )
    ]
    if finished.moment_rmse is not None:
        text = f"knowing when each was rated: RMSE {rmse(finished.moment_rmse)}"
        lines.append(Content.from_markup("[$foreground 60%]$text[/]", text=text))
    if training.leak:
        lines.append(Content.from_markup("[$foreground 60%]$leak[/]", leak=training.leak))
    return Content("\n").join(lines)


def _failed_line(training: TrainingState) -> Content:
    failure = training.failure
    assert failure is not None  # noqa: S101 - the stage says so
    markup = "[b $error]Failed[/]  $message\n[$foreground 60%]$hint[/]"
    return Content.from_markup(markup, message=failure.message, hint=failure.hint)


def _share(batch: int, training: TrainingState) -> float:
    batches = training.started.batches if training.started else 0
    return batch / batches if batches else 1.0


def _resident_bytes(process: int | None) -> int | None:
    """The resident memory of a process; None where the system has no /proc or the process is gone."""
    if process is None:
        return None
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
