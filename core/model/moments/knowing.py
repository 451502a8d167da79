"""A model's predictions of pairs whose moments are known."""

from __future__ import annotations

import numpy as np

from core.array_types import FloatArray, LongArray
from core.model import Model
from core.model.moments.moods import Moments, Moods, left_and_predicted


def raw_at(model: Model, users: LongArray, items: LongArray, times: LongArray) -> FloatArray:
    """Predict pairs of trained rows at moments (seconds since 1970), shape (n,), not clipped.

    Where no moods were learnt that is what the model predicts anyway. Raises TastemapError where the ratings
    table can't be read.
    """
    raw = model.scorer.raw(users, items)
    if model.moods is None or model.rated.ratings.timestamps is None:
        return raw
    return raw + _added(model, model.moods, (users, items), times)


def predict_rows_at(model: Model, rows: LongArray) -> FloatArray | None:
    """Predict rows of a model's table by when they were rated, clipped, shape (n,).

    None where moments say nothing. Raises TastemapError where the ratings table can't be read.
    """
    table = model.rated.ratings
    if model.moods is None or table.timestamps is None:
        return None
    users, items = (side[rows].astype(np.int64) for side in (table.users, table.items))
    raw, known = model.predictor.raw(users, items), model.predictor.known(users, items)
    raw[known] += _added(model, model.moods, (users[known], items[known]), table.timestamps[rows][known])
    return model.baseline.clip(raw)


def _added(model: Model, moods: Moods, pairs: tuple[LongArray, LongArray], times: LongArray) -> FloatArray:
    """What moments add to raw predictions of pairs of rows of users and items, shape (n,)."""
    table, (users, items) = model.rated.ratings, pairs
    told = np.isin(table.users, users) | np.isin(table.items, items)
    rows = np.flatnonzero(told & model.rated.in_training)
    columns = left_and_predicted(table.ratings[rows], model.scorer.raw(table.users[rows], table.items[rows]))
    return moods.added(Moments(table, rows).around(users, items, times, columns))
