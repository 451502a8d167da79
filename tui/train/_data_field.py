"""The field of the data set: names complete, paths complete, and a dropped file lands in it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Label

from core.options import OptionField
from tui.train._fields import FieldRow
from tui.train._paths import completions, dropped_path

DATA = OptionField(
    "data",
    str,
    "demo",
    "demo, a data set's name (d lists them and what you used), or a path: Tab completes it, a dropped file "
    "lands here. Enter shows the table.",
)

Names = Callable[[], Sequence[str]]
"""The names that may be typed without a path, the likeliest first."""


class DataChosen(Message):
    """A table was dropped, or Enter was pressed in its field: it is to be shown."""

    def __init__(self, data: str) -> None:
        super().__init__()
        self.data = data


class DataRow(FieldRow):
    """The data set's field has a line of its own: paths are long."""

    DEFAULT_CSS = """
    DataRow { layout: vertical; height: 2; }
    DataRow > Label { width: 1fr; }
    """

    def __init__(self, data: str, names: Names) -> None:
        super().__init__(DATA, data)
        self._names = names

    def compose(self) -> ComposeResult:
        """The name above, the line below."""
        yield Label("Data", markup=False)
        yield DataInput(str(self.baseline), self._names)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Show the table."""
        event.stop()
        self.post_message(DataChosen(event.value.strip()))


class DataInput(Input):
    """A line that Tab completes as a shell does; a pasted path replaces what was in it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    def __init__(self, value: str, names: Names) -> None:
        super().__init__(value, compact=True, id="field-data", suggester=_NamesAndPaths(names))
        self._names = names

    def on_paste(self, event: events.Paste) -> None:
        """A dropped file takes the whole line."""
        path = dropped_path(event.text)
        if path:
            event.prevent_default()
            event.stop()
            self.value = path
            self.cursor_position = len(path)
            self.post_message(DataChosen(path))

    def action_complete(self) -> None:
        """Go on as far as all completions agree; where nothing is left to complete, to the next field."""
        found = _found(self.value, self._names) if self.cursor_at_end and self.value else []
        common = os.path.commonprefix(found)  # noqa: RUF071 - as far as characters agree
        if len(common) <= len(self.value):
            self.screen.focus_next()
            return
        self.value = common
        self.cursor_position = len(common)


class _NamesAndPaths(Suggester):
    """Shows the first completion while one types."""

    def __init__(self, names: Names) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._names = names

    async def get_suggestion(self, value: str) -> str | None:
        """The first name or path that begins so."""
        found = await asyncio.to_thread(_found, value, self._names)
        return found[0] if found else None


def _found(value: str, names: Names) -> list[str]:
    return [*(name for name in names() if name.startswith(value)), *completions(value)]
