"""Share the training ratings out by user, so that a user's row is trained on one device only."""

from __future__ import annotations

import heapq
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from core.contract import TrainingData
from core.errors import UsageError


def share_users(data: TrainingData, shards: int) -> npt.NDArray[np.int32]:
    """Give the shard (from 0) of each user, shape (users,), with the counts of ratings balanced.

    The busiest user first, each to the shard with the fewest ratings so far (Graham 1969). Shard 0 gets the
    most ratings in the end. Raises UsageError where there are fewer users with training ratings than shards.
    """
    counts = np.bincount(data.users, minlength=data.user_count)
    if np.count_nonzero(counts) < shards:
        raise UsageError(f"{np.count_nonzero(counts)} users can't be shared out among {shards} devices.")
    order = np.argsort(-counts, kind="stable")
    owners, loads = np.zeros(data.user_count, np.int32), [(0, shard) for shard in range(shards)]
    for user in order.tolist():
        load, shard = heapq.heappop(loads)
        owners[user] = shard
        heapq.heappush(loads, (load + int(counts[user]), shard))
    busiest_first = [shard for _, shard in sorted(loads, key=lambda pair: (-pair[0], pair[1]))]
    return np.argsort(busiest_first).astype(np.int32)[owners]


def shard_of(data: TrainingData, owners: npt.NDArray[np.int32], shard: int) -> TrainingData:
    """The ratings of one shard's users, in the order of `data`; users and items keep their rows."""
    chosen = owners[data.users] == shard
    users, items, targets = (column[chosen] for column in (data.users, data.items, data.targets))
    own = replace(data, users=users, items=items, targets=targets, capacity=0, counts=data.rating_counts)
    return replace(own, times=None)  # nobody asks for them here
