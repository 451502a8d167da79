"""Small questions on top of a screen: yes or no, a line of text, one thing of a list, some of a list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Label, OptionList
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from core.errors import TastemapError
from core.readable import readable
from tui.dialogs.dialog import Dialog
from tui.lists import CheckList


class AskScreen(Dialog[bool]):
    """A question with yes and no; Escape means no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape", "answer(False)", "No"),
    ]

    def __init__(self, question: str, yes: str = "Yes") -> None:
        super().__init__()
        self._question, self._yes = question, yes

    def compose(self) -> ComposeResult:
        """The question and two buttons."""
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False)
            with Horizontal(classes="buttons"):
                yield Button(Content(f"{self._yes} (y)"), variant="primary", id="yes", compact=True)
                yield Button("No (n)", id="no", compact=True)

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        """Answer by button."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Answer by key."""
        self.dismiss(answer)


class PromptScreen(Dialog[str]):
    """A line of text; `check` raises TastemapError for one that won't do, and its message is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", priority=True)]

    def __init__(self, question: str, value: str = "", check: Callable[[str], object] = str) -> None:
        super().__init__()
        self._question, self._value, self._check = question, value, check

    def compose(self) -> ComposeResult:
        """The question, the line, and room for what is wrong with it."""
        with Vertical(classes="dialog"):
            yield Label(self._question, markup=False)
            yield Input(self._value, id="answer", select_on_focus=True)
            yield Label("Enter takes it, Escape leaves it.", id="problem", markup=False)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Take the line if it will do."""
        try:
            self._check(event.value)
        except TastemapError as error:
            problem = self.query_one("#problem", Label)
            problem.update(readable(f"{error.message} {error.hint}"))
            problem.add_class("-wrong")
        else:
            self.dismiss(event.value)

    def action_cancel(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class PickScreen(Dialog[str]):
    """A list of (value, explanation); Enter takes the highlighted value."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "Cancel")]

    def __init__(self, heading: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._heading, self._choices = heading, choices

    def compose(self) -> ComposeResult:
        """Heading and list."""
        with Vertical(classes="dialog -large"):
            yield Label(self._heading, markup=False)
            yield OptionList(*(Option(_line(*choice), id=None) for choice in self._choices))
            yield Label("Enter takes it, Escape leaves it.", classes="note", markup=False)

    @on(OptionList.OptionSelected)
    def selected(self, event: OptionList.OptionSelected) -> None:
        """Take the choice."""
        self.dismiss(self._choices[event.option_index][0])

    def action_cancel(self) -> None:
        """Leave without a choice."""
        self.dismiss(None)


class CheckScreen(Dialog[list[str]]):
    """A list of which some are chosen; Enter takes them in their order, Escape leaves it as it was."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", "Take", priority=True),
        Binding("escape,q", "cancel", "Cancel"),
    ]

    def __init__(self, heading: str, choices: Sequence[str], chosen: Sequence[str]) -> None:
        super().__init__()
        self._heading, self._choices, self._chosen = heading, choices, chosen

    def compose(self) -> ComposeResult:
        """Heading and list."""
        with Vertical(classes="dialog"):
            yield Label(self._heading, markup=False)
            yield CheckList(*(Selection(name, name, name in self._chosen) for name in self._choices))
            yield Label(
                "Space chooses, Enter takes them, Escape leaves it as it was.", classes="note", markup=False
            )

    def action_take(self) -> None:
        """Take what is chosen."""
        chosen = self.query_one(CheckList).selected
        self.dismiss([name for name in self._choices if name in chosen])

    def action_cancel(self) -> None:
        """Leave without a choice."""
        self.dismiss(None)


def _line(value: str, explanation: str) -> Content:
    return Content.from_markup(
        "[b]$value[/]  [$text-muted]$explanation[/]", value=value, explanation=explanation
    )
