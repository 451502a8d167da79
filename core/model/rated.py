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


_FEW = 8
"""Keys that are looked for in all rows; who asks for more has them grouped."""


class Grouped:
    """Rows of a table grouped by a key, once enough keys are asked for to be worth it."""

    def __init__(self, keys: npt.NDArray[np.integer], count: int) -> None:
        self._keys, self._count, self._asked = keys, count, 0

    @classmethod
    def by(cls, keys: npt.NDArray[np.integer], count: int) -> Grouped:
        """Group by `keys`, shape (n,), each from 0 to `count` − 1; a group keeps the table's order."""
        return cls(keys, count)

    def rows(self, key: int) -> LongArray:
        """The rows of one key, in the table's order."""
        self._asked += 1
        if self._asked <= _FEW:
            return np.flatnonzero(self._keys == key)
        order, starts = self._groups
        return order[starts[key] : starts[key + 1]]

    @cached_property
    def _groups(self) -> tuple[LongArray, LongArray]:
        """Rows by key, and where each key's begin, shape (count + 1,)."""
        counts = np.bincount(self._keys, minlength=self._count)
        return _in_order(self._keys), np.concatenate([[0], np.cumsum(counts)])


def _in_order(keys: npt.NDArray[np.integer]) -> LongArray:
    """Sort rows stably by keys from 0 up: NumPy sorts 16 bits in linear time, a long key is two of them."""
    order = np.argsort(keys.astype(np.uint16), kind="stable")
    if not len(keys) or int(keys.max()) < 1 << 16:
        return order
    return order[np.argsort((keys[order] >> 16).astype(np.uint16), kind="stable")]


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

    def row(self, user_row: int, item_row: int) -> int | None:
        """The table's row of a pair; None where the pair isn't rated."""
        rows = self.by_user.rows(user_row)
        found = rows[self.ratings.items[rows] == item_row]
        return int(found[-1]) if len(found) else None

    def rating(self, user_row: int, item_row: int) -> tuple[float, str] | None:
        """The true rating of a pair and the part that it is in; None where the pair isn't rated."""
        row = self.row(user_row, item_row)
        return None if row is None else (float(self.ratings.ratings[row]), self.part(row))

    def seen(self, user_row: int) -> npt.NDArray[np.int32]:
        """The item rows that a user rated, in either part."""
        return self.ratings.items[self.by_user.rows(user_row)]
