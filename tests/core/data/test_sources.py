"""Tables are read where they lie: Arrow files, JSON, workbooks, databases; each gives what its CSV gives."""

from __future__ import annotations

import json
import sqlite3
import zipfile

import duckdb
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

from core.data import describe, load_ratings
from core.errors import DataError, UsageError

ROWS = [
    (f"u{user}", item, (user * item) % 5 + 1, 1_500_000_000 + user) for user in range(8) for item in range(6)
]
NAMES = ("customer", "product", "stars", "created_at")
TABLE = pa.table(dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True)))


@pytest.fixture
def as_csv(tmp_path):
    path = tmp_path / "truth.csv"
    csv.write_csv(TABLE, path)
    return load_ratings(path)


def sqlite(path, table=TABLE, name="orders"):
    with sqlite3.connect(path) as connection:
        columns = ", ".join(f'"{column}"' for column in table.schema.names)
        marks = ", ".join("?" * table.num_columns)
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        connection.executemany(
            f'INSERT INTO "{name}" VALUES ({marks})', [tuple(row.values()) for row in table.to_pylist()]
        )
    connection.close()


def duck(path, table=TABLE, name="orders"):
    with duckdb.connect(str(path)) as connection:
        connection.register("given", table)
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')


def workbook(path, table=TABLE, sheet="Orders"):
    """A workbook by hand: a zip of XML."""
    rows = [table.schema.names, *(list(row.values()) for row in table.to_pylist())]

    def cell(value):
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r0" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/s.xml"/></Relationships>',
        "xl/worksheets/s.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)


def objects(path):
    path.write_text(json.dumps(TABLE.to_pylist()))


def nested(path):
    path.write_text(json.dumps({"count": 48, "ratings": TABLE.to_pylist()}, indent=1))


def columns(path):
    path.write_text(json.dumps({name: dict(enumerate(values)) for name, values in TABLE.to_pydict().items()}))


def json_lines(path):
    path.write_text("".join(json.dumps({**row, "text": 'so "so"\n'}) + "\n" for row in TABLE.to_pylist()))


def parts(path):
    for place in range(3):
        part = path / f"year={2019 + place}"
        part.mkdir(parents=True)
        parquet.write_table(TABLE.slice(place * 16, 16), part / f"part-{place}.snappy.parquet")
    (path / "_SUCCESS").touch()


