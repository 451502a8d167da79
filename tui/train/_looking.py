"""Looks at a table in a thread: what it holds, which of several it is, or why it can't be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.message import Message
from textual.widget import Widget

from core.contract import Registry
from core.errors import SeveralTablesError, TastemapError, UsageError

if TYPE_CHECKING:
    from core.data import Look

Options = Mapping[str, object]


@dataclass
class Looked(Message):
    """A table was looked at with these reading options: `look` is what was seen, None where it can't be read.

    `choices` are the tables to choose from, each an `option` of that name. `known` says that there is nothing
    to choose. `then_train` is handed through: what is chosen is to be trained on.
    """

    data: str
    reading: Options
    then_train: bool
    look: Look | None = None
    option: str = ""
    choices: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    known: bool = False


def start_looking(owner: Widget, data: str, reading: Options, registry: Registry, then_train: bool) -> None:
    """Look in a thread; a Looked message tells the owner."""
    work = partial(_look, owner, Looked(data, reading, then_train), registry)
    owner.run_worker(work, name=data, group="look", exclusive=True, thread=True)


def _look(owner: Widget, told: Looked, registry: Registry) -> None:
    from core.data import look

    try:
        told.look = look(told.data, told.reading, registry.data_sources)
    except SeveralTablesError as error:
        told.option, told.choices = error.option, error.choices
        told.problem = error.message
    except UsageError as error:
        told.problem, told.hint, told.known = error.message, error.hint, True
    except TastemapError as error:
        told.problem, told.hint = error.message, error.hint
    owner.post_message(told)
