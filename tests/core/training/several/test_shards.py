"""Users are shared out: each on one device, as many ratings on each."""

from __future__ import annotations

import numpy as np
import pytest

from core.contract.trainer import TrainingData
from core.errors import UsageError
from core.training.several._meeting import fingerprint
from core.training.several._shards import shard_of, share_users


def skewed(users: int = 50, ratings: int = 4000) -> TrainingData:
    generator = np.random.default_rng(0)
    rows = np.minimum(generator.geometric(0.1, ratings) - 1, users - 1).astype(np.int32)
    items = generator.integers(0, 30, ratings).astype(np.int32)
    return TrainingData(rows, items, generator.normal(size=ratings).astype(np.float32), users + 5, 30, 3.5)


@pytest.mark.parametrize("shards", [2, 3, 8])
def test_every_rating_is_in_one_shard_and_no_user_in_two(shards: int) -> None:
    data = skewed()
    owners = share_users(data, shards)
    parts = [shard_of(data, owners, shard) for shard in range(shards)]
    assert sum(len(part) for part in parts) == len(data)
    seen = [set(part.users.tolist()) for part in parts]
    assert len(set.union(*seen)) == sum(len(users) for users in seen)
    assert all((part.user_count, part.item_count) == (55, 30) for part in parts)
    together = np.concatenate([np.stack([p.users, p.items, p.targets], 1) for p in parts])
    whole = np.stack([data.users, data.items, data.targets], 1)
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(whole, axis=0))


def test_shards_are_balanced_and_the_first_is_the_fullest() -> None:
    data = skewed()
    lengths = [len(shard_of(data, share_users(data, 4), shard)) for shard in range(4)]
    assert lengths[0] == max(lengths)
    assert max(lengths) - min(lengths) <= 0.02 * len(data)


def test_one_busy_user_takes_a_shard_alone() -> None:
    users = np.array([0] * 100 + [1, 2, 3], np.int32)
    zeros = np.zeros(103, np.int32)
    data = TrainingData(users, zeros, zeros.astype(np.float32), 4, 1, 0.0)
    assert share_users(data, 2).tolist() == [0, 1, 1, 1]


def test_fewer_users_than_devices_are_refused() -> None:
    data = TrainingData(np.zeros(9, np.int32), np.zeros(9, np.int32), np.zeros(9, np.float32), 4, 1, 0.0)
    with pytest.raises(UsageError, match="1 users can't be shared out among 2 devices"):
        share_users(data, 2)


def test_the_fingerprint_tells_tables_and_splits_apart() -> None:
    data = skewed()
    assert fingerprint(data) == fingerprint(skewed())
    assert fingerprint(data) != fingerprint(skewed(ratings=3999))
    owners = share_users(data, 2)
    assert fingerprint(shard_of(data, owners, 0)) != fingerprint(shard_of(data, owners, 1))
