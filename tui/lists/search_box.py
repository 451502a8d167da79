"""A search line with its results below: the results have the focus, and a letter or `/` opens the line."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from core.options import Identifier
from core.views import Found, SearchResults
from tui.formats import counted_words
from tui.lists.things import Entry, ThingList, heading, marked
from tui.shell import Thing

LONGEST_TEXT = 200
"""More letters than that are no title; a pasted file would keep the engine busy for seconds."""
LIKELY = 85.0
"""Scores below are perhaps what was meant, and are never taken by themselves."""


def parted(likely: Sequence[Entry], weak: Sequence[Entry]) -> list[Entry]:
    """What was probably meant, and below a rule what was perhaps."""
    if not weak:
        return list(likely)
    return [*likely, heading("maybe" if likely else "nothing like it; maybe"), *weak]


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

    def _on_paste(self, event: events.Paste) -> None:
        """Take as much of a pasted text's first line as a title can have."""
        event.stop()
        event.prevent_default()
        line = next(iter(event.text.splitlines()), "")
        self.insert_text_at_cursor(line[: max(0, LONGEST_TEXT - len(self.value))])

    def action_choose(self, steps: int) -> None:
        """Tell the box."""
        self.post_message(self.Moved(steps))


class SearchBox(Vertical):
    """A search for an item or a user: Searched as one types, Chosen for the result under the cursor, Entered
    when Enter takes it."""

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

    class Entered(Message):
        """The choice is made: its page is wanted."""

        def __init__(self, side: str) -> None:
            super().__init__()
            self.side = side

    def __init__(self, side: str, placeholder: str, id: str) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id, classes="panel")
        self._side, self._placeholder = side, placeholder
        self._found: Sequence[Found] = ()
        self._shown_text = ""

    def compose(self) -> ComposeResult:
        """The line and the list."""
        yield _SearchInput(
            placeholder=self._placeholder, compact=True, select_on_focus=False, max_length=LONGEST_TEXT
        )
        yield ThingList(plain_enter=True, type_ahead=self._typed_ahead)

    def on_mount(self) -> None:
        """Name the box."""
        self.border_title = self._side.capitalize()

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.query_one(Input).value

    @property
    def results(self) -> ThingList:
        """The list of results."""
        return self.query_one(ThingList)

    @property
    def typing(self) -> bool:
        """Whether the line has the focus."""
        return self.query_one(Input).has_focus

    def focus_input(self) -> None:
        """Let the user type another text in place of what stands there."""
        line = self.query_one(Input)
        line.focus()
        line.action_select_all()

    def focus_results(self) -> None:
        """Let the arrow keys walk at once."""
        self.results.focus()

    def show_text(self, text: str) -> None:
        """Name in the line what is shown: what it finds is listed, and nothing of it is chosen."""
        self._shown_text = text[:LONGEST_TEXT]
        self.query_one(Input).value = self._shown_text

    def show_found(self, results: SearchResults) -> None:
        """List results, the best first, those that are only perhaps meant below a rule."""
        found = self._found = results.found
        likely = [one for one in found if one.score >= LIKELY]
        weak = [self._entry(one, results.counted) for one in found if one.score < LIKELY]
        entries = parted([self._entry(one, results.counted) for one in likely], weak)
        named = bool(self.text) and self.text == self._shown_text
        self.results.show(entries, keep=not named)
        self._say_state()
        if likely and self.text and not named:
            self.choose_first()

    def _entry(self, found: Found, counted: str) -> Entry:
        words = counted_words(found.ratings, counted)
        known = Content.from_markup("  [$foreground 60%]$known[/]", known=words)
        return Entry(marked(found.title or str(found.id), self.text), self._thing(found), more=known)

    def _thing(self, found: Found) -> Thing:
        return Thing(self._side, found.id, found.title)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Search for the new text."""
        event.stop()
        if event.value != self._shown_text:
            self._shown_text = ""
        self.border_subtitle = "searching …"
        self.post_message(self.Searched(self._side, event.value))

    def on_descendant_focus(self) -> None:
        """Say which keys act."""
        self._say_state()

    def on_descendant_blur(self) -> None:
        """Say which keys act."""
        self._say_state()

    def _say_state(self) -> None:
        words = "↑ ↓ choose" if self._found else ("nothing found" if self.text else "")
        if self.typing:
            words = f"{words} · [$accent]Esc leaves[/]" if words else "[$accent]Esc leaves[/]"
        self.border_subtitle = words

    def choose_first(self) -> None:
        """Take the best result."""
        self.results.put_cursor(self.results.things[0] if self.results.things else None)

    def _typed_ahead(self, letter: str) -> None:
        """Begin a new text with a letter typed while walking; those that follow at once are added."""
        line = self.query_one(Input)
        # `has_focus` waits for a message that stands behind the letters which were typed meanwhile.
        before = line.value if self.screen.focused is line else ""
        self.screen.set_focus(line)
        line.value = before if letter == "/" and not before else f"{before}{letter}"
        line.cursor_position = len(line.value)

    @on(_SearchInput.Moved)
    def moved(self, event: _SearchInput.Moved) -> None:
        """Move the highlight."""
        event.stop()
        if self.results.things:
            (self.results.action_cursor_down if event.steps > 0 else self.results.action_cursor_up)()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Take the choice; what no search finds is asked for as an id."""
        event.stop()
        if event.value.strip() and not self._found:
            self.post_message(self.Chosen(self._side, event.value.strip()))
        elif self.results.thing is None:
            self.choose_first()
        self.post_message(self.Entered(self._side))

    @on(ThingList.Walked)
    def walked(self, event: ThingList.Walked) -> None:
        """Tell which result it is."""
        event.stop()
        self.post_message(self.Chosen(self._side, event.thing.id))

    @on(ThingList.Taken)
    def taken(self, event: ThingList.Taken) -> None:
        """Open its page."""
        event.stop()
        self.post_message(self.Entered(self._side))
