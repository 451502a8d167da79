"""Small files that unpack to gigabytes, or whose directory takes minutes, are refused before they do."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import signal
import sqlite3
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from core.data import load_ratings
from core.errors import DataError, UsageError
from tests.support import make_ratings, write_csv

LINE = b"1,2,3.0\n"
FEW_MB = 4 * 2**20
"""A limit that is soon reached, for what is told from the limit of everybody's by its form alone."""


def blocks(megabytes: int) -> list[bytes]:
    return [LINE * (2**20 // len(LINE))] * megabytes


def packed(folder: Path, ending: str, megabytes: int) -> Path:
    """A large table in a small file."""
    path = folder / f"ratings.csv.{ending}"
    if ending == "zip":
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("ratings.csv", "w", force_zip64=True) as member,
        ):
            for block in (b"userId,movieId,rating\n", *blocks(megabytes)):
                member.write(block)
    elif ending == "zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            for block in (b"userId,movieId,rating\n", *blocks(megabytes)):
                stream.write(block)
    else:
        compress = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[ending]
        path.write_bytes(compress(b"userId,movieId,rating\n") + compress(blocks(1)[0]) * megabytes)
    return path


@pytest.mark.slow
def test_packed_text_is_not_unpacked_beyond_all_measure(tmp_path: Path) -> None:
    path = packed(tmp_path, "gz", 140)
    assert path.stat().st_size < 2**20
    with pytest.raises(DataError, match="unpack to more than") as caught:
        load_ratings(path)
    assert "TASTEMAP_LARGEST" in caught.value.hint


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "zst", "zip"])
def test_every_packed_form_is_measured(tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAP_LARGEST", str(FEW_MB))
    with pytest.raises(DataError, match="unpack to more than"):
        load_ratings(packed(tmp_path, ending, 5))


def test_a_bomb_of_titles_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAP_LARGEST", str(FEW_MB))
    table = write_csv(tmp_path / "ratings.csv", make_ratings(10, 10, 5))
    path = tmp_path / "movies.csv.gz"
    with gzip.open(path, "wb") as stream:
        stream.write(b"movieId,title,genres\n")
        for number in range(6):
            stream.write(b"".join(b"%d,%s,Drama\n" % (number * 1000 + n, b"x" * 1000) for n in range(1000)))
    with pytest.raises(DataError, match="unpack to more than"):
        load_ratings(table, {"items": str(path)})


def constant_parquet(path: Path, rows: int, text: str = "") -> Path:
    indices = pa.array(np.zeros(rows, np.int32))
    numbers = pa.array(np.zeros(rows, np.int64))
    users = pa.DictionaryArray.from_arrays(indices, pa.array([text])) if text else numbers
    columns = {"userId": users, "movieId": np.zeros(rows, np.int64), "rating": np.full(rows, 3.0)}
    parquet.write_table(pa.table(columns), path, compression="zstd", row_group_size=2**20)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "text"), [(20_000_000, ""), (400_000, "u" * 4000)])
def test_a_parquet_file_of_one_repeated_row_is_not_decoded(tmp_path: Path, rows: int, text: str) -> None:
    path = constant_parquet(tmp_path / "ratings.parquet", rows, text)
    assert path.stat().st_size < 2**20
    with pytest.raises(DataError, match="unpack to more than"):
        load_ratings(path)


def test_the_limit_can_be_lifted_and_must_be_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ratings.csv.gz"
    path.write_bytes(gzip.compress(write_csv(tmp_path / "ratings.csv", make_ratings(10, 10, 5)).read_bytes()))
    monkeypatch.setenv("TASTEMAP_LARGEST", "100")
    with pytest.raises(DataError, match="unpack to more than 100"):
        load_ratings(path)
    monkeypatch.setenv("TASTEMAP_LARGEST", "100000")
    assert len(load_ratings(path)) == 50
    monkeypatch.setenv("TASTEMAP_LARGEST", "much")
    with pytest.raises(UsageError, match="number of bytes"):
        load_ratings(path)


@pytest.mark.parametrize(("depth", "members"), [(30_000, 1), (1000, 50)])
def test_an_archive_of_folders_without_end_is_refused(tmp_path: Path, depth: int, members: int) -> None:
    path = tmp_path / "deep.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(members):
            archive.writestr("a/" * depth + f"{number}", b"")
    with pytest.raises(DataError, match="the archive has"):
        load_ratings(path)


def test_an_archive_of_members_without_end_is_refused(tmp_path: Path) -> None:
    path, name = tmp_path / "wide.zip", b"a.csv"
    member = b"PK\1\2" + struct.pack("<6H3L5H2L", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), *[0] * 6) + name
    wide = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 200_001, 200_001, 200_001 * len(member), 4)
    where = b"PK\6\7" + struct.pack("<LQL", 0, 4 + 200_001 * len(member), 1)
    path.write_bytes(
        b"PK\3\4" + member * 200_001 + wide + where + b"PK\5\6" + b"\0" * 4 + b"\xff" * 12 + b"\0\0"
    )
    with pytest.raises(DataError, match="over 200,000 members"):
        load_ratings(path)


ENDLESS = {
    "sqlite": "WITH RECURSIVE r(userId, movieId, rating) AS (SELECT 1, 1, 3 UNION ALL "
    "SELECT userId + 1, movieId % 99 + 1, rating % 5 + 1 FROM r) SELECT * FROM r",
    "duckdb": "SELECT range AS userId, range % 99 AS movieId, range % 5 AS rating FROM range(100000000000)",
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_a_view_that_makes_rows_up_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    import duckdb

    path = tmp_path / f"endless.{kind}"
    connect: Any = {"sqlite": sqlite3.connect, "duckdb": duckdb.connect}[kind]
    with contextlib.closing(connect(str(path))) as database:
        database.execute(f"CREATE VIEW ratings AS {ENDLESS[kind]}")
        database.commit()
    monkeypatch.setenv("TASTEMAP_LARGEST", str(8 * 2**20))
    with pytest.raises(DataError, match="unpack to more than"):
        load_ratings(path)


def test_ctrl_c_ends_a_query_that_answers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "endless.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE VIEW ratings AS {ENDLESS['sqlite']} WHERE rating > 9")
        database.commit()
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heard}; from core.cli import main; main()"
    words = [sys.executable, "-c", code, "data", "describe", str(path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as child:
        time.sleep(4)  # it may not have come to the query: Ctrl-C ends it there too
        child.send_signal(signal.SIGINT)
        try:
            _, told = child.communicate(timeout=120)
        finally:
            child.kill()
    assert child.returncode in (130, -signal.SIGINT)
    assert b"Traceback" not in told or child.returncode == -signal.SIGINT


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc tells a process's memory here")
def test_little_memory_is_enough_to_refuse(tmp_path: Path) -> None:
    """A process that may not have a GB more than it starts with tells the bomb and doesn't die of it."""
    path = constant_parquet(tmp_path / "ratings.parquet", 60_000_000)
    code = f"""
from core.data import load_ratings
from core.errors import DataError
import pyarrow.parquet, pandas
try:
    load_ratings({str(path)!r})
except DataError:
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 600 * 2**20
