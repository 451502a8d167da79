"""What the engine is told: one frozen dataclass a command, written as one line of JSON each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import ProtocolError
from core.protocol.wire import from_line, snake_case, to_line


@dataclass(frozen=True)
class Command:
    """Base of all commands."""

    def to_json(self) -> str:
        """This command as one line of JSON: `{"command":"pause"}`."""
        return to_line(self, "command")


@dataclass(frozen=True, kw_only=True)
class Train(Command):
    """Train with these settings (the fields of `core.contract.settings.TrainingSettings`); events follow.

    `data` names a data set or a path; `reading` holds the reader's options (the column names, say).
    """

    data: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResumeRun(Command):
    """Go on with a run that was interrupted; `data` replaces the recorded source if the file has moved."""

    run: str
    data: str | None = None


@dataclass(frozen=True, kw_only=True)
class Judge(Command):
    """Train `contenders` (names by commas, as in bias,bias:ranking; all where there are none) on several
    splits and say which to use; phases "judging" and, at last, `Judged` follow."""

    data: str
    contenders: str = ""
    reading: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SetLearningRate(Command):
    """Use this learning rate from the next slice of batches on."""

    learning_rate: float

    def __post_init__(self) -> None:
        """Refuse a learning rate that can't train."""
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ProtocolError(f"A learning rate is a number above 0, not {self.learning_rate!r}.")


@dataclass(frozen=True)
class Pause(Command):
    """Hold training after the current slice of batches."""


@dataclass(frozen=True)
class Resume(Command):
    """Go on after a pause."""


@dataclass(frozen=True)
class Stop(Command):
    """End training now and keep the best weights."""


@dataclass(frozen=True, kw_only=True)
class Query(Command):
    """Ask for a view of a run (`run` None: the one in training, with its current weights)."""

    request: str
    view: str
    run: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Warm(Command):
    """Load TensorFlow now, while nothing else is asked for."""


@dataclass(frozen=True)
class Quit(Command):
    """Stop any training and end the engine process."""


COMMAND_KINDS: Mapping[str, type[Command]] = {
    snake_case(kind.__name__): kind
    for kind in (Train, ResumeRun, Judge, SetLearningRate, Pause, Resume, Stop, Query, Warm, Quit)
}


def parse_command(line: str) -> Command:
    """Read a command back from its line of JSON; raises ProtocolError if it is none."""
    return from_line(line, "command", COMMAND_KINDS)
