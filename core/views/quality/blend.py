"""Ranking by predicted rating and popularity together: by ratings alone, top lists rank poorly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.array_types import FloatArray, LongArray
from core.errors import UsageError
from core.model import Model, raw_blocks
from core.ranking import ItemSets, RankingTask

WEIGHTS = (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Weights of the predicted rating, in its own units, beside the logarithm of popularity."""
_CARVED, _MOST_USERS, _FIRST = 0.1, 500, 10


def blended(model: Model, raw: FloatArray) -> FloatArray:
    """Scores by popularity and predicted rating for raw predictions of all items, shape (…, items).

    score = log(count) + weight × predicted rating. The weight is chosen, once a model, on a tenth of the
    training ratings, never on the held-out part; a model without its table takes 1.
    Raises UsageError for a model that ranks already: its score knows of popularity.
    """
    if model.ranks:
        hint = "Leave --rank-by out."
        raise UsageError("The run was trained to rank, so its own score is what to rank by.", hint=hint)
    return _mixed(model, raw, model.remember("blend", lambda: _best_weight(model)))


def _mixed(model: Model, raw: FloatArray, weight: float) -> FloatArray:
    popularity = np.log(model.baseline.item_counts + 0.5).astype(np.float32)
    mixed: FloatArray = popularity + np.float32(weight) * raw
    return mixed


def _best_weight(model: Model) -> float:
    task = _carved_task(model)
    if task is None or not len(task.users):
        return 1.0
    users = task.sample(_MOST_USERS)
    reached = [task.figures(_blocks(model, users, weight), _FIRST).ndcg for weight in WEIGHTS]
    return WEIGHTS[int(np.argmax(reached))]


def _carved_task(model: Model) -> RankingTask | None:
    rated, _ = model.rated_or_reason
    if rated is None:
        return None
    rows, table = np.flatnonzero(rated.in_training), rated.ratings
    carved = np.random.default_rng(0).random(len(rows)) < _CARVED
    counts = len(model.users), len(model.items)
    kept, sought = rows[~carved], rows[carved]
    seen = ItemSets.of(table.users[kept], table.items[kept], counts)
    relevant = ItemSets.of(table.users[sought], table.items[sought], counts)
    return RankingTask.of(seen, relevant, seen.item_sizes)


def _blocks(model: Model, users: LongArray, weight: float) -> Iterator[tuple[LongArray, FloatArray]]:
    for block, raw in raw_blocks(model, users):
        yield block, _mixed(model, raw, weight)
