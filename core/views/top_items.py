"""The items that a user, or a group of users, would rate highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.ratings import FloatArray, LongArray
from core.errors import RunError, UsageError
from core.model.catalogue import ItemCard, factor_table, item_card, user_row
from core.model.model import Model
from core.views.diversity import diversify
from core.views.similar import top_rows

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ItemFilter:
    """Which items may be recommended: None and 0 don't limit; years are inclusive, genres by any case.

    `min_ratings` counts training ratings; items that training never saw are never recommended.
    """

    genre: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    min_ratings: int = 0

    def allowed(self, model: Model) -> Mask:
        """Say for every item, shape (items,), whether it passes; raises UsageError for an unknown genre."""
        allowed = model.baseline.item_counts >= max(1, self.min_ratings)
        years = model.item_table.years
        if self.year_from is not None:
            allowed &= years >= self.year_from
        if self.year_to is not None:
            allowed &= (years <= self.year_to) & (years > 0)
        return allowed & self._of_genre(model) if self.genre else allowed

    def _of_genre(self, model: Model) -> Mask:
        wanted, genres = str(self.genre).casefold(), model.item_table.genres
        has = np.array([wanted in (genre.casefold() for genre in names) for names in genres], bool)
        if not has.any():
            known = sorted({genre for names in genres for genre in names})
            hint = f"Known: {', '.join(known)}." if known else "The items come without genres."
            raise UsageError(f"There is no genre {self.genre!r}.", hint=hint)
        return has


EVERYTHING = ItemFilter()


@dataclass(frozen=True, kw_only=True)
class Recommendation(ItemCard):
    """An item and its predicted rating, clipped to the scale."""

    rating: float


def top_items(
    model: Model,
    users: Sequence[object],
    count: int = 10,
    unseen: bool = True,
    only: ItemFilter = EVERYTHING,
    diversity: float = 0.0,
) -> tuple[Recommendation, ...]:
    """Recommend the `count` items of the highest predicted rating, averaged over the users.

    `unseen` leaves out what any of them rated. `diversity` from 0 to 1 trades rating for unlikeness to what
    stands higher (see `diversify`). Raises UsageError for an unknown user, and RunError where `unseen` is
    asked for and the ratings table can't be read.
    """
    rows = [user_row(model, user) for user in users]
    if not rows:
        raise UsageError("Name one user at least.")
    allowed = only.allowed(model)
    for row in rows if unseen else ():
        allowed[_seen(model, row)] = False
    items = np.flatnonzero(allowed)
    raw = np.mean([_raw(model, row, items) for row in rows], axis=0)
    return _describe(model, *choose(model, items, raw, count, diversity))


def choose(
    model: Model, items: LongArray, raw: FloatArray, count: int, diversity: float
) -> tuple[LongArray, FloatArray]:
    """Choose `count` of the item rows by raw rating (shape (n,)) and diversity; rows and raw ratings.

    Raw predictions are ranked, not clipped ones, or a generous user's whole top would be ties.
    """
    if not 0 <= diversity <= 1:
        raise UsageError(f"diversity lies between 0 and 1, not {diversity:g}.")
    if diversity:
        best = top_rows(raw, min(len(items), max(200, 10 * count)))
        order = best[diversify(raw[best], factor_table(model, "item")[items[best]], count, diversity)]
    else:
        order = top_rows(raw, min(len(items), count))
    return items[order], raw[order]


def _raw(model: Model, row: int, items: LongArray) -> FloatArray:
    return model.predictor.raw_rows(np.full(len(items), row, np.int64), items)


def _seen(model: Model, row: int) -> npt.NDArray[np.int32]:
    rated, reason = model.rated_or_reason
    if rated is None:
        hint = "Ask with seen items included."
        raise RunError(f"What the user has seen isn't known: {reason}", hint=hint)
    return rated.seen(row)


def _describe(model: Model, rows: LongArray, raw: FloatArray) -> tuple[Recommendation, ...]:
    ratings = model.baseline.clip(raw)
    return tuple(
        Recommendation(**vars(item_card(model, row)), rating=rating)
        for row, rating in zip(rows.tolist(), ratings.tolist(), strict=True)
    )
