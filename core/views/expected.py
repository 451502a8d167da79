"""What some items would be given on average: by everybody, or by some users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import LongArray
from core.errors import UsageError
from core.model import ItemCard, Model, item_card, user_row
from core.options import Identifier, option
from core.views.biases import sample_users
from core.views.search import resolve_item
from core.views.view import Answer, Lines, Remark, Table, View

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

    `baseline` is the same mean by damped means alone. A mean of none is None.
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
        rows = np.array([resolve_item(model, item) for item in self.items], np.int64)
        users = self._asked(model, len(rows))
        if not len(rows) or not len(users):
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
        users = sample_users(model)
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
