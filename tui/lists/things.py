"""The one widget for every list of items, users and runs: walk, open, show on the map, rate, copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.shell import OpenThing, Thing

_NO_LETTERS = "q?"
"""Characters that act as elsewhere even where letters are typed ahead: the help and the way out."""


_NOTHING = Content()
_LEAST_WIDTH = 12
"""Cells below which nothing would be left of a title without its middle."""


@dataclass(frozen=True)
class Entry:
    """A line of a list and the thing that it is of; without one it is a heading, which is passed over.

    `more` follows the line where there is room for both.
    """

    line: Content
    thing: Thing | None = None
    hover: str = ""
    more: Content = _NOTHING

    def fitted(self, width: int) -> Content:
        """The line in so many cells; a thing's loses its middle, since titles differ at both ends."""
        whole = self.line + self.more
        if self.thing is None or whole.cell_length <= width or width <= 0:
            return whole
        title = max(0, self.line.plain.find(self.thing.name[:_LEAST_WIDTH]))
        return self.line[:title] + shortened(self.line[title:], width - title)


def shortened(line: Content, width: int) -> Content:
    """A line without its middle where it is longer than so many cells: `The Lord of …owers (2002)`."""
    if line.cell_length <= width or width < _LEAST_WIDTH or line.cell_length != len(line):
        return line  # what is too long yet is cut at its end; so are wide characters
    right = (width - 1) // 2
    return line[: width - 1 - right] + Content("…") + line[len(line) - right :]


def heading(text: str) -> Entry:
    """A line that names what follows."""
    return Entry(Content.from_markup("[$foreground 60%]$text[/]", text=text))


