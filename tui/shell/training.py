"""What a training has said so far, folded from its events, and a race of several; without widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.data import leak_of
from core.protocol import (
    BatchProgress,
    EpochFinished,
    Event,
    Failed,
    Finished,
    Judged,
    LearningRateChanged,
    Paused,
    PhaseChanged,
    Resumed,
    RunStarted,
    Train,
)
from tui.formats import in_words

LEARNS_BY_HEART = 5
"""After so many epochs without a better held-out figure a training is told to learn by heart."""

_COURSE = 12
"""So many of the last figures are shown as a course."""


@dataclass(frozen=True)
class Courses:
    """The last figures of what a training takes, oldest first: ratings a second, bytes, shares of a GPU.

    Those that its process doesn't tell are empty.
    """

    speed: Sequence[float] = ()
    memory: Sequence[float] = ()
    gpu_memory: Sequence[float] = ()
    gpu_busy: Sequence[float] = ()

    def after(self, event: BatchProgress | EpochFinished) -> Courses:
        """The courses with an event's figures at their end."""
        told = (event.ratings_per_second, event.memory, event.gpu_memory, event.gpu_busy)
        known = (self.speed, self.memory, self.gpu_memory, self.gpu_busy)
        return Courses(
            *(
                course if figure is None else (*course, figure)[-_COURSE:]
                for course, figure in zip(known, told, strict=True)
            )
        )


class Stage(StrEnum):
    """Where a training stands."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "training"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"


@dataclass
class TrainingState:
    """One training as far as it got; `apply` is the only way to change it.

    A `replayed` one was read from a saved run; one `told_again` runs through in seconds and can't be steered.
    """

    stage: Stage = Stage.IDLE
    phase: str = ""
    started: RunStarted | None = None
    epochs: list[EpochFinished] = field(default_factory=list)
    progress: BatchProgress | None = None
    changes: list[LearningRateChanged] = field(default_factory=list)
    finished: Finished | None = None
    failure: Failed | None = None
    courses: Courses = Courses()
    replayed: bool = False
    told_again: bool = False

    def apply(self, event: Event) -> None:
        """Fold one event in; events that don't concern a training leave it as it is."""
        match event:
            case PhaseChanged() if self.stage is Stage.PREPARING:
                self.phase = f"{event.phase} {event.detail}".strip()
            case RunStarted():
                self.started, self.stage, self.phase = event, Stage.RUNNING, ""
                self.epochs = [epoch for epoch in self.epochs if epoch.epoch < event.first_epoch]
            case BatchProgress():
                self.progress, self.courses = event, self.courses.after(event)
            case EpochFinished():
                self.epochs.append(event)
                self.courses = self.courses.after(event)
            case LearningRateChanged():
                self.changes.append(event)
            case Paused():
                self.stage = Stage.PAUSED
            case Resumed():
                self.stage = Stage.RUNNING
            case Finished():
                self.finished, self.stage = event, Stage.FINISHED
            case Failed(request=None) if self.active:
                self.failure, self.stage = event, Stage.FAILED

    @property
    def active(self) -> bool:
        """Whether a training is under way, paused ones included."""
        return self.stage in (Stage.PREPARING, Stage.RUNNING, Stage.PAUSED)

    @property
    def leak(self) -> str:
        """Where training knows rows from after those that the figures stand on; "" where it doesn't."""
        return in_words(leak_of(self.started.split, self.started.data)) if self.started else ""

    @property
    def ranks(self) -> bool:
        """Whether the objective is a ranking."""
        return self.started is not None and self.started.settings.get("objective") == "ranking"

    @property
    def planned_epochs(self) -> int:
        """The number of epochs that the run was started with, 0 before it started."""
        return self.started.epochs if self.started else 0

    @property
    def has_rate(self) -> bool:
        """Whether the model in training has a learning rate, which can then be set."""
        return self.started is None or "learning_rate" not in self.started.unused

    @property
    def learning_rate(self) -> float | None:
        """The learning rate last heard of; None before the first."""
        heard = [event for event in (self.progress, *self.epochs[-1:], *self.changes[-1:]) if event]
        return max(heard, key=_moment).learning_rate if heard else None

    @property
    def seconds_left(self) -> float | None:
        """How long it will take at the speed of now; None before the first figures, and in a pause."""
        last = self.epochs[-1] if self.epochs else None
        if self.stage is not Stage.RUNNING or self.told_again:
            return None
        if self.progress and (last is None or self.progress.epoch > last.epoch):
            return self.progress.eta_seconds
        return None if last is None else (self.planned_epochs - last.epoch) * last.seconds

    @property
    def kept(self) -> EpochFinished | None:
        """The epoch whose weights are kept: by the finished run's own word, else the last one so marked."""
        if self.finished:
            return next((epoch for epoch in self.epochs if epoch.epoch == self.finished.best_epoch), None)
        return next((epoch for epoch in reversed(self.epochs) if epoch.best), None)

    @property
    def extreme(self) -> EpochFinished | None:
        """The epoch with the lowest held-out error, or the highest nDCG of a ranking; None before any."""
        told = [epoch for epoch in self.epochs if epoch.val_figure is not None]
        return (max if self.ranks else min)(told, key=lambda one: one.val_figure or 0.0, default=None)

    @property
    def rises_since(self) -> int | None:
        """The epoch since which the held-out figure got no better, for `LEARNS_BY_HEART` epochs at least."""
        extreme = self.extreme
        if extreme is None or self.epochs[-1].epoch - extreme.epoch < LEARNS_BY_HEART:
            return None
        return extreme.epoch

    @property
    def baseline_rmse(self) -> float | None:
        """The held-out RMSE of damped means, which a model of ratings must beat."""
        return self.started.baseline_rmse if self.started and not self.ranks else None

    @property
    def fraction(self) -> float:
        """How much of the whole training is done, from 0 to 1."""
        if self.stage is Stage.FINISHED:
            return 1.0
        if not self.planned_epochs:
            return 0.0
        done = float(self.epochs[-1].epoch) if self.epochs else float(self._first_epoch - 1)
        if self.progress and self.progress.epoch > done:
            done = self.progress.epoch - 1 + self.progress.batch / max(1, self.progress.batches)
        return min(1.0, done / self.planned_epochs)

    @property
    def _first_epoch(self) -> int:
        return self.started.first_epoch if self.started else 1


