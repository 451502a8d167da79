"""An epoch's batches: users in random order, packed so that each batch holds as many pairs at most."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray, RowArray
from core.ranking import ItemSets

MOST_USERS = 1024
_MANY_USERS = 256
_FEWEST_USERS = 16
_BATCHES, _MANY_BATCHES = 10, 128
_FINEST_USERS, _FINEST_PAIRS = 8, 4096
_SPARE, _WASTED = 1.15, 2.0
"""A room's pairs as a multiple of those needed: so many at first, so many at most."""


@dataclass(frozen=True)
class BatchSize:
    """At most so many `users` with so many `pairs` in all."""

    users: int
    pairs: int

    @classmethod
    def choose(cls, sizes: LongArray, wanted_pairs: int) -> BatchSize:
        """Choose by how much each user took, shape (users,): `wanted_pairs` a batch (0: ten batches an epoch
        of 16 to 256 users each, or 128 batches of up to 1,024 where there are so many users)."""
        active = max(1, int((sizes > 0).sum()))
        mean = float(sizes.sum()) / active
        if wanted_pairs:
            users = max(1, round(wanted_pairs / max(mean, 1e-9)))
        else:
            users = min(_MANY_USERS, max(_FEWEST_USERS, active // _BATCHES))
            users = min(MOST_USERS, max(users, active // _MANY_BATCHES))
        users = min(users, active)
        most = int(sizes.max(initial=1))
        room = 1 + 4 / np.sqrt(users)  # few users may take far more than the mean
        return cls(users, max(most, int(np.ceil(room * mean * users))))

    @property
    def room(self) -> BatchSize:
        """What a batch is padded to: a little more, so that parts of one table share what is compiled."""
        return BatchSize(_rounded(self.users, _FINEST_USERS), _rounded(self.pairs, _FINEST_PAIRS))

    def room_among(self, compiled: Sequence[BatchSize]) -> BatchSize:
        """A room that is compiled already and holds this without much waste, else a new one.

        A new one has some more pairs, so that what is compiled for a part of a table serves the whole.
        """
        most = _WASTED * self.pairs
        own = self.room.users
        fitting = [one for one in compiled if one.users == own and self.pairs <= one.pairs <= most]
        if fitting:
            return min(fitting, key=lambda one: one.pairs)
        return BatchSize(own, _rounded(math.ceil(_SPARE * self.pairs), _FINEST_PAIRS))


def _rounded(count: int, finest: int) -> int:
    """Round up by a quarter at most, and to a multiple of `finest` where that is less."""
    step = min(finest, 1 << max(0, count.bit_length() - 3))
    return -(-count // step) * step


@dataclass(frozen=True)
class Batch:
    """Users, padded with user 0, `valid` 1 for the real ones; their pairs, padded with weight 0.

    `places` (pairs,) says whose a pair is, by place in the batch; `items` what was taken; `weights` how much.
    """

    users: RowArray
    valid: FloatArray
    places: RowArray
    items: RowArray
    weights: FloatArray
    pairs: int


@dataclass(frozen=True)
class EpochBatches:
    """An epoch's users in order; batch b holds `order[starts[b]:starts[b + 1]]`, padded to `room`."""

    likes: ItemSets
    room: BatchSize
    order: LongArray
    starts: LongArray

    @classmethod
    def draw(
        cls, likes: ItemSets, size: BatchSize, room: BatchSize, generator: np.random.Generator
    ) -> EpochBatches:
        """Shuffle the users who took anything, and cut where a batch is full of users or of pairs."""
        order = generator.permutation(np.flatnonzero(likes.sizes > 0)).astype(np.int64)
        ends = np.cumsum(likes.sizes[order])
        starts = [0]
        while starts[-1] < len(order):
            first = starts[-1]
            before = ends[first - 1] if first else 0
            fitting = int(np.searchsorted(ends, before + size.pairs, side="right"))
            starts.append(max(first + 1, min(fitting, first + size.users)))
        return cls(likes, room, order, np.array(starts, np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, number: int) -> Batch:
        """Collect a batch and pad it."""
        users = self.order[self.starts[number] : self.starts[number + 1]]
        places, pairs = self.likes.pairs_of(users)
        room = self.room
        return Batch(
            users=_padded(users, room.users, np.int32),
            valid=_padded(np.ones(len(users)), room.users, np.float32),
            places=_padded(places, room.pairs, np.int32),
            items=_padded(self.likes.items[pairs], room.pairs, np.int32),
            weights=_padded(self.likes.weights[pairs], room.pairs, np.float32),
            pairs=len(pairs),
        )


def _padded(values: np.ndarray, length: int, kind: type) -> Any:
    padded: Any = np.zeros(length, kind)
    padded[: len(values)] = values
    return padded
