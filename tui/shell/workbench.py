"""What all screens share: the engine, the plugins, the training and the model that is looked at."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.contract import Registry
from core.engine import Notice
from core.protocol import (
    Command,
    EngineReady,
    Event,
    Failed,
    Finished,
    Judge,
    Judged,
    PhaseChanged,
    ResumeRun,
    RunStarted,
    SetLearningRate,
    Train,
)
from tui.shell._shown import shown
from tui.shell.tables import KnownTables
from tui.shell.training import Judging, Race, Stage, TrainingState

if TYPE_CHECKING:
    from core.views import A, View
    from tui.files import SavedRun
    from tui.shell.watching import Replayed, Watched

_LOG_LINES = 5000


@dataclass(frozen=True)
class Subject:
    """The model that lookups and maps show: a saved run, or the one in training where `run` is None.

    `data` names the table that it was trained on.
    """

    run: str | None
    label: str
    data: str = ""

    @classmethod
    def of_run(cls, run: SavedRun) -> Subject:
        """A run as it lies on disk."""
        return cls(str(run.folder), run.label, run.data)

    @classmethod
    def of_training(cls, model: str, started: RunStarted | None, run: str | None, state: str = "") -> Subject:
        """What a training made or makes, by what it said when it began; `state` is told beside it."""
        name = _data_name(started.data) if started else ""
        return cls(run, " · ".join(filter(None, (model, name, state))), name)


@dataclass(frozen=True)
class Deleted:
    """A run in the trash: where it lies, its folder, and what was looked at if it was this run."""

    place: Path
    folder: Path
    subject: Subject | None = None


@dataclass
class Workbench:
    """State that outlives a screen; `ghost` is the training before the present one, for comparison.

    `chosen` is the table that the form names, `asked` the training last asked for, `watched` another
    process's that is shown; `deleted` runs lie in the trash.
    """

    engine: Engine
    registry: Registry
    training: TrainingState = field(default_factory=TrainingState)
    subject: Subject | None = None
    race: Race = field(default_factory=Race)
    log: list[str] = field(default_factory=list)
    deleted: list[Deleted] = field(default_factory=list)
    ghost: TrainingState | None = None
    watched: Watched | Replayed | None = None
    device: str = ""
    preparing: str = ""
    tables: KnownTables = field(default_factory=KnownTables)
    chosen: str = ""
    asked: Train | ResumeRun | None = None
    judging: Judging = field(default_factory=Judging)
    _waiting: Train | ResumeRun | None = None
    _asked_rate: float | None = None
    _before: Subject | None = None

    def apply(self, event: Event) -> None:
        """Fold an event of the engine into the state."""
        self.training.apply(event)
        self.race.apply(event)
        self.judging.apply(event)
        self._asked_rate = None
        if isinstance(event, Failed) and event.request is None:
            self._waiting = None
            self._leave_the_live_one()
        if isinstance(event, Judged) or (isinstance(event, Failed) and event.request is None):
            self.preparing = ""
        if isinstance(event, PhaseChanged):
            self.preparing = f"{event.phase} {event.detail}".strip()
        elif isinstance(event, EngineReady):
            self.device, self.preparing = event.device or self.device, ""
            self._send_waiting()
        elif isinstance(event, RunStarted):
            self.preparing = ""
            if self.watched is None:  # another process's model can't be asked before it is saved
                self._before = self.subject if self.subject and self.subject.run else self._before
                self.subject = Subject.of_training(event.architecture, event, None, "training")
        elif isinstance(event, Finished):
            started = self.training.started
            model = started.architecture if started else event.run
            self.subject = Subject.of_training(model, started, event.path)

    def _leave_the_live_one(self) -> None:
        """The model in training is gone: its saved epochs are asked, else what was looked at before."""
        if self.subject is None or self.subject.run is not None:
            return
        started = self.training.started
        if started is not None and self.training.epochs:
            self.subject = Subject.of_training(started.architecture, started, started.run, "interrupted")
        else:
            self.subject = self._before

    def forget(self, folder: Path) -> None:
        """Never go back to a run that is deleted."""
        if self._before is not None and self._before.run == str(folder):
            self._before = None

    def begin(self, command: Train | ResumeRun) -> bool:
        """Send a training to the engine, or keep it until the engine is up; False while another one runs.

        Its table is read as was once chosen for it.
        """
        if self.training.active or self.judging.active:
            return False
        if isinstance(command, Train):
            command = replace(command, reading={**self.tables.reading_of(command.data), **command.reading})
        self.watched = None
        goes_on = self._goes_on(command)
        if self.training.epochs and not goes_on:
            self.ghost = self.training
        earlier = self.training.epochs if goes_on else []
        self.training = TrainingState(Stage.PREPARING, "waiting for the engine", epochs=earlier)
        self._waiting, self.asked = (None if self.engine.send(command) else command), command
        return True

    def open_winner(self) -> None:
        """Look at the run that won the race which has just ended."""
        winner = self.race.winner
        finished = winner.training.finished if winner else None
        if winner and finished:
            self.subject = Subject.of_training(winner.name, winner.training.started, finished.path)

    def judge(self, command: Judge) -> bool:
        """Ask for a verdict; False while something trains or the engine isn't up."""
        if self.training.active or self.judging.active or not self.engine.send(command):
            return False
        self.judging = Judging(active=True, phase="reading data")
        return True

    def _goes_on(self, command: Train | ResumeRun) -> bool:
        started = self.training.started
        return isinstance(command, ResumeRun) and started is not None and command.run.endswith(started.run)

    def _send_waiting(self) -> None:
        if self._waiting is not None and self.engine.send(self._waiting):
            self._waiting = None

    def watch(self, watched: Watched | Replayed) -> None:
        """Show another process's training, or one that is done, in place of a training of ours."""
        self.watched, self.race.current = watched, None
        self.training = TrainingState(
            Stage.PREPARING, "watching", epochs=watched.epochs, told_again=not watched.live
        )

    def send(self, command: Command) -> bool:
        """Send any other command to whoever trains; raises RunError where another process can't be told."""
        return self.watched.send(command) if self.watched else self.engine.send(command)

    def scale_learning_rate(self, factor: float) -> float | None:
        """Multiply the learning rate last asked for or heard of; returns the new one, None before any."""
        current = self._asked_rate or self.training.learning_rate
        if not self.training.active or current is None:
            return None
        return self.set_learning_rate(current * factor)

    def set_learning_rate(self, learning_rate: float) -> float:
        """Ask for a learning rate; raises ProtocolError for one that can't train."""
        self.send(SetLearningRate(learning_rate))
        self._asked_rate = learning_rate
        return learning_rate

    async def ask(self, view: View[A]) -> A:
        """Ask about the current model; raises QueryError."""
        return shown(await self.engine.ask(view, self.subject.run if self.subject else None))

    def note(self, line: str) -> None:
        """Keep a log line, the oldest ones making room."""
        self.log.append(line)
        if len(self.log) > _LOG_LINES:
            del self.log[: _LOG_LINES // 10]


def _data_name(data: Mapping[str, object]) -> str:
    """A data set's name from a run's description of its data."""
    return str(data.get("name") or data.get("source") or "?")


class Engine(Protocol):
    """The part of `core.engine.client.EngineClient` that the screens use."""

    @property
    def running(self) -> bool:
        """Whether a child is there to be spoken to."""

    @property
    def process_id(self) -> int | None:
        """The child's process id, None before the start."""

    async def start(self) -> None:
        """Spawn the child."""

    def send(self, command: Command) -> bool:
        """Send a command without waiting; False where no child takes it."""

    async def ask(self, view: View[A], run: str | None = None) -> A:
        """Ask a view and await its answer; raises QueryError."""

    def notices(self) -> AsyncIterator[Notice]:
        """Yield what the child says until it ends."""

    async def close(self) -> None:
        """End the child for sure."""
