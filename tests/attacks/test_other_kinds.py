"""What stands where a file should be, is to be written or is named: pipes, devices, links, odd names."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from core.errors import DataError, RunError, TastemapError, UsageError
from core.files import cache_folder, write_atomically
from core.readable import readable
from core.runs import Run, locked
from tests.support import command, make_ratings, write_csv


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trained run."""
    from core import train

    table = write_csv(tmp_path_factory.mktemp("table") / "ratings.csv", make_ratings(30, 20, 10))
    return train(table, "bias", epochs=2, folder=tmp_path_factory.mktemp("run") / "bias-1").folder


@pytest.fixture
def run(whole: Path, private_folders: Path) -> Path:
    """A copy of it that looks interrupted."""
    copy = Path(shutil.copytree(whole, private_folders / "bias-copy"))
    (copy / "summary.json").unlink()
    (copy / "lock").unlink(missing_ok=True)
    return copy


def put(kind: str, path: Path, target: Path) -> None:
    """Put something that is no file at a place."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(target)


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_a_lock_that_is_no_file_is_told_and_waited_for_by_nobody(
    run: Path, tmp_path: Path, kind: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    put(kind, run / "lock", victim)
    done = command("train", "--resume", str(run), "--epochs", "3", expect=1)
    assert "lock is damaged" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_a_checkpoint_that_is_no_folder_is_neither_read_nor_written(
    run: Path, tmp_path: Path, kind: str
) -> None:
    elsewhere = Path(shutil.copytree(run / "checkpoint", tmp_path / "elsewhere"))
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    shutil.rmtree(run / "checkpoint")
    put(kind, run / "checkpoint", elsewhere)
    with pytest.raises(RunError, match="not a folder"):
        _ = Run.open(run).model
    with pytest.raises(RunError, match="not a folder"), locked(run):
        pass
    assert {path.name: path.read_bytes() for path in elsewhere.iterdir()} == before


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_no_file_is_not_replaced_by_one(tmp_path: Path, kind: str) -> None:
    """A rename over /dev/null would take it from everybody."""
    path = tmp_path / "map.svg"
    put(kind, path, path)
    mode = stat.S_IFMT(path.lstat().st_mode)
    with pytest.raises(RunError, match="not a file to write"):
        write_atomically(path, b"x")
    assert stat.S_IFMT(path.lstat().st_mode) == mode
    assert [one.name for one in tmp_path.iterdir()] == ["map.svg"]


def test_a_home_that_nobody_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["data", "describe", "~no-such-user/x.csv"], ["train", "--data", "~no-such-user/x"]):
        assert "no home folder" in command(*words, expect=2).stderr
    monkeypatch.setenv("TASTEMAP_CACHE", "~no-such-user/cache")
    with pytest.raises(UsageError, match="no home folder"):
        cache_folder()


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_name_that_is_no_text_is_refused_with_a_way_out(tmp_path: Path) -> None:
    from core.data import load_ratings

    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    try:
        write_csv(Path(path), make_ratings(10, 10, 5))
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    with pytest.raises(DataError, match="isn't UTF-8") as caught:
        load_ratings(path)
    assert "Rename it" in caught.value.hint
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    assert len(load_ratings(link)) == 50


def test_a_run_is_listed_by_the_name_that_finds_it(whole: Path, private_folders: Path) -> None:
    """A folder from elsewhere may say that it is another run."""
    shutil.copytree(whole, private_folders / "bias-mine")
    copy = Path(shutil.copytree(whole, private_folders / "bias-theirs"))
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "run": "bias-mine"}))
    rows = json.loads(command("runs", "--json").stdout)
    assert {row["run"] for row in rows} == {"bias-mine", "bias-theirs"}


@pytest.mark.parametrize(
    "hidden",
    ["\U000e0041", "\U000e0001", "\u3164", "\u115f", "\uffa0", "\u034f", "\u180e", "\u2065", "\U0001d173"],
    ids=ascii,
)
def test_what_shows_nothing_is_shown(hidden: str) -> None:
    assert readable(f"a{hidden}b") == f"a‹U+{ord(hidden):04X}›b"


@pytest.mark.parametrize("nothing", ["\ufdd0", "\ufffe", "\U0001ffff", "\U0010fffe"], ids=ascii)
def test_what_is_no_character_is_shown(nothing: str) -> None:
    assert readable(nothing) == f"‹U+{ord(nothing):04X}›"


@pytest.mark.parametrize(
    "whole",
    [
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England's flag
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 ❤️ 葛\U000e0100 क्\u200dष नमस्ते Do\u00adnau",
    ],
)
def test_what_scripts_and_emoji_need_stays(whole: str) -> None:
    assert readable(whole) == whole


def test_nothing_of_this_raises_anything_else(run: Path) -> None:
    (run / "checkpoint" / "state.safetensors").unlink()
    (run / "checkpoint" / "state.safetensors").mkdir()
    with pytest.raises(TastemapError):
        _ = Run.open(run).model


def timed(folder: Path, times: list[object]) -> Path:
    path = folder / "timed.csv"
    rows = "".join(f'u{n % 5},{n % 3},{n % 4 + 1},"{time}"\n' for n, time in enumerate(times))
    path.write_text(f"userId,movieId,rating,timestamp\n{rows}")
    return path


@pytest.mark.parametrize("odd", [10**30, -(10**30), "inf", "NaT?", "2020-02-30"])
def test_the_time_that_is_none_is_blamed_and_not_the_others(tmp_path: Path, odd: object) -> None:
    from core.data import load_ratings

    times: list[object] = [1_600_000_000 + n for n in range(15)]
    times[7] = odd
    with pytest.raises(DataError, match="is not a date") as caught:
        load_ratings(timed(tmp_path, times))
    assert (caught.value.row, caught.value.value) == (9, str(odd))


@pytest.mark.parametrize("text", ["12:30:00", "9:05", "May", "Monday", "12:30 PM"])
def test_a_time_of_day_is_no_date(tmp_path: Path, text: str) -> None:
    """It would be one of today: other times on every day that the table is read."""
    from core.data import load_ratings

    with pytest.raises(DataError, match="is not a date"):
        load_ratings(timed(tmp_path, [text] * 15))


@pytest.mark.parametrize(
    "text", ["Apr 13, 2020", "13 April 2020 12:30", "April 2020", "Mon, 13 Apr 2020 09:05:01 GMT"]
)
def test_dates_by_name_are_still_read(tmp_path: Path, text: str) -> None:
    from core.data import load_ratings

    read = load_ratings(timed(tmp_path, [text] * 15)).timestamps
    assert read is not None
    assert 1_585_000_000 < read[0] < 1_587_000_000
