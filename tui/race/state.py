"""The race: several architectures trained one after another on the same split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.protocol.commands import Train
from core.protocol.events import Event, Failed, Finished
from tui.train.state import Stage, TrainingState


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


@dataclass
class Race:
    """The lanes in their order; one trains at a time, so that each has the whole machine."""

    lanes: list[Lane] = field(default_factory=list)
    current: Lane | None = None

    @property
    def active(self) -> bool:
        """Whether a lane is training or waits for its turn."""
        return self.current is not None

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
