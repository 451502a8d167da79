"""The order of an epoch: every rating once, tile by tile where tables outgrow the cache."""

from __future__ import annotations

import numpy as np
import pytest

from core.contract.settings import TrainingSettings
from core.contract.trainer import TrainingData
from core.startup import device, tf
from core.startup.device import with_batch_size
from core.training.gradient import _order as order
from core.training.gradient._order import arranged, shuffled_on_device


@pytest.fixture
def data() -> TrainingData:
    generator = np.random.default_rng(1)
    users, items = (generator.integers(0, count, 5000).astype(np.int32) for count in (300, 90))
    return TrainingData(users, items, (users * 90 + items).astype(np.float32), 300, 90, 3.5)


def test_small_tables_are_shuffled_as_a_whole(data: TrainingData) -> None:
    columns, tiles = arranged(data, (200, 200))
    assert all(
        own is given for own, given in zip(columns, (data.users, data.items, data.targets), strict=True)
    )
    drawn = tiles.shuffled(np.random.default_rng(7))
    np.testing.assert_array_equal(drawn, np.random.default_rng(7).permutation(5000))


def test_an_epoch_meets_every_rating_once_and_one_tile_after_another(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "BLOCK_BYTES", 10_000)
    (users, items, targets), tiles = arranged(data, (100, 400))
    assert len(tiles.starts) == 13  # blocks of 100 users and 25 items: 3 × 4 tiles
    pairs = [sorted(zip(*each, strict=True)) for each in ((users, items), (data.users, data.items))]
    assert pairs[0] == pairs[1]
    np.testing.assert_array_equal(targets, users * 90 + items)
    drawn = tiles.shuffled(np.random.default_rng(7))
    assert sorted(drawn.tolist()) == list(range(5000))
    met = (users[drawn] // 100) * 4 + items[drawn] // 25
    assert (np.diff(met) != 0).sum() == 11
    bands = items[drawn] // 25  # items have fewer rows: a block of them stays while users' blocks pass
    assert (np.diff(bands) != 0).sum() == 3
    again, other = (tiles.shuffled(np.random.default_rng(seed)) for seed in (7, 8))
    np.testing.assert_array_equal(drawn, again)
    assert not np.array_equal(drawn, other)
    first = drawn[met == met[0]]
    assert not np.array_equal(first, np.sort(first))


def test_bands_are_of_the_side_with_fewer_rows(data: TrainingData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "BLOCK_BYTES", 10_000)
    turned = TrainingData(data.items, data.users, data.targets, 90, 300, 3.5)
    (users, *_), tiles = arranged(turned, (400, 100))
    drawn = tiles.shuffled(np.random.default_rng(7))
    assert (np.diff(users[drawn] // 25) != 0).sum() == 3
    starts = {tiles.shuffled(np.random.default_rng(seed))[0] for seed in range(9)}
    assert len(set(users[list(starts)] // 25)) > 1


def test_tiles_without_ratings_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "BLOCK_BYTES", 100)
    corners = np.array([0, 0, 99], np.int32), np.array([0, 99, 99], np.int32)
    _, tiles = arranged(TrainingData(*corners, np.zeros(3, np.float32), 100, 100, 0.0), (100, 100))
    assert len(tiles.starts) == 4
    assert sorted(tiles.shuffled(np.random.default_rng(0)).tolist()) == [0, 1, 2]


@pytest.mark.parametrize(
    ("place", "ratings", "size"),
    [
        ("/CPU:0", 500, 64),
        ("/CPU:0", 80_000, 256),
        ("/GPU:0", 80_000, 312),
        ("/GPU:0", 20_000_000, 65_536),
    ],
)
def test_the_batch_size_follows_device_and_data(
    monkeypatch: pytest.MonkeyPatch, place: str, ratings: int, size: int
) -> None:
    monkeypatch.setattr(device, "choose_device", lambda _: place)
    assert with_batch_size(TrainingSettings.parse({}), ratings).batch_size == size
    assert with_batch_size(TrainingSettings.parse({"batch_size": 7}), ratings).batch_size == 7


def test_a_device_shuffles_by_seed_and_epoch_and_pads_with_ratings_in_the_same_order() -> None:
    drawn = {
        epoch: shuffled_on_device(1000, (16, 64), tf.constant([42, epoch], tf.int64)) for epoch in (1, 2)
    }
    again = shuffled_on_device(1000, (16, 64), tf.constant([42, 1], tf.int64))
    first, second = (drawn[epoch].numpy().ravel() for epoch in (1, 2))
    np.testing.assert_array_equal(first, again.numpy().ravel())
    for one in (first, second):
        np.testing.assert_array_equal(np.sort(one[:1000]), np.arange(1000))
        np.testing.assert_array_equal(one[1000:], one[:24])
    assert np.mean(first == second) < 0.05
    assert abs(np.corrcoef(first[:1000], np.arange(1000))[0, 1]) < 0.2
