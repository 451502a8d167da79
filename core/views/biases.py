"""How items stand with everybody: better or worse liked than habits explain, and what they would be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.errors import UsageError
from core.model import ItemCard, Model, bias_column, by_popularity, item_card, user_row
from core.options import Identifier, option
from core.views.search import resolve_item
from core.views.view import Answer, Lines, OfMostRated, Remark, Table, View

SAMPLED_USERS = 300
"""Users over whom predictions are averaged where an architecture has no item biases."""


@dataclass(frozen=True, kw_only=True)
class ItemBias(ItemCard):
    """An item and its bias, in units of the rating."""

    bias: float


@dataclass(frozen=True, kw_only=True)
class BiasTable(Answer):
    """Both ends of the items' biases, the highest and the lowest first; `source` says what a bias is here,
    `counted` what training counts of an item."""

    top: tuple[ItemBias, ...]
    bottom: tuple[ItemBias, ...]
    source: str
    counted: str = "ratings"

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

        return BiasTable(top=table(top), bottom=table(bottom), source=source, counted=model.counted)

    @classmethod
    def lines(cls, answer: BiasTable) -> Lines:
        """Both ends, a row an item."""
        yield Remark(f"by {answer.source}")
        for heading, items in (("highest", answer.top), ("lowest", answer.bottom)):
            yield heading
            counted = answer.counted
            yield Table(
                [
                    (f"{one.bias:+.3f}", str(one.item), one.title, f"{one.ratings:,} {counted}")
                    for one in items
                ]
            )


def item_biases(model: Model, rows: LongArray) -> tuple[FloatArray, str]:
    """The biases of item rows, shape (n,), and what they are.

    Without a bias table it is how far the item's predictions, averaged over users, lie from the mean rating.
    """
    column = bias_column(model, "item")
    if column is not None:
        own = model.table("item_bias") is not None
        return column[rows], "item bias" if own else "damped mean of the item, beside its user's"
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
    raw = model.scorer.raw(*pairs).reshape(len(users), len(items))
    means: FloatArray = raw.mean(axis=0, dtype=np.float64).astype(np.float32)
    return means


_PAIRS = 2_000_000
"""So many predictions are made at most: of many items fewer users are asked, a few dozen at least."""
_FEWEST_USERS = 30


@dataclass(frozen=True, kw_only=True)
class ExpectedItem(ItemCard):
    """An item and its predicted rating, the mean over the users asked."""

    rating: float


@dataclass(frozen=True, kw_only=True)
class ExpectedRatings(Answer):
    """Items in the order asked for; `mean` is that of all their predictions, by so many `users`.

    `baseline` is the same mean by damped means alone. Both are None where training knows no user.
    """

    mean: float | None
    baseline: float | None
    users: int
    items: tuple[ExpectedItem, ...]


class Expected(View[ExpectedRatings]):
    """Average the predicted ratings of items over all users (evenly spaced ones of many), or over some.

    Raises UsageError for an unknown item or user, and for a model that ranks, which predicts no ratings.
    """

    command: ClassVar[str] = "expected"
    positional: ClassVar[tuple[str, ...]] = ("items",)
    items: tuple[Identifier, ...] = option(help="Item ids or titles.")
    user: tuple[Identifier, ...] = option(
        default=(), help="Only by this user; repeat.", flags=("--user",), metavar="USER"
    )

    def answer(self, model: Model) -> ExpectedRatings:
        """Predict every pair, clipped to the scale, and average."""
        if model.ranks:
            hint = "Ask a model that predicts ratings (--objective rating)."
            raise UsageError("This model ranks: it predicts no ratings that could be averaged.", hint=hint)
        if not self.items:
            raise UsageError("Name one item at least.")
        rows = np.array([resolve_item(model, item) for item in self.items], np.int64)
        users = self._asked(model, len(rows))
        if not len(users):
            return ExpectedRatings(mean=None, baseline=None, users=len(users), items=())
        pairs = np.repeat(users, len(rows)), np.tile(rows, len(users))
        predicted = model.baseline.predictions(model.scorer.raw(*pairs), *pairs)
        plain = model.baseline.clip(model.baseline.fallback(*pairs))
        means = predicted.reshape(len(users), len(rows)).mean(axis=0, dtype=np.float64)
        return ExpectedRatings(
            mean=float(means.mean()),
            baseline=float(plain.mean(dtype=np.float64)),
            users=len(users),
            items=tuple(
                ExpectedItem(**vars(item_card(model, row)), rating=mean)
                for row, mean in zip(rows.tolist(), means.tolist(), strict=True)
            ),
        )

    def _asked(self, model: Model, items: int) -> LongArray:
        """Rows of the users whose predictions are averaged."""
        if self.user:
            return np.array([user_row(model, user) for user in self.user], np.int64)
        users = _sample_users(model)
        few = max(_FEWEST_USERS, _PAIRS // max(1, items))
        return users[:: -(-len(users) // few)] if len(users) > few else users

    @classmethod
    def lines(cls, answer: ExpectedRatings) -> Lines:
        """The mean beside that of damped means, then a row an item."""
        if answer.mean is None or answer.baseline is None:
            yield Remark("nothing to average")
            return
        yield f"{answer.mean:.3f} on average over {answer.users:,} users"
        yield Remark(f"damped means alone: {answer.baseline:.3f}")
        yield Table([(f"{one.rating:.2f}", *one.cells()) for one in answer.items])
