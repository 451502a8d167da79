"""Any table written in any supported form comes back the same; no bytes crash or hang the reader."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from core.data import convert, describe, load_ratings
from core.errors import TastemapError, UsageError

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT_ID = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters=",;|:\t\"\\'"), min_size=1, max_size=12
)
NUMBER_ID = st.integers(-(10**17), 10**17)
STARS = st.integers(1, 20).map(lambda steps: steps / 2)


@st.composite
def tables(draw):
    """Rows (user, item, rating, time) with distinct pairs, two users, two items and two ratings at least."""
    ids = draw(st.sampled_from([TEXT_ID, NUMBER_ID]))
    users = draw(st.lists(ids, min_size=2, max_size=6, unique=True))
    items = draw(st.lists(ids, min_size=2, max_size=6, unique=True))
    pairs = draw(st.lists(st.sampled_from([(u, i) for u in users for i in items]), min_size=3, unique=True))
    rows = [(user, item, draw(STARS), draw(st.integers(0, 2**31))) for user, item in pairs]
    assume(all(len({row[column] for row in rows}) > 1 for column in range(3)))
    return rows


def values(ratings):
    users = ratings.user_vocabulary.ids[ratings.users].tolist()
    items = ratings.item_vocabulary.ids[ratings.items].tolist()
    return list(
        zip(
            map(str, users),
            map(str, items),
            ratings.ratings.tolist(),
            ratings.timestamps.tolist(),
            strict=True,
        )
    )


def as_text(rows):
    return [(str(user), str(item), rating, time) for user, item, rating, time in rows]


def delimited(rows, separator):
    buffer = io.StringIO()
    if separator in ("::", "  "):
        lines = [separator.join(map(str, row)) for row in [("user", "item", "rating", "time"), *rows]]
        return ("\n".join(lines) + "\n").encode()
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerows([("user", "item", "rating", "time"), *rows])
    return buffer.getvalue().encode()


PACKERS = {
    "plain": bytes,
    "gzip": gzip.compress,
    "xz": lambda data: lzma.compress(data, preset=0),
    "bzip2": bz2.compress,
    "zstd": lambda data: bytes(pa.Codec("zstd").compress(data)),
}


@CALM
@given(tables(), st.sampled_from([",", "\t", ";", "|", "::", "  "]), st.sampled_from(sorted(PACKERS)))
def test_text_forms_round_trip(tmp_path, rows, separator, packer):
    path = tmp_path / "table"
    path.write_bytes(PACKERS[packer](delimited(rows, separator)))
    words = {"::": "colons", "  ": "whitespace"}
    ratings = load_ratings(path, {"separator": words.get(separator, separator), "header": "yes"})
    assert values(ratings) == as_text(rows)


@CALM
@given(tables(), st.sampled_from(["utf-16", "utf-16-le", "utf-8-sig"]))
def test_encodings_round_trip(tmp_path, rows, encoding):
    path = tmp_path / "table.csv"
    path.write_bytes(delimited(rows, ",").decode().encode(encoding))
    ratings = load_ratings(path, {"encoding": encoding, "separator": "comma", "header": "yes"})
    assert values(ratings) == as_text(rows)


@CALM
@given(tables(), st.sampled_from([".csv", ".tsv", ".parquet", ".zip"]))
def test_convert_round_trips(tmp_path, rows, ending):
    source, target = tmp_path / "source.csv", tmp_path / "target"
    source.write_bytes(delimited(rows, ","))
    first = load_ratings(source, {"separator": "comma", "header": "yes"})
    path = target.with_suffix(".csv" if ending == ".zip" else ending)
    told = convert(first, path, overwrite=True)
    assert told["rows"] == len(rows)
    if ending == ".zip":
        with zipfile.ZipFile(target.with_suffix(".zip"), "w") as archive:
            archive.write(path, "inside/table.csv")
        path = target.with_suffix(".zip")
    form = {"header": "yes", "separator": "tab" if ending == ".tsv" else "comma"}
    again = load_ratings(path, {**form, "items": told["items"], "items_encoding": "utf-8"})
    assert values(again) == values(first)
    assert again.item_table.titles == first.item_table.titles
    assert again.fingerprint == first.fingerprint


@CALM
@given(tables(), st.randoms(use_true_random=False))
def test_shuffled_rows_are_the_same_ratings(tmp_path, rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    loaded = []
    for name, content in (("a", rows), ("b", shuffled)):
        path = tmp_path / name
        path.write_bytes(delimited(content, ","))
        loaded.append(load_ratings(path, {"separator": "comma", "header": "yes"}))
    assert sorted(values(loaded[0])) == sorted(values(loaded[1]))
    told = [describe(ratings) for ratings in loaded]
    for fact in ("users", "items", "ratings", "density", "scale"):
        assert told[0][fact] == told[1][fact]


@CALM
@given(tables())
def test_renamed_ids_keep_every_row(tmp_path, rows):
    renamed = [(f"user {user}", f"item {item}", rating, time) for user, item, rating, time in rows]
    loaded = []
    for name, content in (("a", rows), ("b", renamed)):
        path = tmp_path / name
        path.write_bytes(delimited(content, ","))
        loaded.append(load_ratings(path, {"separator": "comma", "header": "yes"}))
    for column in ("users", "items", "ratings", "timestamps"):
        assert np.array_equal(getattr(loaded[0], column), getattr(loaded[1], column))


GOOD = b"user,item,rating,time\n1,10,4,5\n1,11,3,6\n2,10,2,7\n3,12,5,8\n"
STARTS = [
    b"",
    GOOD,
    b"PK\x03\x04",
    b"PAR1",
    b"\x1f\x8b\x08\x00",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",
    b"BZh9",
    b"\xff\xfe",
]


def expect_no_crash(path, reading=None):
    try:
        ratings = load_ratings(path, reading)
    except TastemapError as error:
        assert str(error)
    else:
        assert len(ratings) > 0
        assert np.isfinite(ratings.ratings).all()
        describe(ratings)


@settings(CALM, max_examples=300)
@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path, start, tail):
    path = tmp_path / "table.csv"
    path.write_bytes(start + tail)
    expect_no_crash(path)


@settings(CALM, max_examples=300)
@given(st.text(st.sampled_from('01,.;|:\t\n\r "\\-enaé'), max_size=120), st.booleans())
def test_any_table_like_text_is_read_or_refused(tmp_path, text, headed):
    path = tmp_path / "table.csv"
    path.write_bytes((GOOD[:22] if headed else b"") + text.encode())
    expect_no_crash(path)


@settings(CALM, max_examples=200)
@given(st.data())
def test_damaged_files_are_read_or_refused(tmp_path, data):
    packed = {name: pack(GOOD * 3) for name, pack in PACKERS.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ratings.csv", GOOD)
    packed["zip"] = buffer.getvalue()
    sink = io.BytesIO()
    columns = {"user": [1, 2, 3], "item": ["a", "b", "a"], "rating": [1.0, 2.0, 3.0]}
    pa.parquet.write_table(pa.table(columns), sink)
    packed["parquet"] = sink.getvalue()
    content = bytearray(packed[data.draw(st.sampled_from(sorted(packed)))])
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    path = tmp_path / "table"
    path.write_bytes(bytes(content))
    expect_no_crash(path)


@settings(CALM, max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from(["separator", "encoding", "user_column", "decimal", "items"]), st.text(max_size=6)
    )
)
def test_any_options_are_taken_or_refused(tmp_path, reading):
    path = tmp_path / "table.csv"
    path.write_bytes(GOOD)
    expect_no_crash(path, reading)


def test_convert_refuses_what_it_cannot_do(tmp_path):
    ratings = load_ratings("demo")
    with pytest.raises(UsageError, match="should end in"):
        convert(ratings, tmp_path / "demo.xlsx")
    convert(ratings, tmp_path / "demo.parquet")
    with pytest.raises(UsageError, match="there already"):
        convert(ratings, tmp_path / "demo.parquet")
    with pytest.raises(TastemapError, match="can't be written"):
        convert(ratings, tmp_path / "nowhere" / "demo.csv")
