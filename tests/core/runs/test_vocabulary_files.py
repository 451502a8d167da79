"""A run's items keep their tags; a run without them, or from before there were any, opens all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest

from core.contract.data import ItemTable
from core.data.ratings import Ratings
from core.model.baseline import Baseline
from core.runs.vocabularies import ITEMS_FILE, read_vocabularies, write_vocabularies


def written(folder: Path, ratings: Ratings) -> ItemTable:
    shape = (ratings.user_count, ratings.item_count)
    baseline = Baseline.measure(ratings.users, ratings.items, ratings.ratings, shape, ratings.scale)
    write_vocabularies(folder, ratings, baseline)
    return reopened(folder, ratings)


def reopened(folder: Path, ratings: Ratings) -> ItemTable:
    return read_vocabularies(folder, 3.5, ratings.scale)[2]


@pytest.fixture
def tagged(ratings: Ratings) -> Ratings:
    tags = tuple(("dark comedy", "映画")[: row % 3] for row in range(ratings.item_count))
    return replace(ratings, item_table=replace(ratings.item_table, tags=tags))


def test_tags_come_back_with_everything_else(tmp_path: Path, tagged: Ratings) -> None:
    table = written(tmp_path, tagged)
    assert table.tags == tagged.item_table.tags
    assert table.titles == tagged.item_table.titles
    assert table.genres == tagged.item_table.genres
    assert table.years.tolist() == tagged.item_table.years.tolist()


def test_items_without_tags_have_no_such_column(tmp_path: Path, ratings: Ratings) -> None:
    assert written(tmp_path, ratings).tags == ()
    assert "tags" not in parquet.read_schema(tmp_path / ITEMS_FILE).names


def test_an_older_run_opens_without_tags(tmp_path: Path, tagged: Ratings) -> None:
    written(tmp_path, tagged)
    table = parquet.read_table(tmp_path / ITEMS_FILE).drop_columns(["tags"])
    parquet.write_table(table, tmp_path / ITEMS_FILE)
    assert reopened(tmp_path, tagged).tags == ()
    assert reopened(tmp_path, tagged).genres == tagged.item_table.genres


def test_the_columns_of_a_run_are_those_of_0_1(tmp_path: Path, tagged: Ratings) -> None:
    written(tmp_path, tagged)
    schema = parquet.read_schema(tmp_path / ITEMS_FILE)
    assert {field.name: str(field.type).replace("element", "item") for field in schema} == {
        "item": "int64",
        "title": "string",
        "genres": "list<item: string>",
        "year": "int32",
        "tags": "list<item: string>",
        "ratings": "int64",
        "offset": "float",
    }


def test_items_come_back_from_the_columns_of_an_older_cache() -> None:
    columns = {"id": [7, 8], "title": ["A", "B"], "year": [1990, 0], "genres": [["Drama"], []]}
    table = ItemTable.from_arrow(pyarrow.table(columns))
    assert (table.titles, table.genres, table.tags) == (("A", "B"), (("Drama",), ()), ())
    assert (table.years.dtype, table.years.tolist()) == (np.dtype("int32"), [1990, 0])
    again = ItemTable.from_arrow(table.to_arrow())
    assert (again.titles, again.genres, again.years.tolist()) == (table.titles, table.genres, [1990, 0])