class ThingList(OptionList):
    """Entries with a cursor; posts Walked when it moves and OpenThing (or Taken) on Enter or a click.

    `type_ahead` is given the letters that are typed while one walks.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="list.open"),
        Binding("full_stop", "to('map')", "Map", key_display=".", id="list.map"),
        Binding("r", "to('fold_in')", "Rate", id="list.rate"),
        Binding("y", "copy", "Copy", id="list.copy"),
        Binding("o", "open_page", "Open the page", show=False, id="list.page"),
        Binding("j", "step(True)", "Down", show=False, id="list.down"),
        Binding("k", "step(False)", "Up", show=False, id="list.up"),
    ]
    DEFAULT_CSS = """
    ThingList {
        height: 1fr; border: none; background: transparent; padding: 0;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    ThingList:focus { border: none; }
    ThingList > .option-list--option-disabled { color: $foreground 60%; }
    """

    class Walked(Message):
        """The cursor is on another thing."""

        def __init__(self, source: ThingList, thing: Thing) -> None:
            super().__init__()
            self.source, self.thing = source, thing

        @property
        def control(self) -> ThingList:
            """The list."""
            return self.source

    class Taken(Message):
        """Enter or a click on a thing, where the list doesn't open it by itself."""

        def __init__(self, source: ThingList, thing: Thing) -> None:
            super().__init__()
            self.source, self.thing = source, thing

        @property
        def control(self) -> ThingList:
            """The list."""
            return self.source

    def __init__(
        self,
        id: str | None = None,  # noqa: A002 - Textual's word
        *,
        plain_enter: bool = False,
        type_ahead: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__(id=id, compact=True, markup=False)
        self._entries: Sequence[Entry] = ()
        self._fitted_to = 0
        self._plain_enter, self._type_ahead = plain_enter, type_ahead

    def show(self, entries: Sequence[Entry], keep: bool = True) -> None:
        """List other entries; the cursor stays on its thing where that is listed, else goes to the first.

        Without `keep` there is no cursor until somebody walks.
        """
        before, quiet = (
            self.thing,
            [entry.thing for entry in entries] == [entry.thing for entry in self._entries],
        )
        listed = self._kinds
        self._entries = entries
        if self._kinds != listed and self.has_focus:
            self.refresh_bindings()  # other keys act on other things
        at = self.highlighted
        width = self._line_width
        self.set_options([Option(one.fitted(width), disabled=one.thing is None) for one in entries])
        places = [place for place, entry in enumerate(entries) if entry.thing is not None]
        same = [place for place in places if before is not None and entries[place].thing == before]
        if quiet and at in places:
            self.set_reactive(OptionList.highlighted, at)
        elif same and keep:
            self.highlighted = same[0]
        elif places and keep and not self._type_ahead:
            self.highlighted = places[0]

    @property
    def _line_width(self) -> int:
        return self.outer_size.width - self.gutter.width - 1  # a scroll bar may come

    def on_resize(self) -> None:
        """Cut the lines anew."""
        width = self._line_width
        if width != self._fitted_to:
            self._fitted_to = width
            for place, entry in enumerate(self._entries):
                self.replace_option_prompt_at_index(place, entry.fitted(width))

    def say(self, *lines: str) -> None:
        """Show lines of text where there is nothing to list."""
        self.show([heading(line) for text in lines for line in text.split("\n") if line])

    @property
    def things(self) -> list[Thing]:
        """What is listed, in order."""
        return [entry.thing for entry in self._entries if entry.thing is not None]

    @property
    def thing(self) -> Thing | None:
        """The thing under the cursor."""
        at = self.highlighted
        return self._entries[at].thing if at is not None and at < len(self._entries) else None

    def put_cursor(self, thing: Thing | None) -> None:
        """Put the cursor on a thing; on the first one where it isn't listed."""
        places = {entry.thing: place for place, entry in enumerate(self._entries) if entry.thing is not None}
        if places:
            first = min(places.values())
            at = first if thing is None else places.get(thing, first)
            if self.highlighted == at and self.thing is not None:
                self.post_message(self.Walked(self, self.thing))  # it is there, and chosen once more
            self.highlighted = at

    @on(OptionList.OptionHighlighted)
    def highlight_moved(self, event: OptionList.OptionHighlighted) -> None:
        """Tell which thing it is."""
        event.stop()
        if self.thing is not None:
            self.post_message(self.Walked(self, self.thing))

    @on(OptionList.OptionSelected)
    def entry_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the thing."""
        event.stop()
        if self.thing is not None:
            message = self.Taken(self, self.thing) if self._plain_enter else OpenThing(self.thing)
            self.post_message(message)

    def watch__mouse_hovering_over(self, index: int | None) -> None:
        """Say more about the line under the mouse."""
        known = index is not None and index < len(self._entries)
        self.tooltip = self._entries[index].hover or None if known and index is not None else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done with such a thing, where it isn't typed ahead."""
        del parameters
        if action in ("scroll_left", "scroll_right"):
            return False  # what turns pages is the screen's
        if action in ("to", "copy", "open_page", "step") and self._type_ahead is not None:
            return False  # its key is a letter, which belongs to the line
        if action == "to":
            return "item" in self._kinds
        return action not in ("copy", "select") or bool(self._entries)

    @property
    def _kinds(self) -> set[str]:
        """What kinds of things are listed."""
        return {entry.thing.kind for entry in self._entries if entry.thing is not None}

    def action_to(self, mode: str) -> None:
        """Take the thing to another screen."""
        if self.thing is not None and self.thing.kind == "item":
            self.post_message(OpenThing(self.thing, mode))

    def action_step(self, down: bool) -> None:
        """Move the cursor by a letter."""
        (self.action_cursor_down if down else self.action_cursor_up)()

    def action_open_page(self) -> None:
        """Open the thing, whatever Enter does here."""
        if self.thing is not None:
            self.post_message(OpenThing(self.thing))

    def action_copy(self) -> None:
        """Copy the thing's name to the terminal's clipboard."""
        if self.thing is not None:
            self.app.copy_to_clipboard(self.thing.name)
            self.notify(self.thing.name, title="Copied", timeout=2)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters belong to the line that searches, where they are typed ahead."""
        return (self._type_ahead is not None and _is_letter(character)) or super().check_consume_key(
            key, character
        )

    def on_key(self, event: events.Key) -> None:
        """Hand a letter over to the line."""
        if self._type_ahead is not None and _is_letter(event.character):
            event.stop()
            event.prevent_default()
            self._type_ahead(event.character or "")  # at once: the next letter comes soon


def _is_letter(character: str | None) -> bool:
    return (
        character is not None
        and character.isprintable()
        and not character.isspace()
        and (not character.isdigit() and character not in _NO_LETTERS)
    )


def marked(title: str, typed: str, look: str = "b $accent") -> Content:
    """A title in which what was typed stands out, word by word."""
    plain, spans = title.casefold(), list[tuple[int, int]]()
    if len(plain) == len(title):
        for word in typed.casefold().split():
            at = plain.find(word)
            if at >= 0 and len(word) > 1:
                spans.append((at, at + len(word)))
    content = Content(title)
    for start, end in spans:
        content = content.stylize(look, start, end)
    return content
