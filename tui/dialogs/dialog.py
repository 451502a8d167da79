"""What all dialogs are."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

from tui.shell import OfPresentSize

Result = TypeVar("Result")


class Dialog(OfPresentSize, ModalScreen[Result]):
    """A screen on top of another that is closed once, however often its keys are pressed."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close it; Textual would take the screen below away with every further key that was on its way."""
        if self.app.screen is not self:
            return AwaitComplete()
        return super().dismiss(result)
