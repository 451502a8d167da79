"""Titles are found whatever the items table looks like; what is no genre is left out and said."""

from __future__ import annotations

import json
import sqlite3

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from core.data import load_ratings
from core.errors import DataError


def ratings_of(users, items):
    rows = (f"{u},{i},{(u * i) % 5 + 1}\n" for u in range(1, users + 1) for i in range(1, items + 1))
    return "user,item,rating\n" + "".join(rows)


RATINGS = ratings_of(8, 6)
TITLES = [f"The Film {name}" for name in "ABCDEF"]


@pytest.fixture
def titles(write):
    def found(items, name="titles.csv", ratings=RATINGS, **reading):
        table = load_ratings(write(ratings), {"items": str(write(items, name)), **reading})
        return table, [table.item_table.titles[row] for row in range(6)]

    return found


def lines(*columns):
    return "".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def test_titles_of_several_words(titles):
    _, found = titles("item_id,title\n" + lines(range(1, 7), TITLES))
    assert found == TITLES


def test_a_separator_can_be_named(titles):
    rows = "".join(f"{place}~{title}\n" for place, title in enumerate(TITLES, 1))
    _, found = titles("item_id~title\n" + rows, items_separator="~")
    assert found == TITLES


@pytest.mark.parametrize(("column", "id_column"), [("book_id", "isbn"), ("ISBN", "bookID")])
def test_the_column_that_knows_the_rated_items_is_taken(titles, column, id_column):
    ratings = RATINGS.replace("item", column)
    other = range(978001, 978007)
    items = f"{id_column},{column},title\n" + lines(other, range(1, 7), TITLES)
    table, found = titles(items, ratings=ratings)
    assert (found, table.reading["items_id_column"]) == (TITLES, column)
    table, found = titles(items.replace(f",{column},", ",goodreads_id,"), ratings=ratings)
    assert (found, table.reading["items_id_column"]) == (TITLES, "goodreads_id")


def test_titles_that_miss_name_the_column_and_the_flag(titles):
    table, _ = titles("item_id,title\n" + lines(range(4, 10), TITLES))
    message = next(repair for repair in table.repairs if repair.kind == "titles").message
    assert "'item_id'" in message
    assert "--items-id-column" in message


def test_an_unknown_column_of_titles_is_refused_with_those_there_are(titles):
    items = "item_id,bezeichner,size\n" + lines(range(1, 7), TITLES, range(6))
    with pytest.raises(DataError, match="'bezeichner'") as caught:
        titles(items)
    assert "--title-column" in caught.value.hint
    assert titles(items, title_column="bezeichner")[1] == TITLES
    assert titles("id,Game Name,size\n" + lines(range(1, 7), TITLES, range(6)))[1] == TITLES
    assert titles("id,bezeichner\n" + lines(range(1, 7), TITLES))[1] == TITLES


@pytest.mark.parametrize(("rated", "listed"), [("{}.0", "{}"), ("{}", "{}.0"), ("{}.0", "{}.0")])
def test_ids_written_as_decimals_meet(titles, rated, listed):
    rows = [line.split(",") for line in RATINGS.splitlines()[1:]]
    ratings = "user,item,rating\n" + "".join(f"{u},{rated.format(i)},{r}\n" for u, i, r in rows)
    _, found = titles(
        "item_id,title\n" + lines([listed.format(i) for i in range(1, 7)], TITLES), ratings=ratings
    )
    assert found == TITLES


def test_urls_are_no_genres(titles):
    table, found = titles(
        "".join(f"{i}\t{t}\thttp://x.example/{i}\n" for i, t in enumerate(TITLES, 1)), "t.dat"
    )
    assert found == TITLES
    assert not any(table.item_table.genres)
    assert any(repair.kind == "genres" for repair in table.repairs)


def test_texts_of_each_items_own_are_no_genres(write):
    items = "item_id,title,category\n" + "".join(
        f"{i},Film {i},A text about number {i}\n" for i in range(1, 21)
    )
    table = load_ratings(write(ratings_of(8, 20)), {"items": str(write(items, "items.csv"))})
    assert not any(table.item_table.genres)


@pytest.mark.parametrize("write_list", [json.dumps, repr])
def test_lists_of_named_genres_are_read(titles, write_list):
    genres = [
        [{"id": 16, "name": "Animation"}, {"id": 35, "name": "Comedy, dark"}],
        [],
        [{"id": 1, "name": "War"}],
    ] * 2
    cells = ['"' + write_list(names).replace('"', '""') + '"' for names in genres]
    table, _ = titles("id,title,genres\n" + lines(range(1, 7), TITLES, cells))
    assert table.item_table.genres == (("Animation", "Comedy, dark"), (), ("War",)) * 2


def items_of(kind, path):
    columns = {"item_id": list(range(1, 7)), "title": TITLES, "genres": [["War", "Drama"]] * 6}
    if kind == "parquet":
        parquet.write_table(pa.table(columns), path)
    elif kind == "arrow":
        feather.write_feather(pa.table(columns), path)
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in pa.table(columns).to_pylist()))
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE films (item_id INTEGER, title TEXT)")
            connection.executemany("INSERT INTO films VALUES (?, ?)", enumerate(TITLES, 1))
        connection.close()


@pytest.mark.parametrize("kind", ["parquet", "arrow", "jsonl", "sqlite"])
def test_items_in_other_forms(write, tmp_path, kind):
    path = tmp_path / f"items.{kind}"
    items_of(kind, path)
    table = load_ratings(write(RATINGS), {"items": str(path)})
    assert list(table.item_table.titles) == TITLES
    assert kind == "sqlite" or set(table.item_table.genres) == {("War", "Drama")}


def test_titles_beside_a_table_of_another_name(write):
    folder = write(RATINGS.replace("item", "ISBN"), "shop/BX-Book-Ratings.csv").parent
    books = "ISBN,Book-Title,Year-Of-Publication\n" + lines(range(1, 7), TITLES, [1999] * 6)
    write(books.replace(",", ";"), "shop/BX-Books.csv")
    write("User-ID,Age\n1,30\n", "shop/BX-Users.csv")
    table = load_ratings(folder)
    assert list(table.item_table.titles) == TITLES
