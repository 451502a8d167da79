"""The ratings behind a model: who rated what, and in which part of the split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.array_types import LongArray
from core.data import Ratings

TRAIN, HELD_OUT = "train", "held-out"


@dataclass(frozen=True)
class Grouped:
    """Rows of a table grouped by a key: those of key k are `order[starts[k]:starts[k + 1]]`."""

    order: LongArray
    starts: LongArray

    @classmethod
    def by(cls, keys: npt.NDArray[np.integer], count: int) -> Grouped:
        """Group by `keys`, shape (n,), each from 0 to `count` − 1; a group keeps the table's order."""
        order = np.argsort(keys, kind="stable").astype(np.int64)
        return cls(order, np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=count))]))

    def rows(self, key: int) -> LongArray:
        """The rows of one key, in the table's order."""
        return self.order[self.starts[key] : self.starts[key + 1]]


@dataclass(frozen=True)
class RatedTable:
    """A ratings table whose rows of users and items are the model's own.

    `in_training` has shape (n,): True for the training part of the split, False for the held-out part.
    """

    ratings: Ratings
    in_training: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, ratings: Ratings, train: LongArray) -> RatedTable:
        """Join a table and the rows of its training part."""
        mask = np.zeros(len(ratings), bool)
        mask[train] = True
        return cls(ratings, mask)

    @cached_property
    def by_user(self) -> Grouped:
        """The table's rows grouped by user."""
        return Grouped.by(self.ratings.users, self.ratings.user_count)

    @cached_property
    def by_item(self) -> Grouped:
        """The table's rows grouped by item."""
        return Grouped.by(self.ratings.items, self.ratings.item_count)

    def rating(self, user_row: int, item_row: int) -> tuple[float, str] | None:
        """The true rating of a pair and the part that it is in; None where the pair isn't rated."""
        rows = self.by_user.rows(user_row)
        found = rows[self.ratings.items[rows] == item_row]
        if not len(found):
            return None
        row = int(found[-1])
        return float(self.ratings.ratings[row]), TRAIN if self.in_training[row] else HELD_OUT

    def seen(self, user_row: int) -> npt.NDArray[np.int32]:
        """The item rows that a user rated, in either part."""
        return self.ratings.items[self.by_user.rows(user_row)]
