"""A model's predictions of pairs whose moments are known."""

from __future__ import annotations

import numpy as np

from core.array_types import FloatArray, LongArray
from core.model import Model
from core.model.moments.moods import Moments


def raw_at(model: Model, users: LongArray, items: LongArray, times: LongArray) -> FloatArray:
    """Predict pairs of trained rows at moments (seconds since 1970), shape (n,), not clipped.

    Where no moods were learnt that is what the model predicts anyway. Raises TastemapError where the ratings
    table can't be read.
    """
    raw = model.scorer.raw(users, items)
    if model.moods is None or model.rated.ratings.timestamps is None:
        return raw
    table = model.rated.ratings
    told = np.isin(table.users, users) | np.isin(table.items, items)
    rows = np.flatnonzero(told & model.rated.in_training)
    left = table.ratings[rows] - model.scorer.raw(table.users[rows], table.items[rows])
    surroundings = Moments(table, rows).around(users, items, times, left.astype(np.float64)[:, None])[:, :, 0]
    return raw + model.moods.added(surroundings).astype(np.float32)
