"""A taste card: what somebody likes, what the model offers them, who is like them; to look at and to keep."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from core.files import write_through
from core.views import FoldedIn
from tui.dialogs import Dialog
from tui.files import free_path
from tui.fold_in._state import GivenRating, GivenRatings
from tui.fold_in._texts import given_words
from tui.formats import counted_words, fit, short_title
from tui.lists import Entry, ThingList, heading
from tui.shell import Thing

_SHOWN = 6
_WIDTH = 64


@dataclass(frozen=True)
class TasteCard:
    """Everything on a card."""

    name: str
    reading: str
    given: GivenRatings
    answer: FoldedIn

    def entries(self) -> list[Entry]:
        """The card's lines: titles and twins as things that open."""
        ranks = any(one.rating is None for one in self.answer.top)
        liked = sorted(self.given.ratings.items(), key=lambda one: -_height(one[1]))
        lines = [heading(self.reading), heading("")]
        lines += [Entry(Content.from_markup(f"[b $primary]{'Likes' if ranks else 'Rates highest'}[/]"))]
        lines += [
            _line(given_words(one.rating), Thing("item", item, one.title)) for item, one in liked[:_SHOWN]
        ]
        lines += [heading(""), Entry(Content.from_markup("[b $primary]Would like[/]"))]
        lines += [
            _line("" if one.rating is None else f"{one.rating:.2f}", Thing("item", one.item, one.title))
            for one in self.answer.top[:_SHOWN]
        ]
        if self.answer.twins:
            lines += [
                heading(""),
                Entry(Content.from_markup(f"[b $primary]{'Like alike' if ranks else 'Rate alike'}[/]")),
            ]
            lines += [
                _line(
                    f"{one.similarity:.2f}",
                    Thing("user", one.user, f"user {one.user}"),
                    counted_words(one.ratings, "likes" if ranks else "ratings"),
                )
                for one in self.answer.twins
            ]
        return lines

    def text(self) -> str:
        """The card as plain text."""
        lines = [f"The taste of {self.name}", "", *(entry.line.plain for entry in self.entries())]
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def svg(self) -> str:
        """The card as a picture, in whatever monospaced font the viewer has."""
        from rich.console import Console
        from rich.text import Text

        console = Console(record=True, width=_WIDTH + 4, file=io.StringIO())
        console.print(Text(self.text()), soft_wrap=False)
        svg = console.export_svg(title=f"The taste of {self.name}", unique_id="card")
        svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
        return svg.replace("font-family: Fira Code", "font-family: Fira Code, DejaVu Sans Mono, Menlo")


def _height(one: GivenRating) -> float:
    """Where a rating stands among others; likes come first."""
    return float("inf") if one.rating is None else one.rating


def _line(value: str, thing: Thing, more: str = "") -> Entry:
    title = fit(short_title(thing.name), _WIDTH - 8 - len(more))
    return Entry(
        Content.from_markup(
            "[b $accent]$value[/]  $title  [$foreground 60%]$more[/]",
            value=f"{value:>5}",
            title=title,
            more=more,
        ),
        thing,
    )


def save_card(card: TasteCard, folder: Path) -> list[Path]:
    """Write a card as SVG and as text; raises RunError or OSError where that can't be."""
    paths = []
    for ending, content in ((".svg", card.svg()), (".txt", card.text())):
        path = free_path(folder / f"taste-{_plain(card.name)}{ending}")
        write_through(path, lambda temporary, content=content: temporary.write_bytes(content.encode()))  # type: ignore[misc]
        paths.append(path)
    return paths


def _plain(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name).strip("-") or "card"


class CardScreen(Dialog[bool]):
    """A card on top of the screen: Enter opens what it names, `e` writes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,c", "dismiss(False)", "Close"),
        Binding("e", "save", "Export"),
    ]

    def __init__(self, card: TasteCard) -> None:
        super().__init__()
        self._card = card

    def compose(self) -> ComposeResult:
        """The lines, to walk through."""
        with Vertical(classes="dialog -large", id="taste-card") as dialog:
            dialog.border_title = Content(f"The taste of {self._card.name}").markup
            dialog.border_subtitle = "Enter opens · e writes SVG and text · Esc closes"
            yield ThingList(id="taste-list")

    def on_mount(self) -> None:
        """Show the card."""
        things = self.query_one(ThingList)
        things.show(self._card.entries())
        things.focus()

    def action_save(self) -> None:
        """Ask whoever opened the card to write it."""
        self.dismiss(True)
