"""Tags beside the ratings are read, kept where they are shared, and never an obstacle."""

from __future__ import annotations

import zipfile

import numpy as np
import pandas as pd
import pytest

from core.contract.data import ReadingOptions
from core.data import load_ratings
from core.data.loading import _cache as cache
from core.data.reading import tags as tags_module
from core.data.reading.tags import read_tags, shared_tags
from core.data.reading.text import MovieLensFolder

RATINGS = [(user, item, (user + item) % 5 + 1) for user in range(1, 5) for item in range(10, 17)]
TAGS = [
    (1, 10, "Dark Comedy"),
    (2, 10, " dark  comedy "),  # the same tag of the same film
    (2, 11, "DARK COMEDY"),
    (1, 10, "seen with mum"),  # one person, one item: nobody else's business
    *((3, item, "fifties") for item in range(11, 16)),  # one person, but five items
    *((4, item, "four only") for item in range(11, 15)),
    (1, 12, "Straße"),
    (2, 12, "STRASSE"),
    (1, 99, "dark comedy"),  # nobody rated item 99
]
SHARED = (
    ("dark comedy",),
    ("dark comedy", "fifties"),
    ("fifties", "strasse"),
    ("fifties",),
    ("fifties",),
    ("fifties",),
    (),
)


@pytest.fixture
def folder(write):
    """A MovieLens folder without tags."""
    lines = "".join(f"{user},{item},{rating},9\n" for user, item, rating in RATINGS)
    path = write(f"userId,movieId,rating,timestamp\n{lines}", "ml/ratings.csv")
    write("movieId,title,genres\n10,Ten (2010),Drama\n", "ml/movies.csv")
    return path.parent


def tag_lines(separator=","):
    return "".join(separator.join(map(str, (*row, 7))) + "\n" for row in TAGS)


def write_tags(folder, content=None):
    path = folder / "tags.csv"
    text = f"userId,movieId,tag,timestamp\n{tag_lines()}" if content is None else content
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def tag_repairs(ratings):
    return [(repair.count, repair.message) for repair in ratings.repairs if repair.kind == "tags"]


def test_shared_tags_are_read_in_one_spelling_and_aligned_with_the_items(folder):
    write_tags(folder)
    for source in (folder, folder / "ratings.csv"):
        ratings = load_ratings(source)
        assert ratings.item_table.tags == SHARED
        assert tag_repairs(ratings) == []


def test_tags_change_nothing_else(folder):
    without = load_ratings(folder)
    write_tags(folder)
    ratings = load_ratings(folder)
    assert without.item_table.tags == ()
    assert ratings.fingerprint == without.fingerprint
    assert ratings.item_table.titles == without.item_table.titles
    assert ratings.repairs == without.repairs


def test_without_titles_or_with_another_items_table(folder, write):
    write_tags(folder)
    assert load_ratings(folder, {"items": "none"}).item_table.tags == ()
    items = write("movieId,title\n11,Eleven\n", "other.csv")
    ratings = load_ratings(folder, {"items": str(items)})
    assert (ratings.item_table.titles[1], ratings.item_table.tags) == ("Eleven", SHARED)


def test_tags_that_no_rated_item_has_are_none(folder):
    write_tags(folder, "userId,movieId,tag\n1,99,far\n2,99,far\n")
    assert load_ratings(folder).item_table.tags == ()


def test_a_header_alone_is_no_damage(folder):
    write_tags(folder, "userId,movieId,tag,timestamp\n")
    ratings = load_ratings(folder)
    assert (ratings.item_table.tags, tag_repairs(ratings)) == ((), [])


def test_a_zip_archive_with_tags(folder, tmp_path):
    write_tags(folder)
    path = tmp_path / "ml.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"ml/{file.name}")
    assert load_ratings(path).item_table.tags == SHARED


def test_a_damaged_tags_file_in_an_archive(folder, tmp_path):
    path = tmp_path / "ml.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"ml/{file.name}")
        archive.writestr("ml/tags.csv", f"userId,movieId,tag,timestamp\n{tag_lines()}")
    path.write_bytes(path.read_bytes().replace(b"Dark Comedy", b"Lark Comedy"))  # its checksum fails now
    ratings = load_ratings(path)
    assert ratings.item_table.tags == ()
    ((count, message),) = tag_repairs(ratings)
    assert count == 1
    assert message.startswith("tags.csv can't be read (")


def test_colons_of_ml_10m(write):
    lines = "".join(f"{user}::{item}::{rating}::9\n" for user, item, rating in RATINGS)
    path = write(lines, "ml-10m/ratings.dat")
    write("10::Ten (2010)::Drama\n", "ml-10m/movies.dat")
    write(tag_lines("::"), "ml-10m/tags.dat")
    assert load_ratings(path.parent).item_table.tags == SHARED
    assert load_ratings(path.parent, {"items": "none"}).item_table.tags == ()


@pytest.mark.parametrize(
    ("damage", "count"),
    [
        ("1,10\n", 1),
        ("1,10,a,b,c,d\n1\n", 2),
        ("1,10,,7\n1,10,  ,7\n,10,dark comedy,7\n", 3),
        ('3,16,"never closed,7\n', 1),
        ("1,10,caf\ufffd,7\n", 0),
    ],
)
def test_damaged_lines_are_left_out_and_counted(folder, damage, count):
    rows = tag_lines().splitlines(keepends=True)
    write_tags(folder, "".join(["userId,movieId,tag,timestamp\n", *rows[:3], damage, *rows[3:]]))
    ratings = load_ratings(folder)
    assert ratings.item_table.tags == SHARED
    said = f"{count} lines of tags.csv can't be used: left out"
    assert tag_repairs(ratings) == ([(count, said)] if count else [])