def _moment(event: BatchProgress | EpochFinished | LearningRateChanged) -> tuple[int, float, int]:
    """Order by epoch and batch; at the same place a change by hand is the newest."""
    if isinstance(event, EpochFinished):
        return event.epoch, float("inf"), 0
    return event.epoch, event.batch, int(isinstance(event, LearningRateChanged))


@dataclass
class Judging:
    """A verdict in the making, or the last one as the engine told it; `phase` says what is being done."""

    active: bool = False
    phase: str = ""
    verdict: Any = None
    failure: Failed | None = None

    def apply(self, event: Event) -> None:
        """Fold one event in; nothing changes while no verdict is being made."""
        if not self.active:
            return
        match event:
            case PhaseChanged():
                self.phase = f"{event.phase} {event.detail}".strip()
            case Judged():
                self.active, self.verdict = False, event.verdict
            case Failed(request=None):
                self.active, self.failure = False, event


@dataclass
class Lane:
    """One contestant: its command and what became of it."""

    name: str
    command: Train
    training: TrainingState = field(default_factory=TrainingState)

    @property
    def over(self) -> bool:
        """Whether this one has finished or failed."""
        return self.training.finished is not None or self.training.failure is not None

    @property
    def figure(self) -> float | None:
        """What it is judged by: the finished run's held-out figure, else the last epoch's."""
        finished, epochs = self.training.finished, self.training.epochs
        return finished.val_figure if finished else (epochs[-1].val_figure if epochs else None)


@dataclass
class Race:
    """The lanes in their order; one trains at a time, so that each has the whole machine."""

    lanes: list[Lane] = field(default_factory=list)
    current: Lane | None = None

    @property
    def active(self) -> bool:
        """Whether a lane is training or waits for its turn."""
        return self.current is not None

    @property
    def ranked(self) -> list[Lane]:
        """The lanes with a figure, the best first; those of another objective are left out."""
        told = [lane for lane in self.lanes if lane.figure is not None]
        ranks = bool(told) and told[0].training.ranks
        same = [lane for lane in told if lane.training.ranks == ranks]
        return sorted(same, key=lambda lane: -(lane.figure or 0.0) if ranks else (lane.figure or 0.0))

    @property
    def winner(self) -> Lane | None:
        """The best of the finished lanes once the race is over; None before, or where none finished."""
        finished = [lane for lane in self.ranked if lane.training.finished]
        return finished[0] if finished and not self.active else None

    def start(self, commands: Sequence[tuple[str, Train]]) -> Train:
        """Line up; returns the first command to send."""
        self.lanes = [Lane(name, command) for name, command in commands]
        self.current = self.lanes[0]
        self.current.training.stage = Stage.PREPARING
        return self.current.command

    def apply(self, event: Event) -> None:
        """Fold an event into the lane that is training."""
        if self.current:
            self.current.training.apply(event)

    def next_command(self, event: Event) -> Train | None:
        """After a lane's end, give the next lane's command; None while it runs and after the last."""
        ended = isinstance(event, Finished) or (isinstance(event, Failed) and event.request is None)
        if not self.current or not ended:
            return None
        waiting = [lane for lane in self.lanes if lane.training.stage is Stage.IDLE]
        self.current = waiting[0] if waiting else None
        if self.current is None:
            return None
        self.current.training.stage = Stage.PREPARING
        return self.current.command

    def abandon(self) -> None:
        """Let no further lane start."""
        self.current = None
