"""Tables without ratings are interactions: counts and events become weights by a stated rule."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.api import train
from core.data import convert, describe, load_ratings
from core.errors import DataError, UsageError

PAIRS = "user,item\n1,1\n1,2\n2,1\n2,3\n"
PLAYS = "user,artist,plays\na,x,13\nb,x,2\nb,y,1\n"
EVENTS = (
    "visitorid,itemid,event,timestamp\n1,1,view,1500000000\n1,1,view,1500000300\n1,2,purchase,1500000100\n"
    "2,1,cart,1500000200\n2,3,view,1500000500\n2,3,purchase,1500000400\n"
)


def repairs(ratings):
    return {repair.kind: repair for repair in ratings.repairs}


def refused(path, **reading):
    with pytest.raises(DataError) as caught:
        load_ratings(path, reading)
    return caught.value


def test_pairs_are_interactions_of_weight_one(write):
    table = load_ratings(write(PAIRS))
    assert table.kind == "interactions"
    assert table.ratings.tolist() == [1, 1, 1, 1]
    assert table.timestamps is None
    told = describe(table)
    assert told["kind"] == told["reading"]["kind"] == "interactions"
    assert told["reading"]["rating_column"] == "none"


def test_pairs_without_a_header_and_with_times(write):
    table = load_ratings(write("1,1,1500000000\n1,2,1500000001\n2,1,1500000002\n"))
    assert table.kind == "interactions"
    assert table.timestamps.tolist() == [1_500_000_000, 1_500_000_001, 1_500_000_002]
    assert load_ratings(write("1 1\n1 2\n2 1\n")).kind == "interactions"


def test_a_repeated_pair_is_counted(write):
    table = load_ratings(write(PAIRS + "1,1\n1,1\n2,3\n"), {"weight": "count"})
    pairs = dict(
        zip(zip(table.users.tolist(), table.items.tolist(), strict=True), table.ratings, strict=True)
    )
    assert pairs == {(0, 0): 3, (0, 1): 1, (1, 0): 1, (1, 2): 2}
    assert (repairs(table)["duplicates"].count, "added up" in repairs(table)["duplicates"].message) == (
        3,
        True,
    )


@pytest.mark.parametrize(
    ("weight", "values"),
    [("", np.log2([14, 3, 2])), ("log", np.log2([14, 3, 2])), ("count", [13, 2, 1]), ("one", [1, 1, 1])],
)
def test_counts_weigh_by_the_rule_asked_for(write, weight, values):
    table = load_ratings(write(PLAYS), {"weight": weight})
    assert table.kind == "interactions"
    np.testing.assert_allclose(table.ratings, values, rtol=1e-6)
    assert table.reading["weight"] == (weight or "log")


def test_counts_without_a_name_are_told_by_their_size(write):
    assert load_ratings(write("a,x,1\nb,x,2\nb,y,1000\n")).kind == "interactions"
    assert load_ratings(write("user,item,rating\na,x,1\nb,x,2\nb,y,1000\n")).kind == "interactions"
    assert load_ratings(write("user,item,score\na,x,1\nb,x,2\nb,y,100\n")).kind == "ratings"


@pytest.mark.parametrize(
    ("header", "values", "kind"),
    [
        ("", [1] * 12 + [2] * 6 + [3] * 4 + [5, 7, 9, 14, 22], "interactions"),
        ("user,item,rating\n", [1] * 12 + [2] * 6 + [3] * 4 + [5, 7, 9, 14, 22], "ratings"),
        ("", [1] * 12 + [2] * 6 + [3] * 4 + [4] * 3 + [5] * 2, "ratings"),  # a scale of disappointment
        ("", [1] * 12 + [2] * 6 + [3] * 4 + [4] * 3 + [5, 99], "ratings"),  # a code for none
        ("", [*range(1, 21)] + [14] * 8, "ratings"),  # marks
    ],
)
def test_small_counts_without_a_name_are_told_by_their_tail(write, header, values, kind):
    rows = "".join(f"u{place % 6},i{place},{value}\n" for place, value in enumerate(values))
    assert load_ratings(write(header + rows)).kind == kind


def test_one_slip_makes_no_counts_of_ratings(write):
    rows = "".join(f"{user},{item},{(user * item) % 5 + 1}\n" for user in range(20) for item in range(10))
    assert load_ratings(write(f"user,item,rating\n{rows}21,3,155\n")).kind == "ratings"


def test_the_kind_can_be_said(write):
    table = load_ratings(write(PLAYS), {"kind": "ratings"})
    assert (table.kind, table.ratings.tolist()) == ("ratings", [13, 2, 1])
    stars = "user,item,rating\na,x,4\nb,x,2\nb,y,1\n"
    table = load_ratings(write(stars), {"rating_column": "none"})
    assert (table.kind, table.ratings.tolist()) == ("interactions", [1, 1, 1])


def test_a_weight_column_is_taken_as_it_is(write):
    table = load_ratings(write("user,item,weight\na,x,0.25\nb,x,2\nb,y,1\n"))
    assert (table.kind, table.ratings.tolist()) == ("interactions", [0.25, 2, 1])


def test_counts_of_nothing_are_left_out_and_counted(write):
    table = load_ratings(write("user,item,quantity\na,x,3\na,x,-3\nb,x,2\nd,y,1\nc,z,0\n"))
    assert repairs(table)["counts"].count == 2
    assert table.user_vocabulary.ids.tolist() == ["b", "d"]
    assert table.item_vocabulary.ids.tolist() == ["x", "y"]


def test_events_all_count_unless_some_are_named(write):
    table = load_ratings(write(EVENTS), {"weight": "count"})
    assert table.kind == "interactions"
    assert table.ratings.sum() == 6
    assert "view (3), purchase (2), cart (1)" in repairs(table)["events"].message
    bought = load_ratings(write(EVENTS), {"event": "purchase"})
    assert (bought.user_count, bought.item_count, bought.ratings.tolist()) == (2, 2, [1, 1])
    assert repairs(bought)["events"].count == 4


def test_events_weigh_what_is_asked(write):
    table = load_ratings(write(EVENTS), {"event": ("purchase=3", "view=0.5"), "weight": "count"})
    assert table.ratings.tolist() == [1.0, 3.0, 3.5]
    assert table.timestamps.tolist() == [1_500_000_300, 1_500_000_100, 1_500_000_500]
    again = load_ratings(table.reading["source"], table.reading)
    assert again.fingerprint == table.fingerprint


def test_an_event_that_no_row_has_is_refused_with_those_there_are(write):
    error = refused(write(EVENTS), event="buy")
    assert "'buy'" in error.message
    assert "view (3)" in error.hint
    assert "--event-column" in refused(write(PAIRS), event="buy").hint
    for wrong in ("view=many", "view=-1", "view=0", "=3"):
        with pytest.raises(UsageError, match="--event takes"):
            load_ratings(write(EVENTS), {"event": wrong})


def test_an_unknown_column_of_numbers_is_not_dropped(write):
    error = refused(write("user,item,liking\na,x,4\nb,x,2\nb,y,1\n"))
    assert "'liking'" in error.message
    assert "--rating-column" in error.hint
    table = load_ratings(write("user,item,comment\na,x,fine\nb,x,so so\nb,y,bad\n"))
    assert table.kind == "interactions"


@pytest.mark.parametrize(
    "rows",
    [
        "".join(f"{row},{row % 3},{row % 4},{row % 5 + 1}\n" for row in range(12)),
        "".join(f"{row},{row % 3},{row % 4}\n" for row in range(12)),
        "1,1,8,3,1,1300000001\n1,2,9,5,1,1300000002\n2,2,9,5,1,1300000002\n",
    ],
)
def test_columns_that_are_not_told_are_refused(write, rows):
    assert "--user-column" in refused(write(rows)).hint


def test_columns_named_by_position_are_read(write):
    six = "1,1,8,3,1,1300000001\n1,2,9,5,1,1300000002\n2,2,9,4,1,1300000002\n"
    reading = {"user_column": 1, "item_column": 2, "rating_column": 4, "time_column": 6}
    table = load_ratings(write(six), {name: str(place) for name, place in reading.items()})
    assert table.ratings.tolist() == [3, 5, 4]
    assert table.timestamps.tolist() == [1_300_000_001, 1_300_000_002, 1_300_000_002]


def test_two_columns_of_one_name_must_be_told_apart(write):
    path = write("user,item,rating,rating\na,x,4,1\nb,x,2,1\nb,y,1,2\n")
    error = refused(path)
    assert "2 columns are named 'rating'" in error.message
    assert "--rating-column 3 or --rating-column 4" in error.hint
    assert load_ratings(path, {"rating_column": "3"}).ratings.tolist() == [4, 2, 1]


def test_an_official_part_of_interactions(write):
    train_file, test_file = write(PAIRS, "train.csv"), write("user,item\n1,3\n2,2\n", "test.csv")
    table = load_ratings(train_file, {"test_file": str(test_file)})
    assert (table.kind, table.held_out, len(table)) == ("interactions", 2, 6)
    rated = write("user,item,rating\n1,3,4\n2,2,5\n", "rated.csv")
    assert "only one" in refused(train_file, test_file=str(rated)).message


def test_kind_and_fingerprint(write):
    table = load_ratings(write("user,item,plays\na,x,13\nb,x,2\nb,y,1\n"), {"weight": "count"})
    ratings = load_ratings(write("user,item,plays\na,x,13\nb,x,2\nb,y,1\n"), {"kind": "ratings"})
    assert table.ratings.tolist() == ratings.ratings.tolist()
    assert table.fingerprint != ratings.fingerprint
    assert dataclasses.replace(table, kind="ratings").fingerprint == ratings.fingerprint


def test_interactions_survive_the_cache(write, monkeypatch):
    monkeypatch.setattr("core.data.loading._cache.SMALLEST", 1)
    path = write(EVENTS)
    first, second = load_ratings(path), load_ratings(path)
    assert second.kind == "interactions"
    assert (first.fingerprint, first.repairs) == (second.fingerprint, second.repairs)


@pytest.mark.parametrize("text", [PAIRS, PLAYS])
def test_converted_interactions_are_the_same(write, tmp_path, text):
    table = load_ratings(write(text))
    written = convert(table, tmp_path / "out.parquet")
    again = load_ratings(written["ratings"])
    assert (again.kind, again.fingerprint) == ("interactions", table.fingerprint)


def test_an_objective_of_ratings_refuses_interactions(write):
    with pytest.raises(UsageError, match="--objective ranking"):
        train(load_ratings(write(PAIRS)), "bias", objective="rating")


@pytest.mark.parametrize(
    ("implicit", "threshold", "values"),
    [
        ("refuse", 0.0, [13, 2, 1]),
        ("keep", 0.0, [13, 2, 1]),
        ("log", 0.0, np.log1p([13, 2, 1])),
        ("binarize", 0.0, [1, 0, 0]),
        ("binarize", 1.0, [1, 1, 0]),
    ],
)
def test_a_reading_recorded_by_an_earlier_version_reads_the_same(write, implicit, threshold, values):
    old = {"implicit": implicit, "threshold": threshold, "duplicates": "last", "user_column": "user"}
    table = load_ratings(write(PLAYS), old)
    assert table.kind == "ratings"
    np.testing.assert_allclose(table.ratings, values, rtol=1e-6)
    assert (table.scale.minimum, table.scale.maximum) == pytest.approx((min(values), max(values)))
    again = load_ratings(table.reading["source"], table.reading)
    assert again.fingerprint == table.fingerprint
