"""Tables that look whole and would be read wrong: each is read right, or refused with the way out."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import uuid
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core import Ratings, load_ratings
from core.errors import DataError, TastemapError, UsageError
from tests.core.data.test_other_habits import sheets


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(tmp_path: Path, text: str | bytes, name: str = "table.csv", **reading: Any) -> Ratings:
    return load_ratings(written(tmp_path / name, text), reading)


def rows(table: Ratings) -> list[tuple[str, str, float]]:
    """User, item and rating of each row."""
    users, items = table.user_vocabulary.ids.tolist(), table.item_vocabulary.ids.tolist()
    triples = zip(table.users.tolist(), table.items.tolist(), table.ratings.tolist(), strict=True)
    return [(str(users[user]), str(items[item]), rating) for user, item, rating in triples]


def said(table: Ratings) -> str:
    return " ".join(repair.message for repair in (*table.repairs, *table.warnings))


def refused(tmp_path: Path, text: str | bytes, name: str = "table.csv", **reading: Any) -> str:
    with pytest.raises(TastemapError) as error:
        read(tmp_path, text, name, **reading)
    return f"{error.value} {error.value.hint}"


def test_a_header_one_name_short_shifts_no_column(tmp_path: Path) -> None:
    told = refused(tmp_path, "user,item,rating\n1,101,3,99\n2,102,4,98\n1,102,5,97\n")
    assert "line 2" in told
    assert "--skip-lines 1 --header no" in told
    given = {"skip_lines": 1, "header": "no", "user_column": "1", "item_column": "2", "rating_column": "3"}
    table = read(tmp_path, "user,item,rating\n1,101,3,99\n2,102,4,98\n1,102,5,97\n", **given)
    assert rows(table)[0] == ("1", "101", 3.0)


def test_rows_named_as_r_names_them_are_read_and_it_is_said(tmp_path: Path) -> None:
    table = read(tmp_path, 'user,item,rating\n"1",7,101,3\n"2",8,101,4\n"5",7,102,5\n')
    assert rows(table)[0] == ("7", "101", 3.0)
    assert "row's name" in said(table)


def test_a_separator_at_the_end_of_each_row_is_no_column(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "user,item,rating\n1,5,3,\n2,5,4,\n2,6,1,\n"))[0] == ("1", "5", 3.0)


@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_a_quote_that_is_never_closed_swallows_no_row(tmp_path: Path, mark: str) -> None:
    lines = ["user item rating", '1 "Heroes 5', '2 "Heroes 4', "1 X 3", "2 X 1"]
    table = read(tmp_path, "\n".join(lines).replace(" ", mark) + "\n")
    assert rows(table)[:2] == [("1", '"Heroes', 5.0), ("2", '"Heroes', 4.0)]
    assert len(table) == 4
    assert "never closed" in said(table)


def test_an_open_quote_among_quoted_fields_is_refused_by_its_line(tmp_path: Path) -> None:
    told = refused(tmp_path, 'user,item,rating\n1,"A, B",5\n2,"Heroes,4\n1,"C, D",3\n2,X,1\n')
    assert "line 3: a quote is left open" in told


def test_an_open_quote_in_a_column_that_is_not_read_swallows_no_row(tmp_path: Path) -> None:
    table = read(tmp_path, 'user,item,title,rating\n1,3,"Heroes,5\n2,3,"Heroes,4\n1,4,X,3\n2,4,X,1\n')
    assert [rating for *_, rating in rows(table)] == [5.0, 4.0, 3.0, 1.0]


def test_texts_that_go_over_lines_are_still_read(tmp_path: Path) -> None:
    text = 'user,item,review,rating\n1,3,"good\nbad, really, yes",5\n2,3,"one ""two""\n\nthree",4\n1,4,X,3\n'
    table = read(tmp_path, text)
    assert [rating for *_, rating in rows(table)] == [5.0, 4.0, 3.0]
    assert "quote" not in said(table)


def test_an_open_quote_in_an_items_table_hides_no_title(tmp_path: Path) -> None:
    items = written(tmp_path / "titles.csv", 'id,title\n1,"A\n2,B\n3,C"\n')
    table = read(tmp_path, "user,item,rating\n1,1,5\n2,2,4\n1,3,3\n", items=str(items))
    assert table.item_table.titles == ('"A', "B", 'C"')


def test_windows_signs_are_read_as_they_were_written(tmp_path: Path) -> None:
    items = written(tmp_path / "titles.csv", b"id;title\n1;\x93Smart\x94 5\x80\n2;Caf\xe9\n")
    table = read(tmp_path, "user,item,rating\n1,1,5\n2,2,4\n1,2,3\n", items=str(items))
    assert table.item_table.titles == ("“Smart” 5€", "Café")
    latin = b"user,item,rating\n1,Caf\xe9,5\n2,Caf\xe9,4\n1,x,3\n"
    assert read(tmp_path, latin).reading["encoding"] == "latin-1"


def test_large_ids_stay_apart(tmp_path: Path) -> None:
    large = [9007199254740993, 9007199254740992, 18446744073709551615, 18446744073709551614]
    lines = [f'{{"user":{user},"item":{n % 2},"rating":{n}}}' for n, user in enumerate(large)]
    table = read(tmp_path, "\n".join(lines), "ids.jsonl")
    assert [user for user, *_ in rows(table)] == list(map(str, large))
    frame = pd.DataFrame({"user": np.array(large, np.uint64), "item": [1, 2, 1, 2], "rating": [1, 2, 3, 4]})
    assert [user for user, *_ in rows(load_ratings(frame))] == list(map(str, large))


def test_ids_that_decimals_or_a_spreadsheet_blurred_are_said(tmp_path: Path) -> None:
    users = np.array([2.0**60, 2.0**60 + 4096, 7.0])
    table = load_ratings(pd.DataFrame({"user": users, "item": [1, 2, 1], "rating": [1, 2, 3]}))
    assert "neighbours apart" in said(table)
    table = read(tmp_path, "user,item,rating\n3.2345E+11,1,2\n3.2345E+11,2,4\nx1,2,3\n")
    assert "3.2345E+11' in 2 rows" in said(table)


def test_short_decimals_and_endless_ones_are_ids_without_a_doubt() -> None:
    users = np.array([1, 2, 3, 1], np.float16)
    table = load_ratings(pd.DataFrame(BASE).assign(user=users))
    assert table.user_vocabulary.ids.tolist() == [1, 2, 3]
    assert not table.warnings


def test_the_smallest_number_among_times_overflows_nothing(recwarn: pytest.WarningsRecorder) -> None:
    times = np.array([-(2**63), 1_400_000_000, 1_400_000_100, 1_400_000_200])
    table = load_ratings(pd.DataFrame(BASE).assign(time=times))
    assert "before 1900 in 1 of 4 rows" in said(table)
    assert not [one for one in recwarn if issubclass(one.category, RuntimeWarning)]


def test_a_sheet_without_a_header_loses_no_row(tmp_path: Path) -> None:
    given = [(user, item, float((user + item) % 5 + 1)) for user in range(10, 16) for item in (101, 102, 103)]
    sheets(tmp_path / "b.xlsx", {"Sheet": given})
    columns = {"user_column": "1", "item_column": "2", "rating_column": "3"}
    for header in ({}, {"header": "no"}):
        assert len(load_ratings(tmp_path / "b.xlsx", {**columns, **header})) == len(given)
    sheets(tmp_path / "c.xlsx", {"Sheet": [("user", "item", "rating"), *given, (3, 101, "bad"), (3, 102, 1)]})
    with pytest.raises(DataError, match=f"line {len(given) + 2}, column 'rating'"):
        load_ratings(tmp_path / "c.xlsx")


def test_names_above_baskets_are_no_basket(tmp_path: Path) -> None:
    text = 'transaction,items\n1,"milk, tea"\n2,"milk, jam"\n3,"tea, jam"\n'
    table = read(tmp_path, text, layout="baskets")
    assert {item for _, item, _ in rows(table)} == {"milk", "tea", "jam"}
    bare = read(tmp_path, "ann,milk,tea\nbob,milk,jam\n", layout="baskets")
    assert bare.user_vocabulary.ids.tolist() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("%%MatrixMarket matrix coordinate complex general", "complex general"),
        ("%%MatrixMarket matrix coordinate real skew-symmetric", "skew-symmetric"),
        ("%%matrixmarket MATRIX Coordinate Pattern hermitian", "hermitian"),
    ],
)
def test_other_matrices_are_refused(tmp_path: Path, head: str, told: str) -> None:
    assert told in refused(tmp_path, f"{head}\n3 3 3\n2 1 2\n3 1 4\n3 2 5\n", "m.mtx")


def test_a_matrix_holds_what_its_head_promises(tmp_path: Path) -> None:
    head = "%%matrixmarket MATRIX Coordinate Real General\n3 3 3\n"
    assert len(read(tmp_path, f"{head}2 1 2\n3 1 4\n3 2 5\n", "m.mtx")) == 3
    assert "row 5" in refused(tmp_path, f"{head}2 1 2\n5 1 4\n3 2 5\n", "n.mtx")


@pytest.mark.parametrize("digits", ["20160419123045", "201604191230"])
def test_moments_written_as_whole_numbers(tmp_path: Path, digits: str) -> None:
    later = "20170101101010"[: len(digits)]
    table = read(tmp_path, f"user,item,rating,time\n1,1,3,{digits}\n1,2,4,{later}\n2,1,2,{later}\n")
    assert table.timestamps is not None
    moment = datetime.datetime.fromtimestamp(int(table.timestamps[0]), datetime.UTC)
    assert f"{moment:%Y%m%d%H%M%S}".startswith(digits)


def test_times_that_stand_for_none_are_said(tmp_path: Path) -> None:
    times = ["2016-04-19", "9999-12-31", "2015-01-01", "0001-01-01", "2015-01-02"]
    lines = [f"{n % 3},{n // 3},{n % 5 + 1},{time}" for n, time in enumerate(times)]
    told = said(read(tmp_path, "\n".join(["user,item,rating,time", *lines])))
    assert "after 2100 in 1 of 5 rows (up to 9999-12-31)" in told
    assert "before 1900 in 1 of 5 rows (from 0001-01-01" in told


def test_points_that_may_part_thousands_are_asked_about(tmp_path: Path) -> None:
    text = "user,item,plays\n1,1,1.234\n1,2,2.345\n2,1,987\n2,2,12.345\n3,1,3\n"
    assert "may be 1.234 or 1234" in refused(tmp_path, text)
    assert read(tmp_path, text, decimal=",", weight="count").ratings.max() == 12_345
    assert read(tmp_path, text, decimal=".", weight="count").ratings.max() == 987
    hours = text.replace("2.345", "2.5").replace("plays", "hours")
    assert read(tmp_path, hours, weight="count").ratings.min() == np.float32(1.234)


@pytest.mark.parametrize(
    ("one", "other"),
    [("3/5", "7/10"), ("80%", "0.5"), ("like", "4"), ('"3,5"', "2.5"), ('"1,234"', '"2,5"')],
)
def test_files_of_one_table_are_read_in_one_way(tmp_path: Path, one: str, other: str) -> None:
    for name, rating in (("a.csv", one), ("b.csv", other)):
        lines = [f"{name}{user},{item},{rating}" for user in range(3) for item in range(2)]
        whole = "dislike" if rating == "like" else "1200" if "1," in rating else rating
        written(tmp_path / name, "\n".join(["user,item,rating", *lines, f"x,9,{whole}"]))
    with pytest.raises(DataError, match="written otherwise") as error:
        load_ratings(tmp_path / "*.csv")
    assert "b.csv" in str(error.value)
    with pytest.raises(DataError, match="written otherwise"):
        load_ratings(tmp_path / "a.csv", {"test_file": str(tmp_path / "b.csv")})


def test_files_of_which_one_has_whole_numbers_alone_are_one_table(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", 'user,item,rating\n1,1,"3,5"\n1,2,"4,5"\n2,1,2\n')
    written(tmp_path / "b.csv", "user,item,rating\n3,1,4\n3,2,5\n")
    assert load_ratings(tmp_path / "*.csv").scale.step == 0.5


def test_files_of_which_some_have_times_are_read_without_and_it_is_said(tmp_path: Path) -> None:
    written(
        tmp_path / "a.csv", "user,item,rating,time\n1,1,3,1400000000\n1,2,4,1400000000\n2,1,2,1400000000\n"
    )
    written(tmp_path / "b.csv", "user,item,rating\n3,1,4\n3,2,5\n")
    table = load_ratings(tmp_path / "*.csv")
    assert (table.timestamps, table.reading["time_column"]) == (None, "none")
    assert "only some of the files have times" in said(table)


@pytest.mark.parametrize("word", ["NaN", "NULL", "None", "\\N"])
def test_a_word_for_nothing_among_numbers_is_no_user(tmp_path: Path, word: str) -> None:
    text = f"user,item,rating\n1,1,2\n2,2,3\n{word},1,5\n{word},2,4\n1,2,1\n"
    assert "line 4, column 'user': the user id is missing" in refused(tmp_path, text)
    table = read(tmp_path, text, missing="skip")
    assert table.user_vocabulary.ids.tolist() == [1, 2]


def test_a_word_for_nothing_among_names_is_said(tmp_path: Path) -> None:
    text = "user,item,rating\nann,1,2\nbob,2,3\nNULL,1,5\nNULL,2,4\nann,2,1\n"
    table = read(tmp_path, text)
    assert (table.user_count, "'NULL' in 2 rows" in said(table)) == (3, True)
    assert read(tmp_path, text, missing="skip").user_count == 2


def test_a_dictionary_that_holds_a_value_twice(tmp_path: Path) -> None:
    users = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), pa.array(["a", "a", "b", "b"]))
    table = load_ratings(pa.table({"user": users, "item": [1, 2, 1, 2], "rating": [1.0, 2.0, 3.0, 4.0]}))
    assert table.user_vocabulary.ids.tolist() == ["a", "b"]


BASE = {"user": [1, 1, 2, 2], "item": [10, 11, 10, 11], "rating": [1.0, 2.0, 3.0, 4.0]}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"user": pd.cut(pd.Series([1.0, 2, 3, 4]), 4)}, "not single values"),
        ({"user": [10**30 + n for n in range(4)]}, "can't be read"),
        ({"user": [uuid.UUID(int=n) for n in range(4)]}, "not single values"),
        ({"time": [datetime.time(3, 4)] * 4}, "time of day"),
        ({"time": pd.to_timedelta([1, 2, 3, 4], unit="s")}, "a span"),
    ],
)
def test_columns_of_a_frame_that_can_be_no_ids_or_times(columns: dict[str, Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        load_ratings(pd.DataFrame(BASE).assign(**columns))


@pytest.mark.parametrize("source", [None, 5, {"user": [1]}, [{"user": 1}], np.ones((3, 3))])
def test_what_is_no_table_is_refused_by_its_type(source: Any) -> None:
    with pytest.raises(UsageError, match=f"takes no {type(source).__name__}"):
        load_ratings(source)


def test_times_without_signs_are_no_fault() -> None:
    times = np.full(4, 1_400_000_000, np.uint32)
    table = load_ratings(pd.DataFrame(BASE).assign(time=times))
    assert table.timestamps is not None
    assert table.timestamps.tolist() == times.tolist()


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ({"separator": "||"}, "can't separate columns"),
        ({"items_separator": "ab", "items": "titles.csv"}, "can't separate columns"),
        ({"encoding": "idna"}, "no such encoding"),
    ],
)
def test_options_that_say_nothing_sensible(
    tmp_path: Path, reading: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "titles.csv", "id,title\n1,A\n2,B\n")
    assert told in refused(tmp_path, "user,item,rating\n1,1,5\n2,2,4\n1,2,3\n", **reading)


def test_only_what_is_missing_can_be_skipped(tmp_path: Path) -> None:
    told = refused(tmp_path, "user,item,rating\n1,1,2\n2,2,inf\n1,2,3\n")
    assert "line 3" in told
    assert "--missing skip" not in told
    assert "--missing skip" in refused(tmp_path, "user,item,rating\n1,1,2\n2,2,\n1,2,3\n")


def test_options_for_texts_are_said_to_be_unused_elsewhere(tmp_path: Path) -> None:
    table = load_ratings(pd.DataFrame(BASE), {"separator": "tab", "skip_lines": 3})
    assert "--separator, --skip-lines say nothing here" in said(table)


def test_what_is_on_the_web_is_not_looked_for_on_disk() -> None:
    with pytest.raises(DataError, match=r"https://example\.com/x\.csv: tables on the web"):
        load_ratings("https://example.com/x.csv")


def test_archives_whose_names_mislead(tmp_path: Path) -> None:
    text = "user,item,rating\n1,1,5\n2,2,4\n1,2,3\n"
    for name, members, told in (
        ("up.zip", ["../x.csv"], "lie outside"),
        ("twice.zip", ["x.csv", "x.csv"], "two of its files are named 'x.csv'"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a name is there already
            for member in members:
                archive.writestr(member, text)
        with pytest.raises(DataError, match=told):
            load_ratings(tmp_path / name)


def test_half_a_character_in_json_is_refused(tmp_path: Path) -> None:
    lines = '{"user":"\\ud800","item":1,"rating":2}\n{"user":"b","item":1,"rating":3}\n'
    assert "half a character" in refused(tmp_path, lines, "half.jsonl")


def test_a_query_that_names_a_column_twice(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "r.sqlite")) as connection:
        connection.execute("CREATE TABLE ratings (user, item, rating)")
        connection.executemany("INSERT INTO ratings VALUES (?, ?, ?)", [(1, 1, 2), (2, 1, 3), (1, 2, 4)])
        connection.commit()
    query = "SELECT user, item, rating, -rating AS rating FROM ratings"
    assert load_ratings(tmp_path / "r.sqlite", {"query": query}).ratings.tolist() == [2.0, 3.0, 4.0]


def test_utf_32_with_its_mark(tmp_path: Path) -> None:
    text = "user,item,rating\n1,ä,5\n2,b,4\n1,b,3\n"
    assert rows(read(tmp_path, text.encode("utf-32")))[0] == ("1", "ä", 5.0)


def test_inch_marks_and_texts_over_lines_in_one_table_leave_no_quote_open(tmp_path: Path) -> None:
    lines = [
        "user,item,review,rating",
        '1,3,6" pizza,5',
        '2,3,"good',
        'bad",4',
        "1,4,X,3",
        '2,4,7" tart,1',
        "",
    ]
    table = read(tmp_path, "\n".join(lines))
    assert [rating for *_, rating in rows(table)] == [5.0, 4.0, 3.0, 1.0]
    assert "quote" not in said(table)


def test_a_field_may_end_with_a_backslash(tmp_path: Path) -> None:
    body = [f'{user},{item},{1 + (user + item) % 5},"so ""so"" \\"' for user in (1, 2) for item in (3, 4, 5)]
    table = read(tmp_path, "\n".join(["user,item,rating,review", *body, ""]))
    assert len(table) == len(body)


def test_a_long_text_is_no_open_quote(tmp_path: Path) -> None:
    text = "long " * 40_000
    table = read(tmp_path, f'user,item,rating,review\n1,3,5,"{text}\nmore"\n2,3,4,b\n\n1,4,3,c\n')
    assert [rating for *_, rating in rows(table)] == [5.0, 4.0, 3.0]


def test_blanks_may_follow_a_closing_quote(tmp_path: Path) -> None:
    table = read(tmp_path, 'user,review,item,rating\n1,"i\n 2" ,3,5\n2,b,3,4\n1,c,4,3\n')
    assert [rating for *_, rating in rows(table)] == [5.0, 4.0, 3.0]


def test_rows_in_any_order_may_be_named_as_r_names_them(tmp_path: Path) -> None:
    table = read(tmp_path, '"user","item","rating"\n"57",1,101,3\n"12",2,101,4\n"93",1,102,5\n')
    assert rows(table)[0] == ("1", "101", 3.0)


def test_a_null_among_the_values_of_a_dictionary_is_no_id() -> None:
    codes = pa.array([0, 1, 2, 0, 1], pa.int8())
    for values in (["a", "b", None], [7, 8, None]):
        users = pa.DictionaryArray.from_arrays(codes, pa.array(values))
        table = pa.table({"user": users, "item": [1, 2, 3, 2, 1], "rating": [1.0, 2.0, 3.0, 4.0, 5.0]})
        with pytest.raises(DataError, match="line 3, column 'user': the user id is missing"):
            load_ratings(table)


@pytest.mark.parametrize("mark", [",", ";", "|"])
def test_baskets_wider_than_their_header_keep_all_their_items(tmp_path: Path, mark: str) -> None:
    text = "order_id,products\n1,milk,bread\n2,eggs,milk,ham\n3,bread,jam\n".replace(",", mark)
    table = read(tmp_path, text, layout="baskets")
    assert {item for _, item, _ in rows(table)} == {"milk", "bread", "eggs", "ham", "jam"}
    assert len(table) == 7
    bare = read(tmp_path, "ann,basket,milk,bread\nbob,eggs,milk\n", layout="baskets")
    assert len(bare) == 5


@pytest.mark.parametrize(
    ("column", "values", "largest"),
    [
        ("rating", ["0", "50", "75", "90", "100", "87.125"], 100.0),
        ("weight", ["1", "2", "3", "1.333", "1.667", "2"], 3.0),
        ("hours", ["1", "2", "3", "1.125", "2.375", "9"], 9.0),
        ("hours", ["19.5", "250", "3", "1.125", "0.5", "9"], 250.0),
    ],
)
def test_parts_of_amounts_are_parts(tmp_path: Path, column: str, values: list[str], largest: float) -> None:
    lines = [f"{n % 2},{n // 2},{value}" for n, value in enumerate(values)]
    table = read(tmp_path, "\n".join([f"user,item,{column}", *lines]), weight="count")
    assert table.ratings.max() == largest


def test_unsigned_matrices_and_fixed_texts_and_mixed_moments_are_read(tmp_path: Path) -> None:
    head = "%%MatrixMarket matrix coordinate unsigned-integer general\n3 3 3\n"
    assert len(read(tmp_path, f"{head}2 1 2\n3 1 4\n3 2 5\n", "u.mtx")) == 3
    users = pa.array([b"ab", b"cd", b"ab"], pa.binary(2))
    table = load_ratings(pa.table({"user": users, "item": [1, 1, 2], "rating": [1.0, 2.0, 3.0]}))
    assert table.user_vocabulary.ids.tolist() == ["ab", "cd"]
    moments = ["1.5e18", "1500000000000000001", "1500000001000000000"]
    lines = [f'{{"user":{n % 2},"item":{n},"rating":{n},"time":{time}}}' for n, time in enumerate(moments)]
    timed = read(tmp_path, "\n".join(lines), "mixed.jsonl")
    assert timed.timestamps is not None
    assert timed.timestamps.tolist() == [1_500_000_000, 1_500_000_000, 1_500_000_001]


def test_an_archive_may_name_a_folder_or_a_readme_twice(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("d/", "d/", "d/readme.txt", "d/readme.txt"):
            archive.writestr(name, "")
        archive.writestr("d/ratings.csv", "user,item,rating\n1,1,5\n2,2,4\n1,2,3\n")
    assert len(load_ratings(tmp_path / "t.zip")) == 3


def test_dates_before_1970_among_others_are_dates(tmp_path: Path) -> None:
    text = "user,item,rating,date\n1,1,5,1963-05-04\n2,2,4,1985-01-01\n1,2,3,1999-01-01\n2,1,3,2001-01-01\n"
    assert not read(tmp_path, text).warnings
