"""The messages that workers post: they carry what happened, and handlers alone change the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

from core.engine import Notice
from core.options import Identifier
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


@dataclass
class OpenItem(Message):
    """A screen points at an item; the app takes it to the Lookup screen."""

    item: Identifier
    title: str


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