FORMS = {
    "parquet": lambda path: parquet.write_table(TABLE, path),
    "arrow": lambda path: feather.write_feather(TABLE, path),
    "jsonl": json_lines,
    "objects.json": objects,
    "nested.json": nested,
    "columns.json": columns,
    "xlsx": workbook,
    "db": sqlite,
    "duckdb": duck,
    "parts": parts,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_table_of_its_csv(tmp_path, as_csv, form):
    path = tmp_path / f"shop.{form}"
    FORMS[form](path)
    table = load_ratings(path)
    assert table.fingerprint == as_csv.fingerprint
    assert table.timestamps.tolist() == as_csv.timestamps.tolist()
    assert table.reading["user_column"] == "customer"
    assert load_ratings(table.reading["source"], table.reading).fingerprint == table.fingerprint
    assert json.dumps(describe(table))


@pytest.mark.parametrize("pattern", ["*.csv", "part-?.csv", "part-[01].csv"])
def test_a_pattern_reads_its_files_one_below_the_other(tmp_path, as_csv, pattern):
    folder = tmp_path / "exported"
    folder.mkdir()
    for place in range(2):
        csv.write_csv(TABLE.slice(place * 24, 24), folder / f"part-{place}.csv")
    table = load_ratings(folder / pattern)
    assert table.fingerprint == as_csv.fingerprint
    assert load_ratings(table.reading["source"], table.reading).fingerprint == table.fingerprint
    with (folder / "part-1.csv").open("a") as stream:
        stream.write("u1,2,bad,3\n")
    with pytest.raises(DataError, match="part-1.csv, line 26"):
        load_ratings(folder / pattern)
    with pytest.raises(DataError, match="no file matches"):
        load_ratings(folder / "*.tsv")


@pytest.mark.parametrize("make", [sqlite, duck])
class TestDatabases:
    def test_the_table_with_ratings_is_found_or_named(self, tmp_path, make, as_csv):
        path = tmp_path / "shop.db"
        make(path)
        make(path, pa.table({"customer": ["a"], "city": ["b"]}), "people")
        assert load_ratings(path).reading["table"] == "orders"
        make(path, TABLE.slice(0, 24), "older orders")
        with pytest.raises(DataError, match="older orders, orders, people") as caught:
            load_ratings(path)
        assert "--table" in caught.value.hint
        assert load_ratings(path, {"table": "orders"}).fingerprint == as_csv.fingerprint
        assert len(load_ratings(path, {"table": "older orders"})) == 24
        with pytest.raises(DataError, match="no table 'order'") as caught:
            load_ratings(path, {"table": "order"})
        assert "Did you mean 'orders'?" in caught.value.hint

    def test_a_query_is_read(self, tmp_path, make):
        path = tmp_path / "shop.db"
        make(path)
        query = "SELECT customer AS who, product AS item, stars FROM orders WHERE product > 2 ORDER BY who;"
        table = load_ratings(path, {"query": query, "user_column": "who"})
        assert len(table) == 24
        assert load_ratings(table.reading["source"], table.reading).fingerprint == table.fingerprint

    @pytest.mark.parametrize(
        "query",
        [
            "DELETE FROM orders",
            "DROP TABLE orders",
            "ATTACH 'other.db' AS other",
            "PRAGMA user_version = 3",
            """ """,
        ],
    )
    def test_only_a_query_is_taken(self, tmp_path, make, query):
        path = tmp_path / "shop.db"
        make(path)
        before = path.read_bytes()
        with pytest.raises(UsageError, match="--query"):
            load_ratings(path, {"query": query})
        assert path.read_bytes() == before

    @pytest.mark.parametrize(
        "query", ["WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone", "SELECT * FROM nowhere"]
    )
    def test_a_query_that_fails_is_told(self, tmp_path, make, query):
        path = tmp_path / "shop.db"
        make(path)
        before = path.read_bytes()
        with pytest.raises(DataError, match="the database answers"):
            load_ratings(path, {"query": query})
        assert path.read_bytes() == before

    def test_a_null_is_a_missing_value(self, tmp_path, make):
        path = tmp_path / "shop.db"
        rows = [*ROWS, ("u9", None, 3, 5), ("u9", 2, None, 5)]
        make(path, pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))))
        with pytest.raises(DataError, match="item id is missing"):
            load_ratings(path)
        assert len(load_ratings(path, {"missing": "skip"})) == len(ROWS)


def test_a_duckdb_query_reaches_no_other_file(tmp_path):
    path, secret = tmp_path / "shop.duckdb", tmp_path / "secret.csv"
    duck(path)
    csv.write_csv(TABLE, secret)
    with pytest.raises(DataError, match="the database answers"):
        load_ratings(path, {"query": f"SELECT * FROM read_csv('{secret}')"})


def test_types_that_differ_within_a_sqlite_column_are_checked(tmp_path):
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (customer, product, stars)")
        rows = [
            (user, f"p{item}" if item % 2 else item, float(item)) for user in range(3) for item in range(4)
        ]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    connection.close()
    table = load_ratings(path)
    assert table.item_vocabulary.ids.tolist() == ["0", "p1", "2", "p3"]
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE orders SET stars = 'good' WHERE product = 2")
    connection.close()
    with pytest.raises(DataError, match="'good' is not a number"):
        load_ratings(path)


def test_a_wrong_line_of_json_is_named(write):
    lines = [json.dumps(dict(zip(NAMES, row, strict=True))) for row in ROWS * 3]
    lines[100] = lines[100][:-4]
    with pytest.raises(DataError, match="line 101: the line is no JSON object"):
        load_ratings(write("\n".join(lines), "reviews.jsonl"))


def test_json_whose_types_change_is_read_whole(write):
    rows = [{"user": place % 7, "item": f"i{place % 5}", "rating": place % 3 + 1} for place in range(90)]
    rows[80]["user"], rows[81]["rating"] = "seven", 2.5
    table = load_ratings(write("\n".join(map(json.dumps, rows)), "x.jsonl"))
    assert "seven" in table.user_vocabulary.ids.tolist()
    assert 2.5 in table.ratings.tolist()