def test_a_stray_byte_late_in_the_file_costs_one_line(folder):
    filler = "".join(f"1,10,word {number},7\n" for number in range(70_000))  # sniffing looks at 1 MiB
    head = f"userId,movieId,tag,timestamp\n{filler}".encode()
    write_tags(folder, head + b"1,10,caf\xe9,7\n" + tag_lines().encode())
    ratings = load_ratings(folder)
    assert ratings.item_table.tags == SHARED
    assert [count for count, _ in tag_repairs(ratings)] == [1]


def test_latin_1_is_read_and_stated(folder):
    write_tags(folder, "userId,movieId,tag\n1,10,Café\n2,10,CAFÉ\n".encode("latin-1"))
    ratings = load_ratings(folder)
    assert ratings.item_table.tags[0] == ("café",)
    assert "tags.csv is not UTF-8: read as latin-1" in [repair.message for repair in ratings.repairs]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(range(256)) * 40,
        b"tag_id,tag_name\n1,--11-\n2,dark\n",  # goodbooks-10k has a tags.csv of its own kind
        b"one column\nof words\n",
        b"\x1f\x8b\x08\x00broken",
        b"userId,movieId,tag\n1,10," + b"x" * (1 << 21) + b"\n",
    ],
)
def test_a_file_that_is_no_table_of_tags_is_stated_and_the_ratings_stand(folder, content):
    plain = load_ratings(folder)
    write_tags(folder, content)
    ratings = load_ratings(folder)
    assert ratings.fingerprint == plain.fingerprint
    assert ratings.item_table.tags == ()
    ((count, message),) = tag_repairs(ratings)
    assert count == 1
    assert message.startswith("tags.csv can't be read (")
    assert message.endswith("): no tags are known")


def test_no_rubbish_stops_the_ratings(folder):
    generator = np.random.default_rng(0)
    good = f"userId,movieId,tag,timestamp\n{tag_lines()}".encode()
    for _ in range(60):
        content = bytearray(good)
        for at in generator.integers(0, len(content), generator.integers(1, 30)):
            content[at] = int(generator.integers(0, 256))
        write_tags(folder, bytes(content))
        assert len(load_ratings(folder)) == len(RATINGS)


def test_columns_of_a_plugin(folder):
    tags, blank = shared_tags(["a", "b", "b"], ["x", "x", "y"], ["Fun", "fun", ""])
    assert (tags, blank) == ({"x": ("fun",)}, 1)
    assert shared_tags([], [], []) == ({}, 0)


def test_the_cache_keeps_tags_and_notices_new_ones(folder, monkeypatch):
    monkeypatch.setattr(cache, "SMALLEST", 0)
    path = write_tags(folder)

    parsed, read = [], MovieLensFolder.read
    monkeypatch.setattr(MovieLensFolder, "read", lambda *arguments: parsed.append(1) or read(*arguments))
    assert [load_ratings(folder).item_table.tags for _ in range(2)] == [SHARED, SHARED]
    assert len(parsed) == 1
    path.write_text(path.read_text() + "1,16,late,7\n2,16,late,7\n")
    assert load_ratings(folder).item_table.tags[-1] == ("late",)
    assert len(parsed) == 2


def test_the_cache_keeps_that_there_are_none(folder, monkeypatch):
    monkeypatch.setattr(cache, "SMALLEST", 0)
    assert [load_ratings(folder).item_table.tags for _ in range(2)] == [(), ()]


@pytest.mark.real_data
def test_tags_of_the_2016_edition_are_those_that_pandas_counts(real_data):
    folder = real_data / "ml-latest-small-2016"
    ratings = load_ratings(folder)
    frame = pd.read_csv(folder / "tags.csv", keep_default_na=False)
    frame["tag"] = frame["tag"].str.casefold().str.split().str.join(" ")
    by_tag = frame.groupby("tag")
    kept = (by_tag["userId"].nunique() >= 2) | (by_tag["movieId"].nunique() >= 5)
    frame = frame[frame["tag"].map(kept)]
    expected = frame.groupby("movieId")["tag"].agg(lambda tags: tuple(sorted(set(tags))))
    ids = ratings.item_vocabulary.ids.tolist()
    assert ratings.item_table.tags == tuple(expected.get(identifier, ()) for identifier in ids)
    matrix = ratings.item_table.tags[ratings.item_vocabulary.row(2571)]
    assert matrix == ("philosophy", "sci-fi")


def test_only_a_damaged_file_is_read_line_by_line_and_both_ways_find_the_same(folder, monkeypatch):
    """How much faster a sound one is read is told by tests/benchmarks/responsiveness.py."""
    line_by_line = []
    real = tags_module.single_lines
    monkeypatch.setattr(tags_module, "single_lines", lambda *words: line_by_line.append(1) or real(*words))
    generator = np.random.default_rng(0)
    people, items, words = (generator.integers(1, most, 20_000) for most in (1_000, 3_000, 4_500))
    frame = pd.DataFrame({"userId": people, "movieId": items, "tag": words, "timestamp": 7})
    frame["tag"] = "Word " + frame["tag"].astype(str)
    frame.to_csv(folder / "tags.csv", index=False)
    shared, repairs = read_tags(folder / "tags.csv", ReadingOptions())
    assert (len(line_by_line), repairs) == (0, ())
    with (folder / "tags.csv").open("a") as stream:
        stream.write("too,short\n")
    same, repairs = read_tags(folder / "tags.csv", ReadingOptions())
    assert (len(line_by_line), [repair.count for repair in repairs]) == (1, [1])
    assert shared == same
    assert len(shared) > 2_500
