"""The messages that workers post: they carry what happened, and handlers alone change the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from core.engine.client import Notice
from tui.shell.workbench import Subject


@dataclass
class EngineNotice(Message):
    """The engine said something: an event, a log line or its end."""

    notice: Notice


@dataclass
class LatestRun(Message):
    """There is a saved run to look at."""

    subject: Subject


@dataclass
class Answered(Message):
    """A view that a screen asked for; `arguments` are those of the question."""

    view: str
    arguments: dict[str, Any]
    result: Any


@dataclass
class NotAnswered(Message):
    """A view that couldn't be had, and what to do about it."""

    view: str
    message: str
    hint: str
