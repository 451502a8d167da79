"""Find items and users by what somebody types, and say which item is meant by an id or a title."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.errors import UsageError
from core.model import Model, SearchIndex, item_card, item_row, relevance
from core.options import option
from core.views.view import Answer, Lines, Table, View

LEAST_SCORE = 60.0

SURE = 90.0
"""A title that matches so well is the one that is meant."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A user or item found; `score` from 0 to 100, `ratings` counts those (or likes) of training, year 0 is
    unknown."""

    id: int | str
    title: str
    year: int
    genres: tuple[str, ...]
    ratings: int
    score: float


@dataclass(frozen=True, kw_only=True)
class SearchResults(Answer):
    """What was found, the best match first; `counted` is what training counts of each."""

    found: tuple[Found, ...]
    counted: str = "ratings"


class Search(View[SearchResults]):
    """Find items by title or id, or users by id: the best match first.

    The exact id comes first, then the whole title, then the others by how well they match and how well known
    they are; first letters find a title too. An empty text finds the most rated.
    """

    command: ClassVar[str] = "search"
    positional: ClassVar[tuple[str, ...]] = ("text",)
    text: str = option(help="A title, some of its words, or an id.")
    side: str = option(default="item", help="Search items or users.", choices=("item", "user"))
    limit: int = option(default=20, help="At most so many.", minimum=0, flags=("-n", "--limit"))

    def answer(self, model: Model) -> SearchResults:
        """Score all titles."""
        items = self.side == "item"
        counts = model.baseline.item_counts if items else model.baseline.user_counts
        typed = self.text.strip()
        scores = _index(model, items).scores(self.text) if typed else np.full(len(counts), 100, np.float32)
        exact = (model.items if items else model.users).row(typed)
        if exact is not None:
            scores[exact] = 102
        best = _best(scores, counts, self.limit).tolist()
        found = tuple(_found(model, items, row, float(scores[row])) for row in best)
        return SearchResults(found=found, counted=model.counted)

    @classmethod
    def lines(cls, answer: SearchResults) -> Lines:
        """A row a match."""
        yield Table(
            [
                (str(one.id), one.title, ", ".join(one.genres), f"{one.ratings:,} {answer.counted}")
                for one in answer.found
            ]
        )


def resolve_item(model: Model, text: object) -> int:
    """Find an item's row by id or title; raises UsageError, with the nearest titles, where none is clear.

    A number is an id and never a title.
    """
    row = item_row(model, text) if isinstance(text, int) else model.items.row(text)
    if row is not None:
        return row
    found = Search(text=str(text), limit=3).answer(model).found
    if found and found[0].score >= SURE:
        best = model.items.row(found[0].id)
        if best is not None:
            return best
    near = "; ".join(f"{match.id} {match.title}" for match in found)
    hint = f"Nearest: {near}." if near else "Ids are those of the table."
    raise UsageError(f"No item has the id or title {str(text)!r}.", hint=hint)


def _best(scores: FloatArray, counts: Any, limit: int) -> LongArray:
    rows = np.flatnonzero(scores >= LEAST_SCORE)
    ranks = relevance(scores[rows], counts[rows])
    return rows[np.lexsort((rows, -counts[rows], -ranks))][:limit]


def _found(model: Model, items: bool, row: int, score: float) -> Found:
    if not items:
        user, count = model.users.identifier(row), int(model.baseline.user_counts[row])
        return Found(id=user, title=str(user), year=0, genres=(), ratings=count, score=min(score, 100.0))
    card = item_card(model, row)
    return Found(
        id=card.item,
        title=card.title,
        year=card.year,
        genres=card.genres,
        ratings=card.ratings,
        score=min(score, 100.0),
    )


_indexes: dict[int, tuple[weakref.ref[Any], SearchIndex]] = {}


def _index(model: Model, items: bool) -> SearchIndex:
    """The index of a side, kept as long as its titles: a live run makes a new Model for every question."""
    source = model.item_table if items else model.users
    kept = _indexes.get(id(source))
    if kept is None or kept[0]() is not source:
        kept = _indexes[id(source)] = (weakref.ref(source, _forget(id(source))), _build(model, items))
    return kept[1]


def _forget(key: int) -> Callable[[Any], object]:
    return lambda _: _indexes.pop(key, None)


def _build(model: Model, items: bool) -> SearchIndex:
    if items:
        return SearchIndex.build(model.item_table.titles, model.item_table.years.tolist())
    return SearchIndex.build([str(user) for user in model.users.ids.tolist()])
