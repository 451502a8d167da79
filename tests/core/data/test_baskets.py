"""Rows that hold a user and all their items: lists of typed tables, and lines of text by --layout baskets."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from core.data import load_ratings
from core.data.loading import look
from core.errors import DataError

BASKETS = {"user": ["a", "b", "c", "d"], "items": [["x", "y", "z"], ["x", "w"], [], ["y"]]}
PAIRS = [("a", "x"), ("a", "y"), ("a", "z"), ("b", "x"), ("b", "w"), ("d", "y")]


def pairs_of(table):
    users, items = table.user_vocabulary.ids[table.users], table.item_vocabulary.ids[table.items]
    return list(zip(map(str, users), map(str, items), strict=True))


def written(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["parquet", "feather", "jsonl", "json", "frame"])
def test_lists_are_read_an_entry_a_row_whatever_holds_them(tmp_path, form):
    table, path = pa.table(BASKETS), tmp_path / f"t.{form}"
    rows = table.to_pylist()
    if form == "parquet":
        parquet.write_table(table, path)
    elif form == "feather":
        feather.write_feather(table, path)
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif form == "json":
        path.write_text(json.dumps(rows))
    found = load_ratings(table.to_pandas() if form == "frame" else path)
    assert pairs_of(found) == PAIRS
    assert found.kind == "interactions"
    assert any("each entry is a row" in repair.message for repair in found.repairs)
    if form != "frame":
        assert load_ratings(found.reading["source"], found.reading).fingerprint == found.fingerprint
        assert look(str(path)).roles == {"user": 0, "item": 1}


def test_lists_of_ratings_and_times_go_along_with_the_items(tmp_path):
    columns = {
        "user_id": [1, 2],
        "movies": [[10, 11], [10]],
        "ratings": [[4.5, 3.0], [2.0]],
        "timestamps": [[1_500_000_000, 1_500_000_100], [1_600_000_000]],
        "genres": [["a", "b", "c"], ["d"]],
    }
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table(columns), path)
    found = load_ratings(path)
    assert pairs_of(found) == [("1", "10"), ("1", "11"), ("2", "10")]
    assert found.ratings.tolist() == [4.5, 3.0, 2.0]
    assert found.timestamps.tolist() == [1_500_000_000, 1_500_000_100, 1_600_000_000]
    parquet.write_table(pa.table({**columns, "ratings": [[4.5, 3.0], [2.0, 1.0]]}), path)
    with pytest.raises(DataError, match="has 2 entries, that of 'movies' has 1") as caught:
        load_ratings(path)
    assert (caught.value.row, caught.value.column) == (2, "ratings")


def test_lists_of_objects_and_maps_become_columns(tmp_path):
    listed = [[{"item": "x", "rating": 4}, {"item": "y", "rating": 3}], [{"item": "y", "rating": 5}]]
    kind = pa.map_(pa.string(), pa.float64())
    forms = {
        "objects": pa.table({"user": ["a", "b"], "ratings": listed}),
        "map": pa.table({"user": ["a", "b"], "ratings": pa.array([[("x", 4), ("y", 3)], [("y", 5)]], kind)}),
    }
    for name, table in forms.items():
        path = tmp_path / f"{name}.parquet"
        parquet.write_table(table, path)
        found = load_ratings(path)
        assert pairs_of(found) == [("a", "x"), ("a", "y"), ("b", "y")]
        assert found.ratings.tolist() == [4, 3, 5]


def test_a_list_of_genres_beside_the_item_spreads_nothing(tmp_path):
    path = tmp_path / "t.parquet"
    table = pa.table({"user": [1, 2], "item": [5, 6], "rating": [3, 4], "genres": [["a", "b"], ["c"]]})
    parquet.write_table(table, path)
    assert len(load_ratings(path)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "user,items\na,x|y|z\nb,x|w\nd,y\n",
        "user;items\na;x,y,z\nb;x,w\nd;y\n",
        'user,items\na,"[""x"", ""y"", ""z""]"\nb,"[""x"", ""w""]"\nd,"[""y""]"\n',
        "user,items\na,\"['x', 'y', 'z']\"\nb,\"['x', 'w']\"\nd,['y']\n",
        "a x y z\nb x w\nd y\n",
        "a,x,y,z\nb,x,w\nd,y\n",
        "a\tx\ty\tz\nb\tx\tw\t\nd\ty\t\n",
    ],
)
def test_lines_of_text_are_read_as_baskets_where_asked_for(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        load_ratings(path)
    assert "--layout baskets" in f"{caught.value} {caught.value.hint}"
    found = load_ratings(path, {"layout": "baskets"})
    assert pairs_of(found) == PAIRS
    assert load_ratings(found.reading["source"], found.reading).fingerprint == found.fingerprint


def test_lines_without_a_user_are_baskets_of_their_own(tmp_path):
    path = written(tmp_path, "1 2 3\n2 3\n7\n", "retail.dat")
    found = load_ratings(path, {"layout": "baskets", "user_column": "none"})
    assert pairs_of(found) == [
        ("1", "1"), ("1", "2"), ("1", "3"), ("2", "2"), ("2", "3"), ("3", "7"),
    ]  # fmt: skip


def test_a_time_goes_with_every_item_and_titles_keep_their_spaces(tmp_path):
    path = written(tmp_path, "user,films,date\na,Star Wars|Alien,2020-01-02\nb,Alien,2020-01-03\n")
    found = load_ratings(path, {"layout": "baskets"})
    assert pairs_of(found) == [("a", "Star Wars"), ("a", "Alien"), ("b", "Alien")]
    assert found.timestamps.tolist() == [1_577_923_200, 1_577_923_200, 1_578_009_600]


def test_cells_of_several_items_are_no_ids_unless_it_is_said(tmp_path):
    path = written(tmp_path, "user,item\na,x|y\nb,x|w\nc,z|y\n")
    with pytest.raises(DataError, match="several items each") as caught:
        load_ratings(path)
    assert "--layout long" in caught.value.hint
    assert load_ratings(path, {"layout": "long"}).item_count == 3
    assert load_ratings(path, {"layout": "baskets"}).item_count == 4


def test_a_line_that_lacks_its_cells_is_named(tmp_path):
    path = written(tmp_path, "user,items,date\na,x|y,2020-01-01\nb\n")
    with pytest.raises(DataError, match="1 fields, too few") as caught:
        load_ratings(path, {"layout": "baskets"})
    assert caught.value.row == 3
