"""Items with the highest and lowest bias: better or worse liked than their viewers' habits explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.ratings import FloatArray, LongArray
from core.model.catalogue import ItemCard, bias_column, by_popularity, item_card
from core.model.model import Model

SAMPLED_USERS = 300
"""Users over whom predictions are averaged where an architecture has no item biases."""


@dataclass(frozen=True, kw_only=True)
class ItemBias(ItemCard):
    """An item and its bias, in units of the rating."""

    bias: float


@dataclass(frozen=True)
class BiasTable:
    """Both ends of the items' biases, the highest and the lowest first; `source` says what a bias is here."""

    top: tuple[ItemBias, ...]
    bottom: tuple[ItemBias, ...]
    source: str


def bias_table(model: Model, most_rated: int = 2000, count: int = 15) -> BiasTable:
    """List the `count` highest and lowest biases of the `most_rated` items; ties, the more rated first."""
    rows = by_popularity(model.baseline.item_counts, most_rated)
    biases, source = item_biases(model, rows)
    top, bottom = (np.argsort(sign * biases, kind="stable")[:count] for sign in (-1, 1))

    def table(chosen: LongArray) -> tuple[ItemBias, ...]:
        return tuple(
            ItemBias(**vars(item_card(model, int(rows[at]))), bias=float(biases[at])) for at in chosen
        )

    return BiasTable(table(top), table(bottom), source)


def item_biases(model: Model, rows: LongArray) -> tuple[FloatArray, str]:
    """The biases of item rows, shape (n,), and what they are.

    Without a bias table it is how far the item's predictions, averaged over users, lie from the mean rating.
    """
    column = bias_column(model, "item")
    if column is not None:
        return column[rows], "item bias"
    users = _sample_users(model)
    deviations = _mean_predictions(model, users, rows) - np.float32(model.baseline.mean)
    return deviations, f"mean predicted deviation over {len(users)} users"


def _sample_users(model: Model) -> LongArray:
    """Evenly spaced users with training ratings, so that the result doesn't change from call to call."""
    users = np.flatnonzero(model.baseline.user_counts > 0)
    spaced = np.linspace(0, len(users) - 1, min(SAMPLED_USERS, len(users))).astype(np.int64)
    return users[spaced]


def _mean_predictions(model: Model, users: LongArray, items: LongArray) -> FloatArray:
    pairs = np.repeat(users, len(items)), np.tile(items, len(users))
    raw = model.scorer.raw_predictions(*pairs).reshape(len(users), len(items))
    means: FloatArray = raw.mean(axis=0, dtype=np.float64).astype(np.float32)
    return means
