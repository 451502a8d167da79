"""Every form a table comes in is read: folders, archives, compression, separators, scales and ids."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from core.contract import RawTable, Reader
from core.data import describe, load_ratings
from core.errors import DataError, UsageError

ROWS = [(1, 10, 4.0, 100), (1, 11, 3.5, 101), (2, 10, 2.0, 102), (3, 12, 5.0, 103)]


def text(separator, header=True, rows=ROWS):
    names = ["userId", "movieId", "rating", "timestamp"]
    lines = ([separator.join(names)] if header else []) + [separator.join(map(str, row)) for row in rows]
    return "\n".join(lines) + "\n"


def table(ratings):
    users = ratings.user_vocabulary.ids[ratings.users].tolist()
    items = ratings.item_vocabulary.ids[ratings.items].tolist()
    return list(zip(users, items, ratings.ratings.tolist(), ratings.timestamps.tolist(), strict=True))


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "::", " ", "  \t "])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_separators(write, separator, header, ending):
    ratings = load_ratings(write(text(separator, header).replace("\n", ending)))
    assert table(ratings) == ROWS
    assert ratings.reading["header"] == ("yes" if header else "no")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress, pa.Codec("zstd").compress])
def test_compression_by_content_not_by_name(write, pack):
    packed = pack(text(",").encode())
    assert table(load_ratings(write(bytes(packed), "table"))) == ROWS


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lzma.compress, bz2.compress, pa.Codec("zstd").compress]
)
def test_faults_in_compressed_files_have_their_line(write, pack):
    with pytest.raises(DataError, match="'bad'") as caught:
        load_ratings(write(bytes(pack(text(",").replace("2.0", "bad").encode())), "table"))
    assert caught.value.row == 4


def test_a_byte_order_mark_is_no_part_of_the_first_id(write):
    ratings = load_ratings(write(text(",", header=False).encode("utf-8-sig")))
    assert table(ratings) == ROWS


def test_compressed_colons(write):
    assert table(load_ratings(write(gzip.compress(text("::", False).encode()), "r.dat.gz"))) == ROWS


def test_parquet_with_its_own_types(tmp_path):
    frame = pd.DataFrame(ROWS, columns=["User-ID", "ISBN", "Book-Rating", "date"])
    frame["ISBN"] = frame["ISBN"].astype(str).astype("category").cat.reorder_categories(["12", "11", "10"])
    frame["User-ID"] = frame["User-ID"].astype(float)
    frame["date"] = pd.to_datetime(frame["date"], unit="s")
    path = tmp_path / "books.parquet"
    frame.to_parquet(path)
    ratings = load_ratings(path)
    assert table(ratings) == ROWS
    assert ratings.item_vocabulary.ids.tolist() == [10, 11, 12]


def test_parquet_faults(tmp_path):
    path = tmp_path / "t.parquet"
    columns = {"user": [1, None, 2], "item": [1, 2, 3], "rating": [1.0, 2.0, 3.0]}
    parquet.write_table(pa.table(columns), path)
    with pytest.raises(DataError, match="user id is missing") as caught:
        load_ratings(path)
    assert caught.value.row == 2
    parquet.write_table(pa.table({**columns, "user": [1, 1, 2], "rating": ["1", "two", "3"]}), path)
    with pytest.raises(DataError, match="'two' is not a number") as caught:
        load_ratings(path)
    assert (caught.value.row, caught.value.column) == (2, "rating")
    parquet.write_table(pa.table({**columns, "user": [[1], [1], [2]]}), path)
    with pytest.raises(DataError, match="list"):
        load_ratings(path)


def test_movielens_folder(write):
    ratings_path = write(text(","), "ml/ratings.csv")
    write(
        'movieId,title,genres\n12,"Matrix, The (1999)",Action|Sci-Fi\n10,Up (2009),(no genres listed)\n',
        "ml/movies.csv",
    )
    for source in (ratings_path.parent, ratings_path):
        ratings = load_ratings(source)
        assert ratings.item_table.titles == ("Up (2009)", "11", "Matrix, The (1999)")
        assert ratings.item_table.genres == ((), (), ("Action", "Sci-Fi"))
        assert ratings.item_table.years.tolist() == [2009, 0, 1999]
        assert [repair.kind for repair in ratings.repairs] == ["titles"]


def write_100k(write):
    path = write(text("\t", False), "ml-100k/u.data")
    flags = ["0"] * 19
    flags[1] = flags[15] = "1"
    line = f"10|Misérables, Les (1995)|01-Jan-1995||http://example.org|{'|'.join(flags)}\n"
    write(line.encode("latin-1"), "ml-100k/u.item")
    write(text("\t", False, ROWS[:3]), "ml-100k/u1.base")
    write(text("\t", False, ROWS[3:]), "ml-100k/u1.test")
    return path.parent


def test_movielens_100k(write):
    ratings = load_ratings(write_100k(write))
    assert table(ratings) == ROWS
    assert ratings.item_table.titles == ("Misérables, Les (1995)", "11", "12")
    assert ratings.item_table.genres[0] == ("Action", "Sci-Fi")
    assert ratings.item_table.years[0] == 1995


def test_movielens_dat(write):
    path = write(text("::", False), "ml-1m/ratings.dat")
    write(
        "10::Misérables, Les (1995)::Drama|Musical\n12::Up: 3 (2009)::Animation\n".encode("latin-1"),
        "ml-1m/movies.dat",
    )
    for source in (path.parent, path):
        ratings = load_ratings(source)
        assert table(ratings) == ROWS
        assert ratings.item_table.titles == ("Misérables, Les (1995)", "11", "Up: 3 (2009)")
        assert ratings.item_table.genres[0] == ("Drama", "Musical")


def zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def test_zip_of_a_folder_is_read_without_unpacking(write, tmp_path):
    folder = write_100k(write)
    ratings = load_ratings(zipped(folder, tmp_path / "ml-100k.zip"))
    assert ratings.fingerprint == load_ratings(folder).fingerprint
    assert ratings.item_table.titles[0] == "Misérables, Les (1995)"


def test_zip_of_one_table_and_its_errors(write, tmp_path):
    path = tmp_path / "one.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.txt", "read me")
        archive.writestr("stars.csv", text(","))
    assert table(load_ratings(path)) == ROWS
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stars.csv", text(",").replace("2.0", "bad"))
    with pytest.raises(DataError, match="'bad'") as caught:
        load_ratings(path)
    assert caught.value.row == 4
    assert str(caught.value.path).endswith("one.zip/stars.csv")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
        archive.writestr("b.txt", "b")
    with pytest.raises(DataError, match=r"it holds a\.txt, b\.txt"):
        load_ratings(path)


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        ("User-ID;ISBN;Book-Rating", ("User-ID", "ISBN", "Book-Rating", "none")),
        ("reviewerID,asin,overall,unixReviewTime", ("reviewerID", "asin", "overall", "unixReviewTime")),
        ("stars,business_id,user_id,date", ("user_id", "business_id", "stars", "date")),
        (",USER,Item,SCORE", ("USER", "Item", "SCORE", "none")),
        ("customer,product,rating,time", ("customer", "product", "rating", "time")),
    ],
)
def test_usual_column_names_are_found_and_shown(write, names, columns):
    separator = ";" if ";" in names else ","
    usual = {"user": 0, "item": 1, "rating": 2, "time": 3}
    header = names.split(separator)
    roles = dict(zip(columns, usual.values(), strict=True))
    lines = [
        separator.join(str(row[roles[name]]) if name in roles else "9" for name in header) for row in ROWS
    ]
    ratings = load_ratings(write("\n".join([names, *lines])))
    found = describe(ratings)["reading"]
    assert tuple(found[f"{role}_column"] for role in usual) == columns
    assert ratings.ratings.tolist() == [row[2] for row in ROWS]


def test_columns_by_name_and_by_position(write):
    path = write("a,b,c\n4,1,10\n3,1,11\n2,2,10\n")
    by_name = load_ratings(path, {"user_column": "b", "item_column": "c", "rating_column": "A"})
    by_place = load_ratings(path, {"user_column": "2", "item_column": "3", "rating_column": "1"})
    assert by_name.ratings.tolist() == by_place.ratings.tolist() == [4, 3, 2]
    assert by_name.fingerprint == by_place.fingerprint


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([-10, 10, 9.5, -3.25], (-10, 10, 0.25)),
        ([-9.95, 3.14159, 7.5, 1.0], (-9.95, 7.5, 0)),
        ([1, 10, 4, 7], (1, 10, 3)),
        ([1, 10, 4, 5], (1, 10, 1)),
        ([0, 100, 55, 30], (0, 100, 5)),
        ([0.5, 5, 3.5, 4], (0.5, 5, 0.5)),
    ],
)
def test_scales(write, values, scale):
    rows = [(*row[:2], value, row[3]) for row, value in zip(ROWS, values, strict=True)]
    found = load_ratings(write(text(",", rows=rows))).scale
    assert (found.minimum, found.maximum, found.step) == pytest.approx(scale)


@pytest.mark.parametrize(
    "ids",
    [
        ["007", "7", "08"],
        ["+1", "2", "3"],
        ["0195153448", "080442957X", "3"],
        ["550e8400-e29b-41d4-a716-446655440000", "b", "ü"],
        ["99999999999999999999", "1", "2"],
        ["映画", "🎬", "a b"],
        ["NA", "null", "None"],
        ["1.0", "1", "x"],
    ],
)
def test_text_ids_stay_as_they_are(write, ids):
    rows = [(ids[index % 3], f"item {ids[(index * 2) % 3]}", index, 1) for index in range(6)]
    ratings = load_ratings(write(text(",", rows=rows)), {"header": "yes"})
    assert ratings.user_vocabulary.ids.tolist() == ids
    assert ratings.user_vocabulary.row(ids[1]) == 1


def test_whole_numbers_become_int64_in_order_of_appearance(write):
    rows = [(-5, 3, 1, 1), (0, 2, 2, 1), (123456789012, 3, 4, 1), (-5, 2, 5, 1)]
    ratings = load_ratings(write(text(",", rows=rows)))
    assert ratings.user_vocabulary.ids.dtype == np.int64
    assert ratings.user_vocabulary.ids.tolist() == [-5, 0, 123456789012]
    assert ratings.users.tolist() == [0, 1, 2, 0]
    assert (ratings.users.dtype, ratings.ratings.dtype) == (np.int32, np.float32)


def test_decimal_commas(write):
    path = write("user;item;rating\n1;10;4,5\n2;10;3,0\n2;11;1,5\n")
    assert load_ratings(path).ratings.tolist() == [4.5, 3.0, 1.5]


def test_times_as_dates(write):
    path = write("user,item,rating,date\n1,1,3,2001-09-09 01:46:40\n2,1,4,2001-09-09T01:46:41Z\n2,2,1,\n")
    assert load_ratings(path).timestamps.tolist() == [1_000_000_000, 1_000_000_001, 1_000_000_000]


def test_items_table_of_other_names(write):
    items = write(
        "Book_ID;Name;Categories;Year\n12;Emma;Classic, Romance;1815\n10;Ulysses;;1922\n", "books.txt"
    )
    ratings = load_ratings(write(text(",")), {"items": str(items), "items_id_column": "Book_ID"})
    assert ratings.item_table.titles == ("Ulysses", "11", "Emma")
    assert ratings.item_table.genres[2] == ("Classic", "Romance")
    assert ratings.item_table.years.tolist() == [1922, 0, 1815]
    assert (
        load_ratings(ratings.reading["source"], ratings.reading).item_table.titles
        == ratings.item_table.titles
    )


def test_titles_in_the_ratings_table_itself(write):
    path = write(
        "user,book,rating,name,genre\n1,10,4,Emma (1815),Novel\n2,10,3,Emma (1815),Novel\n2,11,5,Ulysses,\n"
    )
    assert load_ratings(path).item_table.titles == ("10", "11")
    ratings = load_ratings(path, {"title_column": "name"})
    assert ratings.item_table.titles == ("Emma (1815)", "Ulysses")
    assert ratings.item_table.genres == (("Novel",), ())
    assert load_ratings(path, ratings.reading).item_table.titles == ratings.item_table.titles


def test_a_folder_given_as_a_dot_has_its_name(write, monkeypatch):
    monkeypatch.chdir(write(text(","), "stars/ratings.csv").parent)
    assert load_ratings(".").name == "stars"


def test_reading_is_json_and_reads_the_same_again(write):
    for path in (write(text(" ", False)), write_100k(write)):
        first = load_ratings(path)
        reading = json.loads(json.dumps(first.reading))
        again = load_ratings(reading["source"], reading)
        assert again.fingerprint == first.fingerprint
        assert again.item_table.titles == first.item_table.titles
        assert again.reading == first.reading
        json.dumps(describe(again))


class JsonLines(Reader):
    name = "json-lines"
    description = "One rating a line, as a JSON object."

    def recognizes(self, location):
        return location.name.endswith(".jsonl")

    def read(self, location, options):
        rows = [json.loads(line) for line in location.open("rb")]
        return RawTable([r["user"] for r in rows], [r["item"] for r in rows], [r["stars"] for r in rows])


def test_a_reader_from_a_plugin(write):
    lines = [json.dumps({"user": user, "item": f"i{item}", "stars": stars}) for user, item, stars, _ in ROWS]
    path = write("\n".join(lines), "t.jsonl")
    ratings = load_ratings(path, sources=[JsonLines()])
    assert ratings.item_vocabulary.ids.tolist() == ["i10", "i11", "i12"]
    assert ratings.reading["reader"] == "json-lines"
    bad = write('{"user": 1, "item": 2, "stars": 3}\n{"user": 2, "item": 2, "stars": null}', "bad.jsonl")
    with pytest.raises(DataError, match="rating") as caught:
        load_ratings(bad, sources=[JsonLines()])
    assert caught.value.row == 2
    broken = write("not json", "broken.jsonl")
    with pytest.raises(DataError, match="the reader 'json-lines' failed"):
        load_ratings(broken, sources=[JsonLines()])
    with pytest.raises(UsageError, match="Two readers"):
        load_ratings(path, sources=[JsonLines(), JsonLines()])
    with pytest.raises(UsageError, match="no reader 'json-line'"):
        load_ratings(path, {"reader": "json-line"}, sources=[JsonLines()])
