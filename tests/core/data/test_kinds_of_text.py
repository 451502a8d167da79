"""A text table is read right or refused with the way out; what is guessed, left out or turned is said."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.api import train
from core.data import load_ratings
from core.errors import DataError
from core.runs import recorded_ratings

GRID = [(user, item, (user * item + user) % 5 + 1) for user in range(1, 9) for item in range(1, 7)]


def text(rows, header="user,item,rating", mark=","):
    lines = [header.replace(",", mark)] if header else []
    return "\n".join([*lines, *(mark.join(map(str, row)) for row in rows)]) + "\n"


def said(table):
    return {repair.kind: repair for repair in (*table.repairs, *table.warnings)}


def refused(path, **reading):
    with pytest.raises(DataError) as caught:
        load_ratings(path, reading)
    return caught.value


def again(table):
    return load_ratings(table.reading["source"], table.reading)


def matrix(header=True, empty=""):
    cells = [
        [(user * item) % 5 + 1 if (user + item) % 3 else empty for item in range(6)] for user in range(8)
    ]
    rows = [[f"u{user}", *row] for user, row in enumerate(cells)] if header else cells
    return rows, sum(cell != empty for row in cells for cell in row)


@pytest.mark.parametrize("names", ["user,1,2,3,4,5,6", ",1,2,3,4,5,6", "user_id,10,20,30,40,50,60"])
def test_a_matrix_whose_header_numbers_the_items_is_melted(write, names):
    rows, count = matrix()
    table = load_ratings(write(text(rows, names)))
    assert (len(table), table.user_count, table.item_count) == (count, 8, 6)
    assert table.user_vocabulary.ids.tolist() == [f"u{user}" for user in range(8)]
    assert set(map(str, table.item_vocabulary.ids.tolist())) == set(names.split(",")[1:])
    assert str(count) in said(table)["matrix"].message
    assert again(table).fingerprint == table.fingerprint


def test_a_matrix_of_names_says_the_way_out(write):
    rows, count = matrix()
    path = write(text(rows, "user,Film A,Film B,Film C,Film D,Film E,Film F"))
    assert "--layout wide" in refused(path).hint
    table = load_ratings(path, {"layout": "wide"})
    assert len(table) == count
    assert table.item_vocabulary.ids.tolist()[0].startswith("Film")


@pytest.mark.parametrize("mark", [",", " ", "\t"])
def test_a_matrix_without_a_header_says_the_way_out(write, mark):
    rows, count = matrix(header=False, empty=0)
    path = write(text(rows, "", mark))
    assert "--layout wide" in refused(path).hint
    table = load_ratings(path, {"layout": "wide", "missing_rating": "0"})
    assert (len(table), said(table)["missing"].count) == (count, 48 - count)
    assert set(table.user_vocabulary.ids.tolist()) == set(range(1, 9))
    assert again(table).fingerprint == table.fingerprint


def test_a_first_column_that_counts_the_ratings_of_a_row_is_left_out(write):
    rows, count = matrix(header=False, empty=99)
    counted = [[sum(cell != 99 for cell in row), *row] for row in rows]
    table = load_ratings(write(text(counted, "")), {"layout": "wide", "missing_rating": "99"})
    assert (len(table), table.item_count) == (count, 6)


def test_a_wrong_cell_of_a_matrix_is_named(write):
    rows, _ = matrix()
    rows[3][2] = "good"
    error = refused(write(text(rows, "user,a,b,c,d,e,f")), layout="wide")
    assert (error.row, error.column, error.value) == (5, "b", "good")


@pytest.mark.parametrize(
    ("code", "others"), [(0, (1, 10)), (-1, (1, 10)), (99, (1, 5)), (-99, (1, 5)), (999, (1, 10))]
)
def test_a_code_among_ratings_is_warned_of_and_can_be_left_out(write, code, others):
    low, high = others
    rows = [(u, i, code if (u + i) % 3 == 0 else (u * i) % (high - low + 1) + low) for u, i, _ in GRID]
    path = write(text(rows))
    count = sum(row[2] == code for row in rows)
    warning = said(load_ratings(path, {"kind": "ratings"}))["codes"]
    assert (warning.count, f"--missing-rating {code}" in warning.message) == (count, True)
    table = load_ratings(path, {"missing_rating": str(code)})
    assert (len(table), said(table)["missing"].count) == (len(rows) - count, count)
    assert table.scale.minimum >= low
    assert again(table).fingerprint == table.fingerprint


@pytest.mark.parametrize("values", [(-1, 1), (0, 1, 2), (1, 2, 3, 4, 5), (0.5, 1, 2, 3), (-2, -1, 0, 1, 2)])
def test_ordinary_scales_are_not_warned_of(write, values):
    rows = [(u, i, values[(u * 7 + i) % len(values)]) for u, i, _ in GRID]
    assert "codes" not in said(load_ratings(write(text(rows))))


def test_one_slip_is_warned_of(write):
    warning = said(load_ratings(write(text([*GRID, (9, 1, 55)]))))["codes"]
    assert (warning.count, "--missing-rating 55" in warning.message) == (1, True)


@pytest.mark.parametrize("cell", ["NA", "", "nan", "NULL"])
def test_missing_ratings_stop_or_are_skipped(write, cell):
    rows = [(u, i, cell if (u, i) in ((2, 3), (5, 1)) else r) for u, i, r in GRID]
    path = write(text(rows))
    error = refused(path)
    assert "--missing skip" in error.hint
    assert error.row == 2 + GRID.index(next(row for row in GRID if row[:2] == (2, 3)))
    table = load_ratings(path, {"missing": "skip"})
    assert (len(table), said(table)["missing"].count) == (len(GRID) - 2, 2)


def test_missing_ids_can_be_skipped(write):
    path = write(text([*GRID[:5], ("", 3, 4), *GRID[5:], (3, "", 4), (8, 6, 2)]))
    assert "--missing skip" in refused(path).hint
    assert said(load_ratings(path, {"missing": "skip"}))["missing"].count == 2


@pytest.mark.parametrize("line", ["Total,,2", "(48 rows)", "Total: 48", "Sum,,144.5", ",,"])
def test_a_total_below_the_table_is_left_out_and_said(write, line):
    table = load_ratings(write(text(GRID) + line + "\n"))
    assert (len(table), said(table)["lines"].count) == (len(GRID), 1)


@pytest.mark.parametrize(
    ("before", "lines"), [("# exported today\n", 1), ("sep=,\n", 1), ("# a\n#\n\n% b\n", 3), ('"sep=,"\n', 1)]
)
def test_lines_before_the_table_are_left_out_and_said(write, before, lines):
    path = write(before + text(GRID))
    table = load_ratings(path)
    assert (len(table), said(table)["lines"].count) == (len(GRID), lines)
    bad = [(*row[:2], "bad") if place == 3 else row for place, row in enumerate(GRID)]
    assert refused(write(before + text(bad))).row == before.count("\n") + 5


def test_a_header_in_a_comment_is_a_header(write):
    table = load_ratings(write("# user,item,rating\n" + text(GRID, "")))
    assert (len(table), table.reading["user_column"]) == (len(GRID), "user")
    assert again(table).fingerprint == table.fingerprint


def test_lines_to_skip_are_counted(write):
    path = write("Ratings of our shop\nJanuary; all of them\n" + text(GRID))
    table = load_ratings(path, {"skip_lines": "2"})
    assert (len(table), said(table)["lines"].count) == (len(GRID), 2)


def test_the_separator_of_a_line_before_the_table_counts(write):
    table = load_ratings(write("sep=;\n" + text([(u, i, f"{r},5") for u, i, r in GRID], mark=";")))
    assert table.ratings.tolist() == [r + 0.5 for _, _, r in GRID]


def test_carriage_returns_end_lines_too(write):
    table = load_ratings(write(text(GRID).replace("\n", "\r")))
    assert len(table) == len(GRID)
    bad = text([(*row[:2], "bad") if place == 3 else row for place, row in enumerate(GRID)])
    assert refused(write(bad.replace("\n", "\r"))).row == 5


@pytest.mark.parametrize("separator", ["", "comma"])
def test_line_breaks_and_words_in_a_review(write, separator):
    rows = [(*row, '"quite good\nin parts"') for row in GRID]
    table = load_ratings(write(text(rows, "user,item,rating,review")), {"separator": separator})
    assert len(table) == len(GRID)


def test_a_header_of_numbers_is_no_row(write):
    path = write(text(GRID, "0,1,2"))
    table = load_ratings(path)
    assert (table.user_count, len(table), "--header no" in said(table)["header"].message) == (8, 48, True)
    assert again(table).fingerprint == table.fingerprint
    zero = [(0, 1, 2), (0, 2, 3), *GRID]
    assert load_ratings(write(text(zero, ""))).user_count == 9


def test_a_header_without_the_name_of_the_row_numbers(write):
    rows = [(place, *row) for place, row in enumerate(GRID, 1)]
    table = load_ratings(write(text(rows, '"user","item","rating"')))
    assert (table.user_count, table.item_count, table.scale.maximum) == (8, 6, 5)


@pytest.mark.parametrize(
    ("cells", "decimal", "values"),
    [
        (['"3,5"', '"1,5"', "4"], "", [3.5, 1.5, 4]),
        (["80%", "100%", "60 %"], "", [80, 100, 60]),
        (['"3,234"', "987", '"1,003"'], "", [3234, 987, 1003]),
        (['"3,234"', "4", "2"], ".", [3234, 4, 2]),
        (['"3,234"', "4", "2"], ",", [3.234, 4, 2]),
        (['"1.234,5"', '"2,5"', "7"], "", [1234.5, 2.5, 7]),
        (["1.234.567", "2.000", "3.141.000"], "", [1234567, 2000, 3141000]),
        (["1 234", "987", "2\u00a0000"], "", [1234, 987, 2000]),
        (['"-3,5"', '"1,25"', "+2"], "", [-3.5, 1.25, 2]),
    ],
)
def test_numbers_of_other_habits(write, cells, decimal, values):
    rows = [(u, i, cells[(u + i) % 3]) for u, i, _ in GRID]
    table = load_ratings(write(text(rows)), {"decimal": decimal, "kind": "ratings"})
    assert table.ratings.tolist() == pytest.approx([values[(u + i) % 3] for u, i, _ in GRID])
    assert "numbers" in said(table)


def test_a_comma_that_may_mean_either_is_refused(write):
    rows = [(u, i, ['"3,234"', "4", "2"][(u + i) % 3]) for u, i, _ in GRID]
    error = refused(write(text(rows)))
    assert "3.234 or 3234" in error.message
    assert "--decimal ," in error.hint
    error = refused(write(text([(u, i, ['"3,5"', "4"][u % 2]) for u, i, _ in GRID])), decimal=".")
    assert "--decimal ," in error.hint


def test_a_decimal_comma_after_the_sample(write):
    rows = [(u, i, r) for u, i, r in itertools.islice(itertools.cycle(GRID), 400)] + [(9, 1, "2,5")]
    table = load_ratings(write(text(rows, mark=";")), {"duplicates": "last"})
    assert 2.5 in table.ratings.tolist()


def dated(dates):
    rows = [(1 + place // 10, place % 10, place % 5 + 1, date) for place, date in enumerate(dates)]
    return text(rows, "user,item,rating,date")


def days(table):
    return np.array(table.timestamps, dtype="datetime64[s]").astype("datetime64[D]").astype(str).tolist()


APRIL = [f"2020-04-{day:02}" for day in range(1, 31)]


@pytest.mark.parametrize(
    "form",
    ["{2}/{1}/{0}", "{2}.{1}.{0}", "{2}-{1}-{0}", "{1}/{2}/{0}", "{0}/{1}/{2}", "{0}{1}{2}", "{1} {2}, {0}"],
)
def test_dates_have_one_order_in_a_column(write, form):
    table = load_ratings(write(dated(f'"{form.format(*day.split("-"))}"' for day in APRIL)))
    assert days(table) == APRIL


@pytest.mark.parametrize(("mark", "order"), [(".", "dmy"), ("/", "mdy"), ("-", "dmy")])
def test_dates_that_may_be_either_are_said(write, mark, order):
    early = APRIL[:12]
    path = write(dated(mark.join(reversed(day.split("-"))) for day in early))
    table = load_ratings(path)
    assert "--date-order" in said(table)["dates"].message
    assert (days(table) == early) == (order == "dmy")
    assert days(load_ratings(path, {"date_order": "dmy"})) == early


def test_two_figures_are_a_year_of_this_century(write):
    table = load_ratings(write(dated(f"{day[8:]}.04.20" for day in APRIL)))
    assert days(table) == APRIL


def test_orders_that_differ_within_a_column_are_refused(write):
    error = refused(write(dated([*(f"{day[8:]}/04/2020" for day in APRIL), "04/25/2020"])))
    assert "is not a date" in error.message
    assert "--time-column none" in error.hint


@pytest.mark.parametrize("factor", [1, 10**3, 10**6, 10**9])
def test_times_in_any_unit(write, factor):
    seconds = [1_600_000_000 + place for place in range(len(GRID))]
    rows = [(*row, second * factor) for row, second in zip(GRID, seconds, strict=True)]
    table = load_ratings(write(text(rows, "user,item,rating,timestamp")))
    assert table.timestamps.tolist() == seconds
    told = {1: None, 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}[factor]
    assert told is None or told in said(table)


def test_one_time_in_milliseconds_moves_no_other(write):
    rows = [(*row, 1_600_000_000 + place) for place, row in enumerate(GRID)]
    rows[7] = (*rows[7][:3], 1_600_000_007_000)
    table = load_ratings(write(text(rows, "user,item,rating,timestamp")))
    assert table.timestamps.tolist() == [1_600_000_000 + place for place in range(len(GRID))]
    assert "1 in milliseconds" in said(table)["times"].message


def test_times_near_1970_are_warned_of(write):
    rows = [(*row, place) for place, row in enumerate(GRID)]
    assert "1970" in said(load_ratings(write(text(rows, "user,item,rating,timestamp"))))["early"].message


def test_a_user_a_row_is_warned_of(write):
    rows = [(place, *row) for place, row in enumerate(GRID)]
    reading = {"user_column": "row", "item_column": "user", "rating_column": "rating"}
    table = load_ratings(write(text(rows, "row,user,item,rating")), reading)
    assert "--user-column" in said(table)["single"].message


@pytest.mark.parametrize(
    "header",
    [
        "Benutzer,Artikel,Bewertung", "用户,电影,评分", "User Name,Movie Title,My Rating", "email,sku,vote",
        "review_profilename,beer_beerid,review_overall", "cust_id,restaurant,rating_value",
        "userId,venueId,rate",
        "user_id:token,item_id:token,rating:float",
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(write, header):
    table = load_ratings(write(text(GRID, header)))
    assert [table.reading[f"{role}_column"] for role in ("user", "item", "rating")] == header.split(",")


def test_netflix(write):
    films = {item: [row for row in GRID if row[1] == item] for item in range(1, 7)}
    lines = [f"{i}:\n" + "".join(f"{u},{r},2005-09-0{i}\n" for u, _, r in rows) for i, rows in films.items()]
    table = load_ratings(write("".join(lines), "combined_data_1.txt"))
    users, items = table.user_vocabulary.ids[table.users], table.item_vocabulary.ids[table.items]
    found = zip(users.tolist(), items.tolist(), table.ratings.tolist(), strict=True)
    assert sorted(found) == sorted(GRID)
    assert days(table)[0] == "2005-09-01"
    assert again(table).fingerprint == table.fingerprint


@pytest.mark.parametrize("percent", ["%", "%%"])
def test_matrix_market(write, percent):
    head = f"{percent}MatrixMarket matrix coordinate real general\n% made\n8 6 {len(GRID)}\n"
    path = write(head + text(GRID, "", " "), "m.mtx")
    table = load_ratings(path)
    assert (len(table), table.user_count, table.kind) == (len(GRID), 8, "ratings")
    assert again(table).fingerprint == table.fingerprint
    assert "promises" in refused(write(head.replace("48", "49") + text(GRID, "", " "), "n.mtx")).message
    symmetric = head.replace("general", "symmetric")
    assert "another kind" in refused(write(symmetric + text(GRID, "", " "), "s.mtx")).message


def test_libfm_is_refused_by_name(write):
    assert "libFM" in refused(write("4 1:1 41:1\n5 1:1 42:1\n5 2:1 44:1\n")).message


def test_ids_written_as_decimals_are_whole(write):
    mixed = [(f"{u}.0" if i % 2 else u, f"{i}.0", r) for u, i, r in GRID]
    table = load_ratings(write(text(mixed)))
    assert table.user_vocabulary.ids.tolist() == list(range(1, 9))
    assert said(table)["decimals"].count
    versions = [(f"v{u}", ["1.0", "1", "2.5", "b"][i % 4], r) for u, i, r in GRID]
    assert "1.0" in load_ratings(write(text(versions))).item_vocabulary.ids.tolist()


@pytest.mark.parametrize("other", ["a\u200bb", "ab\u2060", "\u00e9", "e\u0301", "\uff41b"])
def test_ids_that_look_alike_are_said(write, other):
    twin = "\u00e9" if "e" in other else "e\u0301" if other == "\u00e9" else "ab"
    table = load_ratings(write(text([*GRID, (twin, 1, 2), (other, 1, 3)])))
    assert (said(table)["alike"].count, table.user_count) == (1, 10)


def test_a_pair_of_which_only_one_has_a_header_opens_again(write, tmp_path):
    rows = GRID * 1
    train_file = write(text(rows[:40], "user_id,item_id,rating,when"[:22]), "train.csv")
    test_file = write(text(rows[40:], ""), "test.csv")
    table = load_ratings(train_file, {"test_file": str(test_file)})
    assert (table.held_out, table.reading["test_header"]) == (8, "no")
    assert again(table).fingerprint == table.fingerprint
    run = train(table, "bias", folder=tmp_path / "run", epochs=1, split="official")
    assert recorded_ratings(run).fingerprint == table.fingerprint


def test_a_pair_finds_the_columns_of_the_other_file(write):
    train_file = write("rating,item,user\n" + "".join(f"{r},{i},{u}\n" for u, i, r in GRID[:40]), "train.csv")
    test_file = write("".join(f"{r},{i},{u}\n" for u, i, r in GRID[40:]), "test.csv")
    table = load_ratings(train_file, {"test_file": str(test_file)})
    assert table.ratings.tolist() == [r for _, _, r in GRID]


def test_another_scale_in_the_test_part_is_warned_of(write):
    train_file = write(text([(u, i, r / 5) for u, i, r in GRID[:40]]), "train.csv")
    test_file = write(text(GRID[40:]), "test.csv")
    assert "scale" in said(load_ratings(train_file, {"test_file": str(test_file)}))["scales"].message
    same = write(text(GRID[:40]), "same.csv")
    assert "scales" not in said(load_ratings(same, {"test_file": str(test_file)}))


@pytest.mark.parametrize("name", ["liked", "opinion"])
@pytest.mark.parametrize("words", [("True", "False"), ("yes", "no"), ("like", "dislike")])
def test_yes_and_no_are_ratings(write, name, words):
    path = write(text([(u, i, words[(u + i) % 2]) for u, i, _ in GRID], f"user,item,{name}"))
    if name == "opinion":
        assert "--rating-column" in refused(path).hint
    table = load_ratings(path, {"rating_column": name})
    assert table.ratings.tolist() == [1 - (u + i) % 2 for u, i, _ in GRID]
    assert (table.kind, "1 and 0" in said(table)["numbers"].message) == ("ratings", True)


def test_columns_of_interactions_that_are_not_read_are_said(write):
    table = load_ratings(
        write(text([(u, i, "good", "x") for u, i, _ in GRID], "user,item,mood,note to self"))
    )
    assert "'mood'" in said(table)["interactions"].message


@pytest.mark.parametrize(
    "row",
    [
        lambda u, i, r: (r, u + 100, i + 200),
        lambda u, i, r: (u, f"a{i}", f"Name {i}"),
        lambda u, i, r: (r, f"u{u}", f"i{i}"),
    ],
)
def test_other_orders_without_a_header_are_refused(write, row):
    assert "--user-column" in refused(write(text([row(*one) for one in GRID], ""))).hint


def test_lines_above_the_table_that_are_no_comments_are_told_of(write):
    assert "--skip-lines" in refused(write("Ratings of our shop\n" + text(GRID))).hint


def test_a_weight_that_counts_is_a_count(write):
    rows = [(u, i, r * 100) for u, i, r in GRID]
    assert load_ratings(write(text(rows, "userID,artistID,weight"))).reading["weight"] == "log"
