"""Splits are reproducible, cover every rating once, and say what training hasn't seen."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.data import carve_tuning, load_ratings, split_ratings, unseen
from core.data.split import cross_validation
from core.errors import DataError, UsageError


@pytest.fixture(scope="module")
def demo():
    return load_ratings("demo")


def assert_partition(split, total):
    assert np.array_equal(np.sort(np.concatenate([split.train, split.test])), np.arange(total))
    assert split.train.dtype == split.test.dtype == np.int64
    assert (np.diff(split.train) > 0).all()


def test_random_is_the_documented_draw(demo):
    split = split_ratings(demo)
    mask = np.random.default_rng(42).random(len(demo)) < 0.8
    assert np.array_equal(split.train, np.flatnonzero(mask))
    assert_partition(split, len(demo))


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.3, 0.5, 0.9])
def test_threshold_is_the_number_people_write(demo, fraction):
    split = split_ratings(demo, 7, fraction)
    mask = np.random.default_rng(7).random(len(demo)) < float(f"{1 - fraction:.6g}")
    assert np.array_equal(split.train, np.flatnonzero(mask))


@pytest.mark.parametrize("method", ["random", "user", "last", "kfold"])
def test_methods_partition_and_repeat(demo, method):
    split = split_ratings(demo, 3, 0.25, method)
    assert_partition(split, len(demo))
    settings = json.loads(json.dumps(split.settings()))
    wanted = settings.pop("hash")
    again = split_ratings(demo, **settings)
    assert again.hash == split.hash == wanted
    assert np.array_equal(again.test, split.test)


def test_hashes_tell_seeds_methods_and_data_apart(demo, write):
    other = load_ratings(
        write("u,i,rating\n" + "".join(f"{n % 7},{n},{n % 5}\n" for n in range(200))),
        {"user_column": "u", "item_column": "i"},
    )
    hashes = {
        split_ratings(demo, seed, 0.2, method).hash
        for seed in (1, 2)
        for method in ("random", "user", "kfold")
    }
    assert len({*hashes, split_ratings(other, 1).hash}) == 7
    assert all(len(name) == 16 for name in hashes)


def test_per_user_holds_out_the_same_share_of_everyone(demo):
    split = split_ratings(demo, 1, 0.2, "user")
    total = np.bincount(demo.users)
    held = np.bincount(demo.users[split.test], minlength=len(total))
    assert np.abs(held - 0.2 * total).max() <= 0.5 + 1e-9
    assert unseen(demo, split)["users"] == 0


def test_last_out_is_the_latest_of_each_user(demo):
    split = split_ratings(demo, method="last", count=2)
    assert np.array_equal(np.bincount(demo.users[split.test]), np.full(demo.user_count, 2))
    latest_kept = np.zeros(demo.user_count, dtype=np.int64)
    np.maximum.at(latest_kept, demo.users[split.train], demo.timestamps[split.train])
    assert (demo.timestamps[split.test] >= latest_kept[demo.users[split.test]]).all()


def test_last_out_needs_times(write):
    ratings = load_ratings(write("user,item,rating\n1,1,1\n1,2,2\n2,1,3\n"))
    with pytest.raises(DataError, match="no times"):
        split_ratings(ratings, method="last")


def test_last_out_keeps_users_with_few_ratings(write):
    ratings = load_ratings(write("user,item,rating,time\n1,1,1,9\n1,2,2,8\n2,1,3,7\n"))
    assert split_ratings(ratings, method="last").test.tolist() == [0]


def test_folds_test_every_rating_once(demo):
    folds = cross_validation(demo, 5, seed=9)
    tested = np.concatenate([fold.test for fold in folds])
    assert np.array_equal(np.sort(tested), np.arange(len(demo)))
    assert len({fold.hash for fold in folds}) == 5
    assert max(len(fold.test) for fold in folds) - min(len(fold.test) for fold in folds) <= 1


@pytest.mark.parametrize(("folds", "fold"), [(1, 1), (5, 0), (5, 6)])
def test_impossible_folds(demo, folds, fold):
    with pytest.raises(UsageError, match="fold"):
        split_ratings(demo, method="kfold", folds=folds, fold=fold)


def test_official_parts(write):
    train = write("1 1 5 9\n1 2 3 9\n2 1 4 9\n1 1 4 10\n", "u1.base")
    test = write("2 2 1 9\n9 1 2 9\n1 2 3 9\n", "u1.test")
    ratings = load_ratings(train, {"test_file": str(test), "separator": "whitespace"})
    split = split_ratings(ratings, method="official")
    assert ratings.ratings[split.train].tolist() == [3, 4, 4]
    assert ratings.ratings[split.test].tolist() == [1, 2, 3]
    assert unseen(ratings, split) == {"users": 1, "items": 0, "ratings": 1}
    assert {repair.kind: repair.count for repair in ratings.repairs} == {"duplicates": 1, "leaks": 1}
    again = load_ratings(ratings.reading["source"], ratings.reading)
    assert split_ratings(again, method="official").hash == split.hash


def test_a_fault_in_the_official_test_part_names_that_file(write):
    train = write("user,item,rating\n1,1,5\n1,2,3\n2,1,4\n", "a.csv")
    test = write("user,item,rating\n2,2,1\n,1,2\n", "b.csv")
    with pytest.raises(DataError, match="user id is missing") as caught:
        load_ratings(train, {"test_file": str(test)})
    assert (caught.value.path, caught.value.row) == (str(test), 3)


def test_official_needs_a_test_file(demo):
    with pytest.raises(UsageError, match="no official test part"):
        split_ratings(demo, method="official")


def test_tuning_is_carved_from_training(demo):
    split = split_ratings(demo)
    stay, tuning = carve_tuning(split, 0.1, seed=5)
    assert np.array_equal(np.sort(np.concatenate([stay, tuning])), split.train)
    assert 0.08 < len(tuning) / len(split.train) < 0.12
    assert np.array_equal(carve_tuning(split, 0.1, seed=5)[1], tuning)
    assert not np.array_equal(carve_tuning(split, 0.1, seed=6)[1], tuning)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.2, float("nan")])
def test_impossible_fractions(demo, fraction):
    with pytest.raises(UsageError, match="between 0 and 1"):
        split_ratings(demo, 1, fraction)


def test_an_empty_part_is_an_error(write):
    ratings = load_ratings(write("user,item,rating\n1,1,1\n1,2,2\n2,1,3\n"))
    with pytest.raises(DataError, match="test part of the split would be empty"):
        split_ratings(ratings, 42, 0.001)
    with pytest.raises(UsageError, match="empty"):
        carve_tuning(split_ratings(ratings, method="kfold", folds=3), 0.001, 1)


def test_unknown_method(demo):
    with pytest.raises(UsageError, match="kfold"):
        split_ratings(demo, method="kfolds")
