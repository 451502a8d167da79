"""Ratings and tables as people write them elsewhere: words, stars, units, codes, nests of JSON, bytes."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from core.data import load_ratings
from core.errors import ColumnsError, DataError, SeveralTablesError, UsageError

ROWS = [(f"u{user}", f"i{item}", (user * item) % 5 + 1) for user in range(1, 9) for item in range(1, 7)]
WORDS = ("awful", "bad", "ok", "good", "really great")


def table(cell, header="user,item,rating"):
    return f"{header}\n" + "".join(f"{user},{item},{cell(rating)}\n" for user, item, rating in ROWS)


@pytest.fixture
def truth(write):
    return load_ratings(write(table(str), "truth.csv"))


@pytest.mark.parametrize(
    "cell",
    [
        lambda rating: "★" * rating + "☆" * (5 - rating),
        lambda rating: "⭐" * rating,
        lambda rating: f"{rating} star{'s' * (rating > 1)}",
        lambda rating: f"{rating}/5",
        lambda rating: f"{rating} out of 5",
    ],
)
def test_stars_and_scales_around_the_number(write, truth, cell):
    read = load_ratings(write(table(cell)))
    assert read.fingerprint == truth.fingerprint
    assert [repair.kind for repair in read.repairs] == ["numbers"]


def test_scales_that_differ_are_not_one_column(write):
    with pytest.raises(DataError, match="not a number"):
        load_ratings(write(table(lambda rating: f"{rating}/{5 if rating % 2 else 10}")))


@pytest.mark.parametrize("answers", ["Y N", "T F", "up down", "👍 👎", "liked disliked"])
def test_answers_are_one_and_zero(write, answers):
    yes, no = answers.split()
    read = load_ratings(write(table(lambda rating: yes if rating > 2 else no)))
    assert (read.scale.minimum, read.scale.maximum) == (0, 1)
    assert read.ratings.tolist() == [float(rating > 2) for *_, rating in ROWS]


def test_words_are_refused_and_may_be_told(write, truth):
    path = write(table(lambda rating: WORDS[rating - 1]))
    with pytest.raises(DataError) as refused:
        load_ratings(path)
    assert "--rating-word bad=1" in refused.value.hint
    assert "--missing-rating bad" in refused.value.hint
    told = tuple(f"{word}={number}" for number, word in enumerate(WORDS, 1))
    assert load_ratings(path, {"rating_word": told}).fingerprint == truth.fingerprint
    assert load_ratings(path, {"rating_word": tuple(map(str.upper, told))}).fingerprint == truth.fingerprint
    for wrong in ("good", "=4", "good=well"):
        with pytest.raises(UsageError, match="--rating-word takes"):
            load_ratings(path, {"rating_word": (wrong,)})


@pytest.mark.parametrize("words", [("not rated",), ("n.r.", "skipped")])
def test_words_for_no_rating_leave_their_rows_out(write, words):
    cells = iter(range(1000))

    def cell(rating):
        return words[next(cells) % len(words)] if rating == 3 else rating

    read = load_ratings(write(table(cell)), {"missing_rating": words})
    assert len(read) == sum(rating != 3 for *_, rating in ROWS)
    assert read.repairs[0].count == sum(rating == 3 for *_, rating in ROWS)
    assert ", ".join(words) in read.repairs[0].message


@pytest.mark.parametrize("gap", ["-", "?", "--", "\\N", "<NA>"])
def test_signs_for_nothing_are_missing(write, gap):
    path = write(table(lambda rating: gap if rating == 3 else rating))
    with pytest.raises(DataError, match="missing") as refused:
        load_ratings(path)
    assert "--missing skip" in refused.value.hint
    assert len(load_ratings(path, {"missing": "skip"})) == sum(rating != 3 for *_, rating in ROWS)


@pytest.mark.parametrize("header", ["user,item,rating", "user,item,opinion"])
def test_one_value_far_above_a_scale_is_a_code(write, header):
    path = write(table(lambda rating: 999 if rating == 3 else rating, header))
    reading = {} if "rating" in header else {"rating_column": "opinion"}
    read = load_ratings(path, reading)
    assert read.kind == "ratings"
    assert "--missing-rating 999" in read.warnings[0].message
    assert load_ratings(path, {**reading, "missing_rating": ("999",)}).scale.maximum == 5


def test_counts_up_to_high_are_counts(write):
    rows = "".join(f"{user},{item},{rating**4}\n" for user, item, rating in ROWS)
    assert load_ratings(write(f"user,item,opinion\n{rows}"), {"rating_column": "3"}).kind == "interactions"


def test_single_quotes_around_fields(write, truth):
    text = "user,item,title,rating\n" + "".join(f"'{u}','{i}','It, the {i}',{r}\n" for u, i, r in ROWS)
    assert load_ratings(write(text)).fingerprint == truth.fingerprint
    apostrophes = "user,item,title,rating\n" + "".join(f"{u},{i},'n {i},{r}\n" for u, i, r in ROWS)
    assert load_ratings(write(apostrophes)).fingerprint == truth.fingerprint


def test_ratings_first_without_a_header_are_refused(write):
    text = "".join(f"{rating},{user[1:]},{item[1:]}\n" for user, item, rating in ROWS)
    with pytest.raises(ColumnsError, match="first column looks like ratings"):
        load_ratings(write(text))
    named = {"user_column": "2", "item_column": "3", "rating_column": "1"}
    assert load_ratings(write(text), named).scale.maximum == 5


def nests():
    by_user = {}
    for user, item, rating in ROWS:
        by_user.setdefault(user, {})[item] = rating
    lists = [
        {"user": {"id": user}, "ratings": [{"item": item, "rating": one} for item, one in given.items()]}
        for user, given in by_user.items()
    ]
    objects = [{"user": {"id": user}, "item": {"id": item}, "rating": one} for user, item, one in ROWS]
    mongo = [{"_id": {"$oid": "x"}, "userId": user, "itemId": item, "rating": {"$numberInt": str(one)}}
             for user, item, one in ROWS]  # fmt: skip
    return {
        "by_user.json": json.dumps(by_user),
        "lists.json": json.dumps(lists),
        "deep.json": json.dumps({"meta": {"n": 3}, "data": {"reviews": objects}}),
        "rows.json": json.dumps(ROWS),
        "named_rows.json": json.dumps([["user", "item", "rating"], *ROWS]),
        "objects.jsonl": "".join(f"{json.dumps(one)}\n" for one in objects),
        "lists.jsonl": "".join(f"{json.dumps(one)}\n" for one in lists),
        "mongo.jsonl": "".join(f"{json.dumps(one)}\n" for one in mongo),
    }


@pytest.mark.parametrize("name", nests())
def test_nests_of_json(write, truth, name):
    assert load_ratings(write(nests()[name], name)).fingerprint == truth.fingerprint


def test_pictures_in_a_review_are_no_rows(write, truth):
    lines = [
        {"user_id": user, "asin": item, "rating": rating, "images": [{"url": "a"}, {"url": "b"}]}
        for user, item, rating in ROWS
    ]
    assert load_ratings(write("".join(f"{json.dumps(one)}\n" for one in lines), "r.jsonl")).fingerprint == (
        truth.fingerprint
    )


def test_bytes_are_texts_where_they_are_utf8(tmp_path, truth):
    users, items, ratings = zip(*ROWS, strict=True)
    columns = {"user": pa.array([user.encode() for user in users]), "item": items, "rating": ratings}
    parquet.write_table(pa.table(columns), tmp_path / "bytes.parquet")
    assert load_ratings(tmp_path / "bytes.parquet").fingerprint == truth.fingerprint
    columns["user"] = pa.array([b"\xff\xfe" + user.encode() for user in users])
    parquet.write_table(pa.table(columns), tmp_path / "bytes.parquet")
    with pytest.raises(DataError, match="can't be read"):
        load_ratings(tmp_path / "bytes.parquet")


def test_tables_of_other_schemas_are_there(tmp_path, truth):
    values = ", ".join(f"('{user}', '{item}', {rating})" for user, item, rating in ROWS)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE SCHEMA shop; CREATE TABLE notes (a INTEGER)")
        connection.execute(
            f'CREATE TABLE shop.shop."all orders" AS FROM (VALUES {values}) t("user", item, rating)'
        )
    read = load_ratings(tmp_path / "shop.duckdb")
    assert read.fingerprint == truth.fingerprint
    assert read.reading["table"] == "shop.all orders"


def test_parts_in_a_folder_are_named_together(write, truth, tmp_path):
    lines = table(str).splitlines(keepends=True)
    for number, part in enumerate((lines[1:20], lines[20:])):
        write("".join((lines[0], *part)), f"parts/part-{number}.csv")
    with pytest.raises(SeveralTablesError) as refused:
        load_ratings(tmp_path / "parts")
    assert refused.value.choices == ("part-0.csv", "part-1.csv")
    pattern = refused.value.hint.partition("'")[2].rstrip("'.")
    assert load_ratings(pattern).fingerprint == truth.fingerprint


def test_a_test_part_of_strangers_is_warned_of(write):
    train = write(table(str))
    other = "user,item,rating\n" + "".join(f"{u[1:]},{i},{r}\n" for u, i, r in ROWS)
    read = load_ratings(train, {"test_file": str(write(other, "test.csv"))})
    assert [one.kind for one in read.warnings] == ["strangers"]
    assert "users" in read.warnings[0].message


def test_titles_beside_the_ratings_are_told(write):
    text = "user,item,title,rating\n" + "".join(f"{u},{i},The {i},{r}\n" for u, i, r in ROWS)
    read = load_ratings(write(text))
    assert "--title-column title" in read.repairs[0].message
    assert load_ratings(write(text), {"title_column": "title"}).item_table.titles[0] == "The i1"


def test_names_in_another_encoding_lead_to_it(write):
    text = table(str, "пользователь,фильм,оценка").encode("cp1251")
    with pytest.raises(ColumnsError) as refused:
        load_ratings(write(text))
    assert "--encoding" in refused.value.hint
    assert load_ratings(write(text), {"encoding": "cp1251"}).reading["user_column"] == "пользователь"


def sheets(path, tables):
    """A workbook by hand: a sheet for each list of rows."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"

    def cell(value):
        inline = f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return inline if isinstance(value, str) else f"<c><v>{value}</v></c>"

    numbered = list(enumerate(tables, 1))
    names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in numbered)
    kind = f'Type="{office}/worksheet"'
    links = "".join(f'<Relationship Id="r{n}" {kind} Target="worksheets/s{n}.xml"/>' for n, _ in numbered)
    book = f'<Relationship Id="r0" Type="{office}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels", f'<Relationships xmlns="{package}/relationships">{book}</Relationships>'
        )
        text = f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", text)
        text = f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        archive.writestr("xl/_rels/workbook.xml.rels", text)
        for number, name in numbered:
            rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in tables[name])
            sheet = f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
            archive.writestr(f"xl/worksheets/s{number}.xml", sheet)


