"""Find items and users by what somebody types."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.contract.architecture import Side
from core.data.ratings import FloatArray, LongArray
from core.model.model import Model
from core.model.search_index import SearchIndex

LEAST_SCORE = 60.0
SAME_QUALITY = 2.0
"""Scores within so many points are equally good; among those the more rated come first."""


@dataclass(frozen=True)
class Found:
    """A user or item found; `score` from 0 to 100, `ratings` counts those of training, year 0 is unknown."""

    id: int | str
    title: str
    year: int
    genres: tuple[str, ...]
    ratings: int
    score: float


def search(model: Model, text: str, side: Side = "item", limit: int = 20) -> tuple[Found, ...]:
    """Find up to `limit` items (by title or id) or users (by id), the best match first.

    The exact id comes first, then the whole title, then falling quality; equals by falling count of ratings.
    An empty text finds the most rated.
    """
    counts = model.baseline.item_counts if side == "item" else model.baseline.user_counts
    scores = _index(model, side).scores(text) if text.strip() else np.full(len(counts), 100, np.float32)
    exact = (model.items if side == "item" else model.users).row(text.strip())
    if exact is not None:
        scores[exact] = 102
    return tuple(_found(model, side, int(row), float(scores[row])) for row in _best(scores, counts, limit))


def _best(scores: FloatArray, counts: Any, limit: int) -> LongArray:
    rows = np.flatnonzero(scores >= LEAST_SCORE)
    quality = np.where(scores[rows] > 100, scores[rows], np.round(scores[rows] / SAME_QUALITY) * SAME_QUALITY)
    return rows[np.lexsort((rows, -counts[rows], -quality))][:limit]


def _found(model: Model, side: Side, row: int, score: float) -> Found:
    score = min(score, 100.0)
    if side == "user":
        user = model.users.identifier(row)
        return Found(user, str(user), 0, (), int(model.baseline.user_counts[row]), score)
    table = model.item_table
    count = int(model.baseline.item_counts[row])
    identifier = model.items.identifier(row)
    return Found(identifier, table.titles[row], int(table.years[row]), table.genres[row], count, score)


_indexes: dict[int, tuple[weakref.ref[Any], SearchIndex]] = {}


def _index(model: Model, side: Side) -> SearchIndex:
    """The index of a side, kept as long as its titles: a live run makes a new Model for every question."""
    source = model.item_table if side == "item" else model.users
    kept = _indexes.get(id(source))
    if kept is None or kept[0]() is not source:
        kept = _indexes[id(source)] = (weakref.ref(source, _forget(id(source))), _build(model, side))
    return kept[1]


def _forget(key: int) -> Callable[[Any], object]:
    return lambda _: _indexes.pop(key, None)


def _build(model: Model, side: Side) -> SearchIndex:
    if side == "item":
        return SearchIndex.build(model.item_table.titles, model.item_table.years.tolist())
    return SearchIndex.build([str(user) for user in model.users.ids.tolist()])
