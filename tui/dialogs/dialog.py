"""What all dialogs are."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.events import Resize
from textual.screen import ModalScreen

from tui.shell import drop_outdated

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A screen on top of another that is closed once, however often its keys are pressed."""

    def on_resize(self, event: Resize) -> None:
        """Heed the terminal's present size alone."""
        drop_outdated(self, event)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close it; Textual would take the screen below away with every further key that was on its way."""
        if self.app.screen is not self:
            return AwaitComplete()
        return super().dismiss(result)
