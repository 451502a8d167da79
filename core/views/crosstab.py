"""The most active users by the most rated items: true and predicted ratings side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.ratings import LongArray
from core.model.catalogue import by_popularity
from core.model.model import Model


@dataclass(frozen=True)
class CrosstabItem:
    """A column of the crosstab."""

    item: int | str
    title: str


@dataclass(frozen=True)
class Crosstab:
    """Rows are users, columns items, both by falling count; `truth` is None where the pair isn't rated.

    Where the ratings table can't be read, `truth` is None throughout and `note` says why.
    """

    users: tuple[int | str, ...]
    items: tuple[CrosstabItem, ...]
    truth: tuple[tuple[float | None, ...], ...]
    predicted: tuple[tuple[float, ...], ...]
    note: str = ""


def crosstab(model: Model, users: int = 15, items: int = 15) -> Crosstab:
    """Cross the most active users with the most rated items (by training ratings, ties by table order)."""
    user_rows = by_popularity(model.baseline.user_counts, users)
    item_rows = by_popularity(model.baseline.item_counts, items)
    pairs = np.repeat(user_rows, len(item_rows)), np.tile(item_rows, len(user_rows))
    predicted = model.predictor.predict_rows(*pairs).reshape(len(user_rows), len(item_rows))
    truth, note = _truth(model, user_rows, item_rows)
    return Crosstab(
        tuple(model.users.identifier(int(row)) for row in user_rows),
        tuple(
            CrosstabItem(model.items.identifier(int(row)), model.item_table.titles[int(row)])
            for row in item_rows
        ),
        truth,
        tuple(tuple(row) for row in predicted.tolist()),
        note,
    )


def _truth(
    model: Model, user_rows: LongArray, item_rows: LongArray
) -> tuple[tuple[tuple[float | None, ...], ...], str]:
    rated, note = model.rated_or_reason
    found = [[rated.rating(int(u), int(i)) if rated else None for i in item_rows] for u in user_rows]
    return tuple(tuple(None if pair is None else pair[0] for pair in row) for row in found), note
