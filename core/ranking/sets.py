"""Sets of items by user, in two arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray, RowArray

AnyRows = npt.NDArray[np.integer]


@dataclass(frozen=True)
class ItemSets:
    """Items by user: those of user u are `items[starts[u]:starts[u + 1]]`, ascending, each once.

    `starts` has shape (users + 1,), `items` (int32) and `weights` (float32) shape (pairs,).
    """

    starts: LongArray
    items: RowArray
    weights: FloatArray
    item_count: int

    @classmethod
    def of(
        cls, users: AnyRows, items: AnyRows, counts: tuple[int, int], weights: FloatArray | None = None
    ) -> ItemSets:
        """Collect pairs, shape (n,); a pair that occurs again adds its weight (1 where none are given)."""
        user_count, item_count = counts
        keys = users.astype(np.int64) * item_count + items
        pairs, places = np.unique(keys, return_inverse=True)
        summed = (
            np.ones(len(pairs), np.float32)
            if weights is None
            else np.bincount(places, weights=weights, minlength=len(pairs)).astype(np.float32)
        )
        owners = pairs // item_count
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=user_count))])
        return cls(starts.astype(np.int64), (pairs % item_count).astype(np.int32), summed, item_count)

    @property
    def user_count(self) -> int:
        return len(self.starts) - 1

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def sizes(self) -> LongArray:
        """How many items each user has, shape (users,)."""
        return np.diff(self.starts)

    @cached_property
    def item_sizes(self) -> LongArray:
        """How many users each item has, shape (items,)."""
        return np.bincount(self.items, minlength=self.item_count).astype(np.int64)

    def of_user(self, user: int) -> RowArray:
        """The items of one user."""
        return self.items[self.starts[user] : self.starts[user + 1]]

    def pairs_of(self, users: LongArray) -> tuple[LongArray, LongArray]:
        """The pairs of some users: their places among `users` and in `items`, both of shape (pairs,)."""
        sizes = self.sizes[users]
        places = np.repeat(np.arange(len(users)), sizes)
        ends = np.cumsum(sizes)
        inside = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - sizes, sizes)
        return places, np.repeat(self.starts[users], sizes) + inside

    def without(self, other: ItemSets) -> ItemSets:
        """The pairs that aren't among the other's."""
        mine, theirs = self._keys(), other._keys()
        kept = ~np.isin(mine, theirs, assume_unique=True)
        owners = np.repeat(np.arange(self.user_count), self.sizes)[kept]
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=self.user_count))])
        return ItemSets(starts.astype(np.int64), self.items[kept], self.weights[kept], self.item_count)

    def to_matrix(self) -> object:
        """A scipy.sparse.csr_array of the weights, shape (users, items)."""
        import scipy.sparse

        shape = (self.user_count, self.item_count)
        return scipy.sparse.csr_array((self.weights, self.items, self.starts), shape)

    def _keys(self) -> LongArray:
        owners = np.repeat(np.arange(self.user_count, dtype=np.int64), self.sizes)
        return owners * self.item_count + self.items
