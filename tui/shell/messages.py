"""The messages of workers and lists: they carry what happened, and handlers alone change the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

from core.engine import Notice
from core.options import Identifier
from tui.shell.training import TrainingState
from tui.shell.workbench import Subject

if TYPE_CHECKING:
    from core.views import Answer, View


@dataclass
class EngineNotice(Message):
    """The engine said something: an event, a log line or its end."""

    notice: Notice


@dataclass
class LatestRun(Message):
    """There is a saved run to look at."""

    subject: Subject
    training: TrainingState | None = None


@dataclass
class WatchingEnded(Message):
    """There is no more to be told of a run that was watched."""

    watched: object


@dataclass(frozen=True)
class Thing:
    """Something that can be opened, whatever list names it: `kind` is item, user, run, component or data."""

    kind: str
    id: Identifier
    title: str

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or str(self.id)


@dataclass
class OpenThing(Message):
    """A screen points at a thing; the app takes it to the screen of that name, by default the thing's own."""

    thing: Thing
    mode: str = ""


@dataclass
class Answered(Message):
    """What a model answered to a screen's question; the answer's type says which view it is of."""

    question: View[Any]
    answer: Answer


@dataclass
class NotAnswered(Message):
    """A view that couldn't be had, and what to do about it."""

    question: View[Any]
    message: str
    hint: str
