"""What a user rated best and worst, with the prediction for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.model.catalogue import user_row
from core.model.model import Model
from core.model.rated import HELD_OUT, TRAIN, RatedTable


@dataclass(frozen=True)
class RatedItem:
    """A user's rating of an item and the model's prediction of it."""

    item: int | str
    title: str
    truth: float
    predicted: float
    part: str


@dataclass(frozen=True)
class UserHistory:
    """A user's ratings: their count and mean, the best and the worst of them.

    Where the ratings table can't be read, `note` says why, `count` is that of training and `mean` None.
    """

    count: int
    mean: float | None
    best: tuple[RatedItem, ...]
    worst: tuple[RatedItem, ...]
    note: str = ""


def user_history(model: Model, user: object, count: int = 10) -> UserHistory:
    """List a user's `count` best and worst rated items, ties by prediction; raises UsageError if unknown."""
    row = user_row(model, user)
    rated, note = model.rated_or_reason
    if rated is None:
        return UserHistory(int(model.baseline.user_counts[row]), None, (), (), note)
    items = _rated_items(model, rated, row)
    best = sorted(items, key=lambda item: (-item.truth, -item.predicted))
    worst = sorted(items, key=lambda item: (item.truth, item.predicted))
    mean = sum(item.truth for item in items) / len(items) if items else None
    return UserHistory(len(items), mean, tuple(best[:count]), tuple(worst[:count]))


def _rated_items(model: Model, rated: RatedTable, row: int) -> list[RatedItem]:
    rows = rated.by_user.rows(row)
    items = rated.ratings.items[rows].astype(np.int64)
    predicted = model.predictor.predict_rows(np.full(len(rows), row), items)
    return [
        RatedItem(
            model.items.identifier(item),
            model.item_table.titles[item],
            float(rated.ratings.ratings[at]),
            float(prediction),
            TRAIN if rated.in_training[at] else HELD_OUT,
        )
        for at, item, prediction in zip(rows, items, predicted, strict=True)
    ]
