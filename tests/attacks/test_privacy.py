"""What people rated is its owner's alone: rights of runs, caches and copies; what killed writes leave."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core import shelf
from core.data import convert, load_ratings
from core.data.fetching import fetch
from core.data.fetching.named import all_datasets
from core.data.loading import _cache as cache
from core.errors import TastemapError
from core.files import clear_leftovers, write_atomically, write_through
from core.runs import locked
from core.views import TopItems, recommend_to_all, write_recommendations
from tests.support import make_ratings, write_csv
from tui.files import export_run, read_run


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def all_private(folder: Path) -> bool:
    return all(rights(path) == (0o700 if path.is_dir() else 0o600) for path in (folder, *folder.rglob("*")))


@pytest.mark.slow
def test_runs_and_caches_are_their_owners_alone(
    tmp_path: Path, private_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core import train

    monkeypatch.setattr(cache, "SMALLEST", 0)
    table = write_csv(tmp_path / "ratings.csv", make_ratings(30, 20, 10))
    trained = train(table, "bias", adapt=False, epochs=2, early_stopping=1, trackers=["csv"])
    assert all_private(trained.folder), sorted(
        (oct(rights(path)), path.name) for path in trained.folder.rglob("*")
    )
    assert rights(private_folders) == 0o700
    assert all_private(cache.tables_folder())
    outside = train(table, "bias", adapt=False, epochs=1, folder=tmp_path / "my-run")
    assert rights(outside.folder) == 0o700


def test_a_copy_has_no_wider_rights_than_its_source(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # what is written into a private folder is private anyway
    table = write_csv(tmp_path / "ratings.csv", make_ratings(10, 10, 5))
    for mode, expected in ((0o600, 0o600), (0o640, 0o640), (0o644, 0o644)):
        table.chmod(mode)
        written = convert(load_ratings(table), tmp_path / f"copy{mode:o}.csv")
        assert rights(Path(str(written["ratings"]))) == expected
        assert rights(Path(str(written["items"]))) == expected
    write_through(tmp_path / "new", lambda path: path.write_bytes(b""), table)
    table.chmod(0o600)
    write_through(tmp_path / "new", lambda path: path.write_bytes(b""), table)
    assert rights(tmp_path / "new") == 0o600
    write_atomically(tmp_path / "free", b"")
    assert rights(tmp_path / "free") == 0o644


@pytest.mark.slow
def test_what_is_made_of_a_run_is_as_private_as_the_run(tmp_path: Path) -> None:
    from core import train

    tmp_path.chmod(0o755)
    trained = train(make_ratings(30, 20, 10), "bias", adapt=False, epochs=1)
    model = trained.model
    for name in ("all.csv", "all.parquet"):
        found = recommend_to_all(model, TopItems(user=(), count=2, unseen=False))
        write_recommendations(model, found, tmp_path / name)
        assert rights(tmp_path / name) == 0o600
    assert rights(export_run(read_run(trained.folder), tmp_path / "run.zip")) == 0o600


def test_a_file_taken_as_a_download_keeps_its_rights(tmp_path: Path) -> None:
    name = next(iter(all_datasets()))
    source = tmp_path / "mine.zip"
    source.write_bytes(b"PK\x05\x06" + b"\0" * 18)
    source.chmod(0o600)
    with suppress(TastemapError):  # not the file that it should be
        fetch(name, accept_licence=True, from_file=source)
    left = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert left
    assert all(rights(path) == 0o600 for path in left)


def test_what_a_killed_write_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    left = [tmp_path / ".summary.json.0123456789ab", tmp_path / "checkpoint/.state.safetensors.0123456789ab"]
    kept = [tmp_path / ".hidden", tmp_path / "summary.json", tmp_path / ".notes.txt"]
    for path in (*left, *kept):
        path.write_bytes(b"x")
    with locked(tmp_path):
        pass
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)
    clear_leftovers(tmp_path)


def test_a_cache_that_was_killed_while_writing_is_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SMALLEST", 0)
    old, young = (cache.tables_folder() / f".writing-{name}" for name in ("old", "young"))
    for folder in (old, young):
        (folder / "table").mkdir(parents=True)
    long_ago = time.time() - 10 * 3600
    os.utime(old, (long_ago, long_ago))
    load_ratings(write_csv(tmp_path / "ratings.csv", make_ratings(10, 10, 5)))
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("way", ["in place", "replaced"])
def test_a_table_of_the_same_size_and_time_is_not_taken_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(cache, "SMALLEST", 0)
    path = write_csv(tmp_path / "ratings.csv", make_ratings(20, 20, 10))
    first, before = load_ratings(path), path.stat()
    text = path.read_text()
    assert load_ratings(path).ratings.tolist() == first.ratings.tolist()
    other = text.replace(",3.0\n", ",4.0\n")
    assert len(other) == len(text) and other != text
    if way == "replaced":
        (tmp_path / "new").write_text(other)
        (tmp_path / "new").replace(path)
    else:
        path.write_text(other)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load_ratings(path).ratings.tolist() != first.ratings.tolist()


def test_the_cache_looks_into_the_file_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where a system tells the same times and inode, other blocks are another file."""
    path = tmp_path / "file"
    path.write_bytes(b"a" * 100_000)
    one = shelf._sample(path, 100_000)
    for place in (0, 50_000, 99_999):
        path.write_bytes(b"a" * place + b"b" + b"a" * (99_999 - place))
        assert shelf._sample(path, 100_000) != one
