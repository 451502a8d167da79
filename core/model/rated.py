"""The ratings behind a model: who rated what, and in which part of the split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.array_types import LongArray, Mask
from core.data import Ratings, Split

TRAIN, HELD_OUT, GIVEN, APART = "train", "held-out", "given", "apart"
PARTS = (TRAIN, HELD_OUT, GIVEN, APART)
"""What a row is for; `given` are those that users whom training doesn't know are folded in from."""


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

    `parts` has shape (n,): the place of each row's part in `PARTS`.
    """

    ratings: Ratings
    parts: npt.NDArray[np.int8]

    @classmethod
    def of(cls, ratings: Ratings, train: LongArray) -> RatedTable:
        """Join a table and the rows of its training part; all others are held out."""
        parts = np.full(len(ratings), PARTS.index(HELD_OUT), np.int8)
        parts[train] = PARTS.index(TRAIN)
        return cls(ratings, parts)

    @classmethod
    def of_split(cls, ratings: Ratings, split: Split) -> RatedTable:
        """Join a table and its split."""
        parts = np.full(len(ratings), PARTS.index(APART), np.int8)
        for part, rows in ((TRAIN, split.train), (HELD_OUT, split.test), (GIVEN, split.given)):
            parts[rows] = PARTS.index(part)
        return cls(ratings, parts)

    @cached_property
    def in_training(self) -> Mask:
        """Which rows training has, shape (n,)."""
        return np.asarray(self.parts == PARTS.index(TRAIN))

    @cached_property
    def held_out(self) -> Mask:
        """Which rows the standard figures are measured on, shape (n,)."""
        return np.asarray(self.parts == PARTS.index(HELD_OUT))

    @cached_property
    def given(self) -> Mask:
        """Which rows users are folded in from whom training doesn't know, shape (n,)."""
        return np.asarray(self.parts == PARTS.index(GIVEN))

    def part(self, row: int) -> str:
        """What a row of the table is for."""
        return PARTS[int(self.parts[row])]

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
        return float(self.ratings.ratings[row]), self.part(row)

    def seen(self, user_row: int) -> npt.NDArray[np.int32]:
        """The item rows that a user rated, in either part."""
        return self.ratings.items[self.by_user.rows(user_row)]
