"""Large tables are cached; a cache that is damaged or outdated is never believed."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from core.data import forget, load_ratings, split_ratings
from core.data.loading import _cache as cache
from core.data.reading.text import TextTable


@pytest.fixture(autouse=True)
def cache_everything(monkeypatch):
    monkeypatch.setattr(cache, "SMALLEST", 0)


@pytest.fixture
def table(write):
    rows = "".join(f"u{n % 91},{n // 91},{n % 9 / 2},{n}\n" for n in range(5000))
    write("movieId,title,genres\n0,Zero (2000),Drama|War\n1,One,\n", "items.csv")
    return write("user,movieId,rating,time\n" + rows)


@pytest.fixture
def parses(monkeypatch):
    """Count how often the file itself is read."""
    counted = []
    real = TextTable.read
    monkeypatch.setattr(TextTable, "read", lambda *arguments: counted.append(1) or real(*arguments))
    return counted


def same(first, second):
    for field in dataclasses.fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)
        elif field.name.endswith("vocabulary"):
            assert one.ids.dtype == other.ids.dtype
            assert np.array_equal(one.ids, other.ids)
        elif field.name == "item_table":
            assert (one.titles, one.genres, one.years.tolist(), one.tags) == (
                other.titles,
                other.genres,
                other.years.tolist(),
                other.tags,
            )
        else:
            assert one == other
    return True


def folders():
    return [folder for folder in cache.tables_folder().iterdir() if folder.is_dir()]


def test_the_second_opening_parses_nothing_and_is_the_same(table, parses):
    reading = {"items": str(table.with_name("items.csv"))}
    first, second = load_ratings(table, reading), load_ratings(table, reading)
    assert len(parses) == 1
    assert same(first, second)
    assert first.fingerprint == second.fingerprint
    assert second.user_vocabulary.row("u5") == first.user_vocabulary.row("u5")


def test_other_options_are_another_table(table, parses):
    load_ratings(table, {"duplicates": "mean"})
    load_ratings(table, {"duplicates": "last"})
    assert len(parses) == 2


def test_a_relative_items_path_is_another_file_elsewhere(table, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "items.csv").write_text("movieId,title\n0,Another\n")
    titles = []
    for folder in (tmp_path, tmp_path / "elsewhere"):
        monkeypatch.chdir(folder)
        titles.append(load_ratings(table, {"items": "items.csv"}).item_table.titles[0])
    assert titles == ["Zero (2000)", "Another"]


@pytest.mark.parametrize("changed", ["table.csv", "items.csv"])
def test_a_changed_file_is_read_again(table, parses, changed):
    reading = {"items": str(table.with_name("items.csv"))}
    load_ratings(table, reading)
    with table.with_name(changed).open("a") as stream:
        stream.write("9999,8,1,2\n")
    load_ratings(table, reading)
    assert len(parses) == 2


@pytest.mark.parametrize(
    "name", ["users.npy", "ratings.npy", "items.parquet", "users.parquet", "timestamps.npy"]
)
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damage_is_noticed_stated_and_repaired(table, name, damage):
    first = load_ratings(table)
    (folder,) = folders()
    path = folder / name
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes({"flip": bytes(content), "cut": bytes(content[:-20]), "remove": b""}[damage])
    if damage == "remove":
        path.unlink()
    again = load_ratings(table)
    assert [repair.kind for repair in again.repairs] == ["cache"]
    assert "damaged" in again.repairs[0].message
    assert again.fingerprint == first.fingerprint
    assert load_ratings(table).repairs == ()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": 3}', '{"files": {}, "checksums": {}}'])
def test_a_damaged_description_is_no_obstacle(table, text):
    first = load_ratings(table)
    (folder,) = folders()
    (folder / "table.json").write_text(text)
    assert load_ratings(table).fingerprint == first.fingerprint
    assert load_ratings(table).repairs == ()


def test_objects_in_arrays_are_never_unpickled(table):
    import json
    import zlib

    first = load_ratings(table)
    (folder,) = folders()
    np.save(folder / "users.npy", np.array([print], dtype=object), allow_pickle=True)
    facts = json.loads((folder / "table.json").read_text())
    facts["checksums"]["users.npy"] = zlib.crc32((folder / "users.npy").read_bytes())
    (folder / "table.json").write_text(json.dumps(facts))
    again = load_ratings(table)
    assert again.fingerprint == first.fingerprint
    assert "cache" in [repair.kind for repair in again.repairs]


def test_a_folder_that_cannot_be_written_is_stated(table, own_cache):
    shutil.rmtree(own_cache / "tastemap", ignore_errors=True)
    (own_cache / "tastemap").write_text("a file is in the way")
    ratings = load_ratings(table)
    assert [repair.kind for repair in ratings.repairs] == ["cache"]
    assert "could not be cached" in ratings.repairs[0].message


def test_small_tables_are_not_cached(table, monkeypatch):
    monkeypatch.setattr(cache, "SMALLEST", 5_000_000)
    load_ratings(table)
    assert not cache.tables_folder().exists()


def test_only_the_newest_tables_are_kept(write, monkeypatch):
    monkeypatch.setattr(cache, "SHELF", dataclasses.replace(cache.SHELF, kept=2))
    for number in range(4):
        load_ratings(write(f"user,item,rating\n1,1,1\n2,{number + 2},2\n", f"{number}.csv"))
    assert len(folders()) == 2
    assert not list(cache.tables_folder().glob(".writing*"))


def test_the_official_part_survives_the_cache(write):
    train = write("1 1 5 9\n1 2 3 9\n2 1 4 9\n", "u1.base")
    test = write("2 2 1 9\n9 1 2 9\n", "u1.test")
    reading = {"test_file": str(test), "separator": "whitespace"}
    hashes = {split_ratings(load_ratings(train, reading), method="official").hash for _ in range(2)}
    assert len(hashes) == 1


def test_what_a_run_records_opens_the_same_copy(table, parses):
    first = load_ratings(table)
    again = load_ratings(first.reading["source"], first.reading)
    assert again.fingerprint == first.fingerprint
    assert again.reading == first.reading
    assert len(parses) == 1
    assert len(folders()) == 1
    shutil.rmtree(folders()[0])
    (note,) = cache.tables_folder().glob("*.json")
    for damage in ("", "[]", '{"table": "../../elsewhere"}', '{"table": 3}'):
        note.write_text(damage)
        assert load_ratings(table).fingerprint == first.fingerprint


def test_large_columns_are_mapped_into_memory(table, monkeypatch):
    first = load_ratings(table)
    (folder,) = folders()
    monkeypatch.setattr("core.data.loading._cache.MAPPED", 1)
    assert not isinstance(first.users.base, np.memmap)
    again = load_ratings(table)
    assert isinstance(again.users.base, np.memmap)
    assert again.fingerprint == first.fingerprint
    forget(again)
    forget(first)
    shutil.rmtree(folder)
    stored = load_ratings(table)
    assert isinstance(stored.ratings.base, np.memmap)
    assert again.fingerprint == stored.fingerprint == first.fingerprint
