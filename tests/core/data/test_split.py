"""Splits are reproducible, cover every rating once, and say what training hasn't seen."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.data import carve_tuning, leak_notice, load_ratings, split_notes, split_ratings, unseen
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


TIMED = """user,item,rating,time
a,2,2,20
b,1,3,30
b,2,4,40
c,1,5,50
c,3,1,50
a,3,2,50
c,2,3,60
a,1,4,70
c,4,5,80
d,1,2,90
d,2,3,100
"""
"""Users c and d and items 3 and 4 come late."""


def by_part(split, table):
    names = ("train", "test", "given", "new_users", "new_items")
    ids = table.user_vocabulary.ids[table.users], table.item_vocabulary.ids[table.items]
    return {name: [f"{ids[0][row]}{ids[1][row]}" for row in getattr(split, name)] for name in names}


def test_time_cuts_once_for_all(write):
    table = load_ratings(write(TIMED))
    split = split_ratings(table, method="time", since="1970-01-01T00:00:50", given_fraction=0.5)
    assert by_part(split, table) == {
        "train": ["a2", "b1", "b2"],
        "test": ["a1"],
        "given": ["c1", "d1"],
        "new_users": ["c2", "d2"],
        "new_items": ["c3", "a3", "c4"],
    }


def test_a_share_of_the_latest_rows_keeps_ties_in_file_order(write):
    table = load_ratings(write(TIMED))
    split = split_ratings(table, method="time", test_fraction=6 / 11)
    parts = by_part(split, table)
    assert parts["train"] == ["a2", "b1", "b2", "c1", "c3"]
    assert (parts["test"], parts["new_items"]) == (["a3", "c2", "a1"], ["c4"])
    assert any(
        "1970-01-01T00:00:50" in note and "its very second 2 " in note for note in split_notes(table, split)
    )


def test_newcomers_are_held_out_wholly(demo):
    split = split_ratings(demo, 5, 0.1, "newcomers")
    held = np.unique(demo.users[np.concatenate([split.test, split.given])])
    assert len(held) == 70
    assert not np.isin(demo.users[split.train], held).any()
    judged, all_of = np.bincount(demo.users[split.test]), np.bincount(demo.users)
    assert (judged[held] == np.maximum(1, np.floor(0.2 * all_of[held] + 1e-9))).all()
    again = split_ratings(demo, **{k: v for k, v in split.settings().items() if k != "hash"})
    assert again.hash == split.hash
    assert split_ratings(demo, 5, 0.1, "newcomers", given_fraction=0.5).hash != split.hash


@pytest.mark.parametrize("method", ["time", "newcomers"])
def test_each_row_is_in_one_part(demo, method):
    split = split_ratings(demo, 3, 0.25, method)
    parts = [split.train, split.test, split.given, split.new_users, split.new_items]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(demo)))
    known_users, known_items = (np.unique(side[split.train]) for side in (demo.users, demo.items))
    assert np.isin(demo.items[split.test], known_items).all()
    assert np.isin(demo.users[split.test], known_users).all() == (method == "time")


def test_training_by_time_knows_nothing_later(demo):
    split = split_ratings(demo, method="time")
    later = np.concatenate([split.test, split.given, split.new_users, split.new_items])
    assert demo.timestamps[split.train].max() <= demo.timestamps[later].min()


def test_a_moment_that_is_none_and_one_out_of_range(demo, write):
    with pytest.raises(UsageError, match="--from takes a date, not 'soon'"):
        split_ratings(demo, method="time", since="soon")
    with pytest.raises(DataError, match="training part.*would be empty.*Its times go from"):
        split_ratings(demo, method="time", since="1950")
    with pytest.raises(DataError, match="no times"):
        split_ratings(load_ratings(write("user,item,rating\n1,1,1\n1,2,2\n2,1,3\n")), method="time")


@pytest.mark.parametrize("method", ["random", "user", "kfold", "last"])
def test_a_leak_is_told_where_there_are_times(demo, write, method):
    (note,) = [n for n in split_notes(demo, split_ratings(demo, method=method)) if "--split time" in n]
    assert note == leak_notice(method, True)
    assert leak_notice(method, False) == leak_notice("time", True) == ""


def test_times_typed_in_one_sitting_are_recognized(write):
    def rows(gap):
        return "".join(
            f"{u},{i},{(u + i) % 5},{u * 10**6 + i * gap + 1}\n" for u in range(9) for i in range(9)
        )

    def told(gap):
        table = load_ratings(write(f"user,item,rating,time\n{rows(gap)}", f"{gap}.csv"))
        return [note for note in split_notes(table, split_ratings(table, method="last")) if "sitting" in note]

    assert told(7)
    assert not told(7200)
