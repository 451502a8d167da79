"""Frames in memory give the same table as a file of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from core.api import load_run, resume, train
from core.data import load_ratings
from core.errors import DataError, RunError, UsageError
from core.runs import recorded_ratings
from core.runs.kept_ratings import RATINGS_FILE

ROWS = {
    "uid": [f"u{place % 9}" for place in range(60)],
    "sku": [place * 7 % 11 for place in range(60)],
    "stars": [place % 5 + 1.0 for place in range(60)],
    "when": [1_500_000_000 + place for place in range(60)],
}
USUAL = {"uid": "user", "sku": "item", "stars": "rating", "when": "timestamp"}
NAMED = {"user": "uid", "item": "sku", "rating": "stars", "time": "when"}


def polars(rows):
    return pytest.importorskip("polars").DataFrame(rows)


def categories(rows):
    return pd.DataFrame(rows).astype({"uid": "category", "sku": "Int64"})


def dates(rows):
    frame = pd.DataFrame(rows)
    return frame.assign(when=pd.to_datetime(frame["when"], unit="s"))


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table, polars, categories, dates])
def test_a_frame_gives_the_table_of_its_file(tmp_path, make):
    csv.write_csv(pa.table(ROWS), tmp_path / "f.csv")
    parquet.write_table(pa.table(ROWS), tmp_path / "f.parquet")
    reading = {f"{role}_column": name for role, name in NAMED.items()}
    files = [load_ratings(tmp_path / name, reading) for name in ("f.csv", "f.parquet")]
    table = load_ratings(make(ROWS), **NAMED)
    assert {one.fingerprint for one in files} == {table.fingerprint}
    assert table.timestamps.tolist() == files[0].timestamps.tolist()
    assert (table.name, table.kind) == ("frame", "ratings")


def test_usual_names_need_not_be_said():
    frame = pd.DataFrame({"user_id": [1, 1, 2, 2], "item_id": [1, 2, 1, 3]})
    assert load_ratings(frame).kind == "interactions"


def test_a_frame_is_not_changed():
    frame = pd.DataFrame(ROWS)
    before = frame.copy()
    load_ratings(frame, **NAMED)
    pd.testing.assert_frame_equal(frame, before)


def test_numbers_of_rows_are_no_column():
    frame = pd.DataFrame({"user": [1, 1, 2, 2, 3], "item": [1, 2, 1, 3, 3]})
    assert load_ratings(frame.iloc[[4, 0, 2]]).kind == "interactions"
    named = frame.set_index("user")
    assert load_ratings(named).fingerprint == load_ratings(frame[["item", "user"]]).fingerprint


def test_wrong_columns_are_told():
    with pytest.raises(DataError, match="no column 'id' for the user"):
        load_ratings(pd.DataFrame(ROWS), user="id", item="sku", rating="stars")
    with pytest.raises(UsageError, match="'users'"):
        load_ratings(pd.DataFrame(ROWS), users="uid")
    with pytest.raises(DataError, match="can't be read"):
        load_ratings(pd.DataFrame({"user": [1, "a", 2.5, object()], "item": 1, "rating": 2}))


def test_a_missing_cell_is_named_by_its_row():
    frame = pd.DataFrame(ROWS)
    frame.loc[7, "stars"] = np.nan
    with pytest.raises(DataError, match="line 8, column 'stars'"):
        load_ratings(frame, **NAMED)
    assert len(load_ratings(frame, {"missing": "skip"}, **NAMED)) == len(
        load_ratings(frame.dropna(), **NAMED)
    )


def test_a_run_keeps_the_ratings_of_a_frame(tmp_path):
    frame = pd.DataFrame(ROWS).rename(columns=USUAL)
    frame = pd.concat([frame, frame.assign(item=frame["item"] + 50)])
    run = train(frame, "bias", folder=tmp_path / "run", adapt=False, epochs=1)
    assert run.config.data["name"] == "frame"
    table, again = load_ratings(frame), load_run(tmp_path / "run")
    kept = recorded_ratings(again)
    assert kept.fingerprint == table.fingerprint
    assert kept.timestamps.tolist() == table.timestamps.tolist()
    assert (kept.kind, kept.scale, kept.item_table.titles) == (
        table.kind,
        table.scale,
        table.item_table.titles,
    )
    truths = np.array(again.crosstab(9, 22).truth, float)
    assert np.isfinite(truths).sum() == len(table) and again.crosstab().note == ""
    assert again.evaluate().ratings == run.config.split["test_ratings"]
    assert again.evaluate(frame).ratings == len(table)
    assert len(resume(run.folder, epochs=2).epochs) == 2
    assert again.why("u1", again.user_history("u1", n=40).to_frame().query("part == 'train'").item.iloc[0])


def test_a_damaged_copy_is_refused_and_a_table_on_disk_is_not_copied(tmp_path):
    frame = pd.DataFrame(ROWS).rename(columns=USUAL)
    frame.to_csv(tmp_path / "r.csv", index=False)
    on_disk = train(tmp_path / "r.csv", "bias", folder=tmp_path / "on_disk", adapt=False, epochs=1)
    assert not (on_disk.folder / RATINGS_FILE).exists()
    run = train(frame, "bias", folder=tmp_path / "run", adapt=False, epochs=1)
    sound = {"user": [0], "item": [0], "rating": [1.0]}
    for wrong in ({**sound, "user": [99]}, {**sound, "item": ["x"]}):
        parquet.write_table(pa.table(wrong), run.folder / RATINGS_FILE)
        with pytest.raises(RunError, match="damaged"):
            recorded_ratings(load_run(run.folder))
    parquet.write_table(pa.table(sound), run.folder / RATINGS_FILE)
    assert "has changed" in load_run(run.folder).model.rated_or_reason[1]
