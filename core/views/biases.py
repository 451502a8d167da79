"""Items with the highest and lowest bias: better or worse liked than their viewers' habits explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.model import ItemCard, Model, bias_column, by_popularity, item_card
from core.options import option
from core.views.view import Answer, Lines, OfMostRated, Remark, Table

SAMPLED_USERS = 300
"""Users over whom predictions are averaged where an architecture has no item biases."""


@dataclass(frozen=True, kw_only=True)
class ItemBias(ItemCard):
    """An item and its bias, in units of the rating."""

    bias: float


@dataclass(frozen=True, kw_only=True)
class BiasTable(Answer):
    """Both ends of the items' biases, the highest and the lowest first; `source` says what a bias is here."""

    top: tuple[ItemBias, ...]
    bottom: tuple[ItemBias, ...]
    source: str

    def rows(self) -> Sequence[ItemBias]:
        """Both ends, from the highest bias to the lowest."""
        return (*self.top, *self.bottom[::-1])


class Biases(OfMostRated[BiasTable]):
    """List the items with the highest and the lowest bias; ties, the more rated first."""

    command: ClassVar[str] = "biases"
    count: int = option(default=15, help="So many at each end.", minimum=0, flags=("-n", "--count"))

    def answer(self, model: Model) -> BiasTable:
        """Sort the biases of the most rated items."""
        rows = by_popularity(model.baseline.item_counts, self.most_rated)
        biases, source = item_biases(model, rows)
        top, bottom = (np.argsort(sign * biases, kind="stable")[: self.count] for sign in (-1, 1))

        def table(chosen: LongArray) -> tuple[ItemBias, ...]:
            return tuple(
                ItemBias(**vars(item_card(model, int(rows[at]))), bias=float(biases[at])) for at in chosen
            )

        return BiasTable(top=table(top), bottom=table(bottom), source=source)

    @classmethod
    def lines(cls, answer: BiasTable) -> Lines:
        """Both ends, a row an item."""
        yield Remark(f"by {answer.source}")
        for heading, items in (("highest", answer.top), ("lowest", answer.bottom)):
            yield heading
            yield Table(
                [(f"{one.bias:+.3f}", str(one.item), one.title, f"{one.ratings:,} ratings") for one in items]
            )


def item_biases(model: Model, rows: LongArray) -> tuple[FloatArray, str]:
    """The biases of item rows, shape (n,), and what they are.

    Without a bias table it is how far the item's predictions, averaged over users, lie from the mean rating.
    """
    column = bias_column(model, "item")
    if column is not None:
        own = model.table("item_bias") is not None
        return column[rows], "item bias" if own else "damped mean of the item, beside its user's"
    users = sample_users(model)
    deviations = _mean_predictions(model, users, rows) - np.float32(model.baseline.mean)
    return deviations, f"mean predicted deviation over {len(users)} users"


def sample_users(model: Model) -> LongArray:
    """Evenly spaced users with training ratings, so that the result doesn't change from call to call."""
    users = np.flatnonzero(model.baseline.user_counts > 0)
    spaced = np.linspace(0, len(users) - 1, min(SAMPLED_USERS, len(users))).astype(np.int64)
    return users[spaced]


def _mean_predictions(model: Model, users: LongArray, items: LongArray) -> FloatArray:
    pairs = np.repeat(users, len(items)), np.tile(items, len(users))
    raw = model.scorer.raw(*pairs).reshape(len(users), len(items))
    means: FloatArray = raw.mean(axis=0, dtype=np.float64).astype(np.float32)
    return means
