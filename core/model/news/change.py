"""What training knows now and knew before, pair by pair."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray, Mask


@dataclass(frozen=True)
class KnownPairs:
    """Pairs of training: rows of users and items (int64), ratings (or weights of likes) and, where the table
    has any, seconds, all (n,)."""

    users: LongArray
    items: LongArray
    values: FloatArray
    times: LongArray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: Any) -> KnownPairs:
        """Some of the pairs."""
        times = None if self.times is None else self.times[rows]
        return KnownPairs(self.users[rows], self.items[rows], self.values[rows], times)

    @property
    def turned(self) -> KnownPairs:
        """The same pairs with users and items in each other's place."""
        return KnownPairs(self.items, self.users, self.values, self.times)


@dataclass(frozen=True)
class Change:
    """Training pairs `before` and `now`, in rows of the ids that there are now; `counts` are users and items.

    Rows that training knew keep their numbers; new ones come after them.
    """

    before: KnownPairs
    now: KnownPairs
    counts: tuple[int, int]

    @property
    def turned(self) -> Change:
        """The same change with users and items in each other's place."""
        return Change(self.before.turned, self.now.turned, (self.counts[1], self.counts[0]))

    @cached_property
    def _places(self) -> LongArray:
        """Where each pair of now stands among those of before, shape (n,); −1 where it is new."""
        return _places(self._keys(self.now), self._keys(self.before))

    @cached_property
    def old_values(self) -> FloatArray:
        """What each pair of now was worth before, NaN where it is new, shape (n,)."""
        known = self._places >= 0
        values = np.full(len(self.now), np.nan, np.float32)
        values[known] = self.before.values[self._places[known]]
        return values

    @cached_property
    def moved(self) -> Mask:
        """Which pairs of now are new or worth something else, shape (n,)."""
        return np.asarray(self.old_values != self.now.values)

    @cached_property
    def withdrawn(self) -> KnownPairs:
        """The pairs of before that are gone."""
        gone = _places(self._keys(self.before), self._keys(self.now)) < 0
        return self.before.take(gone)

    @cached_property
    def users(self) -> LongArray:
        """The rows of users that the change touches, ascending."""
        return np.union1d(self.now.users[self.moved], self.withdrawn.users).astype(np.int64)

    @cached_property
    def items(self) -> LongArray:
        """The rows of items that the change touches, ascending."""
        return np.union1d(self.now.items[self.moved], self.withdrawn.items).astype(np.int64)

    def known_before(self) -> Mask:
        """Which users training knew before, shape (users,)."""
        return np.asarray(np.bincount(self.before.users, minlength=self.counts[0]) > 0)

    def _keys(self, pairs: KnownPairs) -> LongArray:
        return pairs.users * self.counts[1] + pairs.items


def _places(wanted: LongArray, among: LongArray) -> LongArray:
    """Where each key stands among others, −1 where it doesn't."""
    if not len(among):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(among, kind="stable")
    found = np.minimum(np.searchsorted(among[order], wanted), len(among) - 1)
    places = order[found]
    return np.where(among[places] == wanted, places, -1)
