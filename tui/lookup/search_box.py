"""A search line with its results below: typing searches, the arrow keys choose without leaving the line."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from core.options import Identifier
from core.views import Found
from tui.formats import count


class _SearchInput(Input):
    """An input whose up and down keys move the list below."""

    BINDINGS = [  # noqa: RUF012 - Textual's declaration
        Binding("up", "choose(-1)", "Previous result", show=False),
        Binding("down", "choose(1)", "Next result", show=False),
    ]

    class Moved(Message):
        """The list's highlight is to move."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    def action_choose(self, steps: int) -> None:
        """Tell the box."""
        self.post_message(self.Moved(steps))


class SearchBox(Vertical):
    """A search for an item or a user; posts Searched as one types and Chosen for the highlighted result."""

    class Searched(Message):
        """Other text to search for."""

        def __init__(self, side: str, text: str) -> None:
            super().__init__()
            self.side, self.text = side, text

    class Chosen(Message):
        """A result is highlighted."""

        def __init__(self, side: str, identifier: Identifier) -> None:
            super().__init__()
            self.side, self.identifier = side, identifier

    def __init__(self, side: str, placeholder: str, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes="panel")
        self._side, self._placeholder = side, placeholder
        self._found: Sequence[Found] = ()

    def compose(self) -> ComposeResult:
        """The line and the list."""
        yield _SearchInput(placeholder=self._placeholder, compact=True, select_on_focus=True)
        yield OptionList(compact=True)

    def on_mount(self) -> None:
        """Name the box."""
        self.border_title = self._side.capitalize()

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.query_one(Input).value

    def focus_input(self) -> None:
        """Let the user type."""
        self.query_one(Input).focus()

    def show_text(self, text: str) -> None:
        """Put a text into the line without searching for it by hand."""
        self.query_one(Input).value = text

    def show_found(self, found: Sequence[Found]) -> None:
        """List results, the best first."""
        self._found = found
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(_line(each)) for each in found])
        self.border_subtitle = "↑ ↓ choose" if found else "nothing found"
        if found and self.text:
            self.choose_first()

    def choose_first(self) -> None:
        """Take the best result."""
        self.query_one(OptionList).highlighted = 0

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Search for the new text."""
        event.stop()
        self.post_message(self.Searched(self._side, event.value))

    @on(_SearchInput.Moved)
    def moved(self, event: _SearchInput.Moved) -> None:
        """Move the highlight."""
        event.stop()
        options = self.query_one(OptionList)
        if self._found:
            options.highlighted = max(0, min(len(self._found) - 1, (options.highlighted or 0) + event.steps))

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Enter leaves the line for the keys of the screen; what no search finds is asked for as an id."""
        event.stop()
        if event.value.strip() and not self._found:
            self.post_message(self.Chosen(self._side, event.value.strip()))
        self.query_one(OptionList).focus()

    @on(OptionList.OptionHighlighted)
    def highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell which result it is."""
        event.stop()
        if event.option_index < len(self._found):
            self.post_message(self.Chosen(self._side, self._found[event.option_index].id))

    @on(OptionList.OptionSelected)
    def selected(self, event: OptionList.OptionSelected) -> None:
        """Enter on a result chooses nothing more."""
        event.stop()


def _line(found: Found) -> Content:
    title = found.title or str(found.id)
    return Content.from_markup("$title [$foreground 50%]$known[/]", title=title, known=count(found.ratings))