TITLES = [("item", "title"), *((f"i{item}", f"The {item}") for item in range(1, 7))]


def test_titles_in_another_sheet_or_table(tmp_path, truth):
    rows = [("user", "item", "rating"), *ROWS]
    sheets(tmp_path / "book.xlsx", {"Notes": [("a survey",)], "Ratings": rows, "Items": TITLES})
    with sqlite3.connect(tmp_path / "shop.sqlite") as connection:
        connection.execute("CREATE TABLE ratings (user, item, rating)")
        connection.executemany("INSERT INTO ratings VALUES (?, ?, ?)", ROWS)
        connection.execute("CREATE TABLE movies (item, title)")
        connection.executemany("INSERT INTO movies VALUES (?, ?)", TITLES[1:])
    for name, items in (("book.xlsx", "Items"), ("shop.sqlite", "movies")):
        read = load_ratings(tmp_path / name)
        assert read.fingerprint == truth.fingerprint
        assert read.item_table.titles[:2] == ("The 1", "The 2")
        assert read.reading["items_table"] == items
        assert load_ratings(tmp_path / name, {"items": "none"}).item_table.titles[0] == "i1"
        outside = load_ratings(truth.source, {"items": str(tmp_path / name), "items_table": items})
        assert outside.item_table.titles == read.item_table.titles


