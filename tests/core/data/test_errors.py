"""Bad input gets one clear error naming file, line, column and value, or a stated, counted repair."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.data import load_ratings
from core.errors import DataError, UsageError

GOOD = "userId,movieId,rating,timestamp\n1,10,4.0,100\n1,11,3.5,101\n2,10,2.0,102\n2,12,5.0,103\n"


def failure(path, **reading):
    with pytest.raises(DataError) as caught:
        load_ratings(path, reading)
    return caught.value


def repairs(ratings):
    return {repair.kind: repair for repair in ratings.repairs}


def test_missing_rating_column_lists_those_there_are(write):
    error = failure(write("userId,movieId,when\n1,2,3\n2,3,4\n"))
    assert "no rating column" in str(error)
    assert "'userId', 'movieId', 'when'" in str(error)
    assert "--rating-column" in error.hint


def test_misspelt_column_is_suggested(write):
    error = failure(write(GOOD), rating_column="ratng")
    assert "'ratng'" in str(error)
    assert "Did you mean 'rating'" in error.hint


def test_unknown_option_is_suggested(write):
    with pytest.raises(UsageError, match="user_column"):
        load_ratings(write(GOOD), {"user_colum": "a"})


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("good", "'good' is not a number"),
        ("", "missing"),
        ("NaN", "missing"),
        ("inf", "not finite"),
        ("-Infinity", "not finite"),
        ("1e300", "not finite"),
        ("4.0.1", "not a number"),
    ],
)
def test_bad_rating_names_file_line_column_and_value(write, cell, words):
    path = write(GOOD.replace("2.0", cell))
    error = failure(path)
    assert words in error.message
    assert (error.path, error.row, error.column) == (str(path), 4, "rating")
    assert str(path) in str(error)


def test_text_after_many_good_rows_is_found(write):
    rows = "".join(f"{n % 90},{n % 70},{n % 9 + 1},{n}\n" for n in range(60_000))
    path = write(f"userId,movieId,rating,timestamp\n{rows}5,5,bad,5\n{rows}")
    error = failure(path)
    assert (error.row, error.column, error.value) == (60_002, "rating", "bad")


def test_line_number_counts_blank_and_quoted_lines(write):
    path = write('userId,movieId,rating,comment\n\n1,10,4,"two\nlines"\n1,11,x,none\n2,10,1,none\n')
    assert failure(path).row == 5


@pytest.mark.parametrize("cell", ["", "   "])
def test_missing_user_names_the_line(write, cell):
    error = failure(write(GOOD.replace("\n2,10", f"\n{cell},10")))
    assert "user id is missing" in error.message
    assert (error.row, error.column) == (4, "userId")


def test_overlong_id_is_refused(write):
    error = failure(write(GOOD.replace("\n2,10", f"\n{'x' * 2000},10")))
    assert "longer than 1000" in error.message
    assert error.row == 4


def test_row_with_too_few_fields(write):
    error = failure(write(GOOD + "3,12\n"))
    assert "2 fields where 4 are expected" in error.message
    assert error.row == 6


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n\n", "no rows"),
        (b"userId,movieId,rating\n", "header but no rows"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "binary"),
        (b"just some words\nwithout any order\nand no table at all in here\n", ""),
        (b"PK\x03\x04garbage", "damaged"),
        (b"PAR1garbage", "Parquet"),
        (b"\x1f\x8b\x08garbage", "damaged"),
        (b"\xfd7zXZ\x00garbage", "damaged"),
        (b"\x28\xb5\x2f\xfdgarbage", ""),
    ],
)
def test_no_table(write, content, words):
    assert words in str(failure(write(content)))


def test_file_not_found_suggests_a_neighbour(write):
    path = write(GOOD, "ratings.csv")
    error = failure(path.with_name("ratngs.csv"))
    assert "not found" in str(error)
    assert "ratings.csv" in error.hint


def test_a_name_that_is_none_suggests_data_sets():
    error = failure("ml-20")
    assert "no data set, file or folder" in str(error)
    assert "'ml-20m'" in error.hint


def test_folder_without_ratings_says_what_it_holds(write):
    path = write("hello", "folder/notes.txt")
    error = failure(path.parent)
    assert "no ratings found" in str(error)
    assert "notes.txt" in str(error)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_permission_denied(write):
    path = write(GOOD)
    path.chmod(0)
    assert "no permission" in str(failure(path))


def test_permission_denied_is_told(write, monkeypatch):
    path = write(GOOD)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    assert "no permission" in str(failure(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("userId,movieId,rating\n1,2,3\n1,3,4\n", "one user (1)"),
        ("userId,movieId,rating\n1,2,3\n2,2,4\n", "one item (2)"),
        ("userId,movieId,rating\n1,2,3\n2,3,3\n", "all ratings are equal (3)"),
    ],
)
def test_nothing_to_learn(write, content, words):
    assert words in str(failure(write(content)))


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the system counts no bytes read in /proc")
@pytest.mark.parametrize("start", ["", GOOD * 20_000], ids=["first line", "later line"])
def test_endless_line_is_refused_without_loading_it(tmp_path, start):
    path = tmp_path / "endless.csv"
    with path.open("wb") as stream:
        stream.write(start.replace("userId,movieId,rating,timestamp\n", "").encode())
        if start:
            stream.seek(0)
            stream.write(GOOD.encode()[:32])
        stream.seek(0, os.SEEK_END)
        stream.write(b"7,7,")
        stream.truncate(stream.tell() + 2_000_000_000)
    before = bytes_read()
    error = failure(path)
    assert bytes_read() - before < 100_000_000
    assert "this is a binary file" in str(error)  # the gap in it reads as zeros


def bytes_read():
    """Count what this process has read from files so far."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_an_endless_line_right_after_the_header_is_named(write):
    error = failure(write("userId,movieId,rating\n" + "x" * 4_000_000))
    assert "longer than 1 MiB" in str(error)
    assert error.row == 2


