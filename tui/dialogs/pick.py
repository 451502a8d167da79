"""Pick one thing of a list, with a line of explanation each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option


class PickScreen(ModalScreen[str]):
    """A list of (value, explanation); Enter takes the highlighted value."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "Cancel")]

    def __init__(self, heading: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._heading, self._choices = heading, choices

    def compose(self) -> ComposeResult:
        """Heading and list."""
        with Vertical(classes="dialog -large"):
            yield Label(self._heading)
            yield OptionList(*(Option(_line(*choice), id=None) for choice in self._choices))
            yield Label("Enter takes it, Escape leaves it.", classes="note")

    @on(OptionList.OptionSelected)
    def selected(self, event: OptionList.OptionSelected) -> None:
        """Take the choice."""
        self.dismiss(self._choices[event.option_index][0])

    def action_cancel(self) -> None:
        """Leave without a choice."""
        self.dismiss(None)


def _line(value: str, explanation: str) -> Content:
    return Content.from_markup(
        "[b]$value[/]  [$text-muted]$explanation[/]", value=value, explanation=explanation
    )
