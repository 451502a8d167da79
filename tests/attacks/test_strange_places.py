"""Names and places that are no tables: too long, devices, pipes, whole disks; figures without bounds."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.data.reading.typed import _files
from core.errors import DataError, RunError
from core.runs import Run
from tests.support import command, make_ratings, write_csv
from tui.shell.watching import replay


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trained run."""
    from core import train

    table = write_csv(tmp_path_factory.mktemp("table") / "ratings.csv", make_ratings(30, 20, 10))
    return train(table, "bias", epochs=1, folder=tmp_path_factory.mktemp("run") / "bias-1").folder


LONG = ["x" * 5000, "/" + "x" * 300, "a/" * 3000]


@pytest.mark.parametrize("name", LONG, ids=["a name", "a file", "a path"])
def test_a_name_longer_than_any_is_told_in_one_short_line(name: str, whole: Path, tmp_path: Path) -> None:
    run, table = str(whole), str(write_csv(tmp_path / "ratings.csv", make_ratings(10, 10, 5)))
    for words in (
        ["train", "--data", name],
        ["data", "describe", name],
        ["predict", name, "1", "1"],
        ["predict", run, "u1", "100", "--plugin", name],
        ["evaluate", run, "--data", name],
        ["compare", run, name],
        ["train", "--resume", name],
        ["train", "--train", table, "--test", name],
        ["verdict", "--data", name],
        ["bench", "ml-100k", "--data", name],
        ["open", name],
    ):
        done = command(*words, expect=2)
        last = done.stderr.splitlines()[-1]
        assert "so long a name" in last and len(last) < 200, words
    written = command("map", run, "--out", f"{name.rstrip('/')}.svg", expect=1)
    assert "File name too long" in written.stderr and "Free some space" not in written.stderr


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_table_that_is_a_pipe_or_a_device_is_refused_and_waited_for_by_nobody(
    kind: str, tmp_path: Path
) -> None:
    place = tmp_path / "pipe.csv" if kind == "pipe" else Path("/dev/zero")
    if kind == "pipe":
        os.mkfifo(place)
    for words in (["data", "describe", str(place)], ["train", "--data", str(place)]):
        assert "is a pipe or a device" in command(*words, expect=1).stderr


def test_pipes_and_loops_within_a_folder_are_passed_over(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "ratings.csv", make_ratings(10, 10, 5))
    os.mkfifo(tmp_path / "movies.csv")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "up").symlink_to(tmp_path)
    told = json.loads(command("data", "describe", str(tmp_path), "--json").stdout)
    assert told["ratings"] == 50 and Path(told["source"]) in (tmp_path, table)


def test_a_folder_of_more_files_than_a_table_has_is_not_walked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_files, "_MOST_PARTS", 20)
    for number in range(40):
        (tmp_path / f"{number}.parquet").touch()
    with pytest.raises(DataError, match="more than 20 files"):
        _files.parts_of(tmp_path)


NUMBERS = ("scale/minimum", "scale/maximum", "scale/step", "training_mean", "offset", "share", "means")


@pytest.fixture
def strict() -> Iterator[None]:
    """NumPy's warnings are errors: a figure that overflows is a wrong figure."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.mark.parametrize("value", [1e308, -1e308, 1e39, 2**64, float("nan"), float("inf")])
@pytest.mark.parametrize("name", NUMBERS)
def test_figures_beyond_single_precision_are_damage(
    whole: Path, tmp_path: Path, name: str, value: float, strict: None
) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    config: dict[str, Any] = json.loads((run / "config.json").read_text())
    part = config["data"]["scale"] if "/" in name else config["scoring"]
    part[name.rpartition("/")[2]] = value
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(RunError, match="damaged"):
        Run.open(run).predict("u1", 100)


@pytest.mark.parametrize("epochs", ["x", None, [], 1e308, -5, "9" * 500])
def test_a_run_with_odd_settings_is_played_again_or_refused(whole: Path, tmp_path: Path, epochs: Any) -> None:
    run = Path(shutil.copytree(whole, tmp_path / "run"))
    config: dict[str, Any] = json.loads((run / "config.json").read_text())
    config["settings"]["epochs"] = epochs
    (run / "config.json").write_text(json.dumps(config))
    assert len(replay(run).epochs) == 1
