"""The engine's log: everything that it and its libraries wrote to standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Label, RichLog

from core.engine.client import LogLine, Notice

if TYPE_CHECKING:
    from tui.shell.app import TastemapApp


class LogScreen(ModalScreen[None]):
    """A log that grows while it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,L", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """A heading and the lines."""
        yield Label("Engine log  [dim]Esc closes · ↑ ↓ scroll[/dim]", classes="heading")
        yield RichLog(max_lines=5000, wrap=True, id="log")

    def on_mount(self) -> None:
        """Show what there is and listen for more."""
        app = cast("TastemapApp", self.app)
        log = self.query_one(RichLog)
        for line in app.bench.log or ["Nothing yet: the engine writes here what its libraries print."]:
            log.write(line)
        log.focus()
        app.told.subscribe(self, self._told)

    def _told(self, notice: Notice) -> None:
        if isinstance(notice, LogLine):
            self.query_one(RichLog).write(notice.text)
