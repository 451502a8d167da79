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

_LOG_LINES = 5000


@dataclass(frozen=True)
class Subject:
    """The model that lookups and maps show: a saved run, or the one in training where `run` is None."""

    run: str | None
    label: str


@dataclass
class Workbench:
    """State that outlives a screen; `deleted` runs lie in the trash, each with the folder it came from.

    `asked` is the training last asked for.
    """

    engine: Engine
    registry: Registry
    training: TrainingState = field(default_factory=TrainingState)
    subject: Subject | None = None
    race: Race = field(default_factory=Race)
    log: list[str] = field(default_factory=list)
    deleted: list[tuple[Path, Path]] = field(default_factory=list)
    device: str = ""
    preparing: str = ""
    tables: KnownTables = field(default_factory=KnownTables)
    asked: Train | ResumeRun | None = None
    judging: Judging = field(default_factory=Judging)
    _waiting: Train | ResumeRun | None = None
    _asked_rate: float | None = None

    def apply(self, event: Event) -> None:
        """Fold an event of the engine into the state."""
        self.training.apply(event)
        self.race.apply(event)
        self.judging.apply(event)
        self._asked_rate = None
        if isinstance(event, Failed) and event.request is None:
            self._waiting = None
        if isinstance(event, Judged | Failed):
            self.preparing = ""
        if isinstance(event, PhaseChanged):
            self.preparing = f"{event.phase} {event.detail}".strip()
        elif isinstance(event, EngineReady):
            self.device, self.preparing = event.device or self.device, ""
            self._send_waiting()
        elif isinstance(event, RunStarted):
            self.preparing = ""
            self.subject = Subject(None, f"{event.architecture} · {_data_name(event.data)} · training")
        elif isinstance(event, Finished):
            self.subject = self._finished_subject(event)

    def begin(self, command: Train | ResumeRun) -> bool:
        """Send a training to the engine, or keep it until the engine is up; False while another one runs.

        Its table is read as was once chosen for it.
        """
        if self.training.active or self.judging.active:
            return False
        if isinstance(command, Train):
            command = replace(command, reading={**self.tables.reading_of(command.data), **command.reading})
        self.asked = command
        earlier = self.training.epochs if self._goes_on(command) else []
        self.training = TrainingState(Stage.PREPARING, "waiting for the engine", epochs=earlier)
        self._waiting = None if self.engine.send(command) else command
        return True

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

    def send(self, command: Command) -> bool:
        """Send any other command."""
        return self.engine.send(command)

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

    def _finished_subject(self, event: Finished) -> Subject:
        started = self.training.started
        data = f" · {_data_name(started.data)}" if started else ""
        return Subject(event.path, f"{started.architecture if started else event.run}{data}")


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