def test_endless_text_line_names_its_line(write):
    path = write("userId,movieId,rating\n1,1,2\n2,2,3\n" + "5," * 4_000_000)
    error = failure(path)
    assert "longer than 1 MiB" in str(error)
    assert error.row == 4


def test_duplicates_keep_the_last_by_time(write):
    path = write("userId,movieId,rating,timestamp\n1,1,5,300\n1,2,3,1\n1,1,1,200\n2,1,4,1\n")
    ratings = load_ratings(path)
    assert ratings.ratings.tolist() == [5, 3, 4]
    assert repairs(ratings)["duplicates"].count == 1
    assert "the last one kept" in repairs(ratings)["duplicates"].message


def test_duplicates_keep_the_last_in_the_file_without_times(write):
    path = write("userId,movieId,rating\n1,1,5\n1,2,3\n1,1,1\n2,1,4\n")
    assert load_ratings(path).ratings.tolist() == [3, 1, 4]


def test_duplicates_become_their_mean(write):
    path = write("userId,movieId,rating\n2,2,1\n1,1,5\n1,2,3\n1,1,1\n1,1,3\n2,1,4\n2,2,2\n")
    ratings = load_ratings(path, {"duplicates": "mean"})
    pairs = zip(
        ratings.user_vocabulary.ids[ratings.users],
        ratings.item_vocabulary.ids[ratings.items],
        ratings.ratings,
        strict=True,
    )
    assert sorted(pairs) == [(1, 1, 3.0), (1, 2, 3.0), (2, 1, 4.0), (2, 2, 1.5)]
    assert repairs(ratings)["duplicates"].count == 3


def test_duplicates_as_an_error_name_the_line(write):
    path = write("userId,movieId,rating\n1,1,5\n2,1,3\n1,1,1\n2,1,4\n")
    error = failure(path, duplicates="error")
    assert "before" in str(error)
    assert error.row == 4


def test_latin_1_is_read_and_said(write):
    content = "userId,movieId,rating\nJosé,Amélie,4\nAna,Amélie,3\nAna,Up,2\n"
    ratings = load_ratings(write(content.encode("latin-1")))
    assert ratings.user_vocabulary.ids.tolist() == ["José", "Ana"]
    assert "latin-1" in repairs(ratings)["encoding"].message


def test_latin_1_far_down_is_read_and_said(write):
    rows = "".join(f"{n % 90}u,{n % 70},{n % 9 + 1}\n" for n in range(150_000))
    content = f"userId,movieId,rating\n{rows}José,5,5\n".encode("latin-1")
    ratings = load_ratings(write(content))
    assert "José" in ratings.user_vocabulary.ids.tolist()
    assert repairs(ratings)["encoding"].count == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
def test_unicode_encodings(write, encoding):
    content = "userId,movieId,rating\nŁucja,映画,4\nAna,映画,3\nAna,Up,2\n".replace("Łucja", "Lucja" * 9)
    ratings = load_ratings(write(content.encode(encoding)))
    assert ratings.user_vocabulary.ids.tolist() == ["Lucja" * 9, "Ana"]
    assert ratings.item_vocabulary.ids.tolist() == ["映画", "Up"]


def test_a_wrong_encoding_that_was_asked_for(write):
    path = write("userId,movieId,rating\nJosé,1,4\nAna,1,3\nAna,2,2\n".encode("latin-1"))
    error = failure(path, encoding="utf-8")
    assert "utf-8" in str(error)
    assert error.row == 2
    assert "no such encoding" in str(failure(path, encoding="klingon"))


def test_wrong_time_is_named(write):
    error = failure(write("userId,movieId,rating,date\n1,1,3,2001-01-01\n2,1,4,yesterday-ish\n"))
    assert "'yesterday-ish' is not a date" in str(error)
    assert (error.row, error.column) == (3, "date")


def test_missing_times_and_milliseconds_are_stated(write):
    path = write("userId,movieId,rating,timestamp\n1,1,3,1500000000000\n2,1,4,\n2,2,5,1500000001000\n")
    ratings = load_ratings(path)
    assert ratings.timestamps.tolist() == [1_500_000_000, 1_500_000_000, 1_500_000_001]
    assert repairs(ratings)["times"].count == 1
    assert "milliseconds" in repairs(ratings)


def test_times_that_are_all_missing_are_no_times(write):
    for cell in ("", "NA", " "):
        content = f"userId,movieId,rating,timestamp\n1,1,3,{cell}\n2,1,4,{cell}\n2,2,5,{cell}\n"
        assert load_ratings(write(content)).timestamps is None


def test_spaces_around_ids_are_removed_and_counted(write):
    ratings = load_ratings(write("userId,movieId,rating\na ,1,3\n a,2,4\nb,1,5\n"))
    assert ratings.user_vocabulary.ids.tolist() == ["a", "b"]
    assert repairs(ratings)["spaces"].count == 2