def test_sheets_with_lines_above_and_names_twice(tmp_path, truth):
    rows = [(user, item, rating, 7) for user, item, rating in ROWS]
    sheets(tmp_path / "b.xlsx", {"Data": [("Survey of 2020",), ("user", "item", "rating", "rating"), *rows]})
    with pytest.raises(ColumnsError, match="Survey") as refused:
        load_ratings(tmp_path / "b.xlsx")
    assert "--skip-lines" in refused.value.hint
    with pytest.raises(ColumnsError, match=r"rating \(1\)"):
        load_ratings(tmp_path / "b.xlsx", {"skip_lines": 1})
    named = {"skip_lines": 1, "rating_column": "rating (1)"}
    assert load_ratings(tmp_path / "b.xlsx", named).fingerprint == truth.fingerprint


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("<table><tr><th>user</th></tr>\n<tr><td>1</td></tr></table>\n", "XML or HTML"),
        ('<?xml version="1.0"?>\n<ratings><r user="1" item="2" rating="3"/></ratings>\n', "XML or HTML"),
        ("-- a dump\n/*!40101 SET NAMES utf8 */;\nINSERT INTO `ratings` VALUES (1,2,3),(1,3,4);\n", "a dump"),
        ("CREATE TABLE ratings (u int, i int);\nINSERT INTO ratings VALUES (1,2);\n", "a dump"),
        ("% by us\n@RELATION ratings\n@attribute user numeric\n@data\n1,2,3\n", "ARFF"),
        ("- {user: 1, item: 2, rating: 3}\n- {user: 1, item: 3, rating: 3}\n", "YAML"),
        ("- user: 1\n  item: 2\n  rating: 3\n", "YAML"),
        ("| user | item | rating |\n|:---|---:|---|\n| 1 | 2 | 3 |\n", "Markdown"),
    ],
)
def test_text_that_is_no_table_is_named(tmp_path, text, named):
    path = tmp_path / "t.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=named) as caught:
        load_ratings(path)
    assert caught.value.hint


@pytest.mark.parametrize("first", ["<3,1,4", "-a,1,4", "create,set,4", "--,1,4"])
def test_ids_may_begin_as_other_forms_do(tmp_path, first):
    path = tmp_path / "t.csv"
    path.write_text(f"{first}\n{first[0]}x,2,5\nb,1,3\n")
    assert len(load_ratings(path, {"header": "no"})) == 3