def test_nested_values_are_refused(write):
    rows = [{"user": [place % 3], "item": place % 5, "rating": place % 4} for place in range(20)]
    with pytest.raises(DataError, match="not single values") as caught:
        load_ratings(write("\n".join(map(json.dumps, rows)), "x.jsonl"))
    assert caught.value.column == "user"


@pytest.mark.parametrize("text", ['{"a": 1', '[{"user": 1]', '{"note": "no table"}', "[{}]"])
def test_json_that_is_no_table_is_refused(write, text):
    with pytest.raises(DataError):
        load_ratings(write(text, "x.json"))


@pytest.mark.parametrize("form", ["parquet", "arrow", "xlsx", "db", "duckdb"])
def test_a_damaged_file_is_refused_in_one_line(tmp_path, form):
    path = tmp_path / f"shop.{form}"
    FORMS[form](path)
    whole = path.read_bytes()
    for cut in (20, len(whole) // 2):
        path.write_bytes(whole[:cut])
        with pytest.raises(DataError) as caught:
            load_ratings(path)
        assert "\n" not in str(caught.value)


def test_a_float_column_with_gaps_makes_no_texts_of_ids(tmp_path):
    path = tmp_path / "shop.parquet"
    users = [1.0, 2.0, float("nan"), 2.0, 1.0, None]
    parquet.write_table(
        pa.table({"user": users, "item": [1, 2, 3, 1, 2, 2], "rating": [1, 2, 3, 4, 5, 5]}), path
    )
    with pytest.raises(DataError, match="line 3, column 'user': the user id is missing"):
        load_ratings(path)
    table = load_ratings(path, {"missing": "skip"})
    assert table.user_vocabulary.ids.tolist() == [1, 2]


def test_several_tables_in_an_archive(tmp_path):
    path = tmp_path / "shop.zip"
    rows = "user,item,rating\n" + "".join(f"{u},{i},{r}\n" for u, i, r, _ in ROWS)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/orders.csv", rows)
        archive.writestr("data/people.csv", "user,age\n1,30\n")
        archive.writestr("README.txt", "hello")
    assert len(load_ratings(path)) == len(ROWS)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("data/older.csv", rows)
    with pytest.raises(DataError, match="older.csv") as caught:
        load_ratings(path)
    assert "--member" in caught.value.hint
    table = load_ratings(path, {"member": "older.csv"})
    assert load_ratings(table.reading["source"], table.reading).fingerprint == table.fingerprint


@pytest.mark.parametrize("form", ["xlsx", "parquet", "jsonl"])
@pytest.mark.parametrize("names", [["1", "2", "3", "4"], ["Film A", "Film B", "Film C", "Film D"]])
def test_a_matrix_with_typed_columns_is_melted(tmp_path, form, names):
    rows = [[(user * item) % 5 + 1 for item in range(4)] for user in range(6)]
    cells = dict(zip(names, zip(*rows, strict=True), strict=True))
    matrix = pa.table({"user": [f"u{n}" for n in range(6)], **cells})
    path = tmp_path / f"matrix.{form}"
    if form == "xlsx":
        workbook(path, matrix)
    elif form == "parquet":
        parquet.write_table(matrix, path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in matrix.to_pylist()))
    if names[0] != "1":
        with pytest.raises(DataError) as caught:
            load_ratings(path)
        assert "--layout wide" in caught.value.hint
    table = load_ratings(path, {"layout": "wide"})
    assert (len(table), table.ratings.tolist()) == (24, [cell for row in rows for cell in row])
    assert load_ratings(table.reading["source"], table.reading).fingerprint == table.fingerprint


def test_rows_of_texts_say_how_to_read_them_without_a_header(write):
    path = write("".join(f"u{n % 7},i{n % 5}\n" for n in range(30)))
    with pytest.raises(DataError) as caught:
        load_ratings(path)
    assert "--header no" in caught.value.hint
    assert load_ratings(path, {"header": "no"}).user_count == 7
