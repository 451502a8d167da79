"""An item that training doesn't know, described in a line: what it would get, who would like it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from core.engine import QueryError
from core.errors import UsageError
from core.readable import readable
from core.views.new_items import FoldedItem, FoldInItem
from tui.dialogs import Dialog

_HOW = "Genres, a year, #tags, ratings as USER=RATING, with commas: Drama, 1994, #prison, 4=5"


def parse_item(text: str) -> FoldInItem:
    """Read a line into the question; raises UsageError for a word that is none of these."""
    genres: list[str] = []
    tags: list[str] = []
    told: dict[str, Any] = {"count": 8}
    ratings: dict[str, float] = {}
    for word in filter(None, map(str.strip, text.split(","))):
        user, sign, rating = word.rpartition("=")
        if word.startswith("#"):
            tags.append(word[1:])
        elif sign:
            ratings[user.strip()] = _number(rating, word)
        elif word.isdecimal():
            told["year"] = int(word)
        else:
            genres.append(word)
    return FoldInItem.ask(
        {**told, "genres": genres, "tags": tags, **({"ratings": ratings} if ratings else {})}
    )


def _number(text: str, word: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{word!r} is no rating, as in 4=5.") from None


class NewItemScreen(Dialog[None]):
    """A line to describe an item in, and the answer below; another line asks again."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Close", priority=True)]

    def __init__(self, ask: Callable[[FoldInItem], Awaitable[FoldedItem]]) -> None:
        super().__init__()
        self._ask = ask

    def compose(self) -> ComposeResult:
        """The line, how to write it, the answer."""
        with VerticalScroll(classes="dialog -large", id="new-item") as dialog:
            dialog.border_title = "A new item"
            dialog.border_subtitle = "Enter asks, Escape closes"
            yield Input(placeholder="Drama, 1994, 4=5", id="new-item-line", compact=True, max_length=500)
            yield Static(_HOW, id="new-item-answer", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Ask what the line describes."""
        try:
            question = parse_item(event.value)
        except UsageError as error:
            self._say(str(error))
            return
        self.run_worker(self._answer(question), name="new-item", group="new-item", exclusive=True)

    async def _answer(self, question: FoldInItem) -> None:
        try:
            answer = await self._ask(question)
        except QueryError as error:
            self._say(f"{error.message} {error.hint}".strip())
        else:
            self._say(repr(answer))

    def _say(self, text: str) -> None:
        lines = map(readable, text.split("\n"))
        self.query_one("#new-item-answer", Static).update("\n".join(lines))
