"""A run's items keep their tags; a run without them, or from before there were any, opens all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from core.data.ratings import ItemTable, Ratings
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
