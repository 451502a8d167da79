"""The engine's log: everything that it and its libraries wrote to standard error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.signal import Signal
from textual.widgets import Label, RichLog

from core.engine import LogLine, Notice
from tui.dialogs.dialog import Dialog


class LogScreen(Dialog[None]):
    """A log that grows while it is looked at: the lines so far, and the signal that brings more."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,L", "dismiss", "Close")]

    def __init__(self, lines: Sequence[str], events: Signal[Notice]) -> None:
        super().__init__()
        self._lines, self._events = lines, events

    def compose(self) -> ComposeResult:
        """A heading and the lines."""
        yield Label("Engine log  Esc closes · ↑ ↓ scroll", classes="heading", markup=False)
        yield RichLog(max_lines=5000, wrap=True, id="log")

    def on_mount(self) -> None:
        """Show what there is and listen for more."""
        log = self.query_one(RichLog)
        for line in self._lines or ["Nothing yet: the engine writes here what its libraries print."]:
            log.write(line)
        log.focus()
        self._events.subscribe(self, self._heard)

    def _heard(self, notice: Notice) -> None:
        if isinstance(notice, LogLine):
            self.query_one(RichLog).write(notice.text)
