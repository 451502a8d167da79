"""Run folders: nothing half-written, nothing executed, clear words for what is damaged."""

from __future__ import annotations

import errno
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core.files
from core.errors import RunError, UsageError
from core.files import write_atomically
from core.protocol.events import EpochFinished
from core.runs._arrays import read_arrays, write_arrays
from core.runs.config import read_config
from core.runs.store import find_run, list_runs
from core.runs.writer import Progress, RunWriter, locked, read_history
from tests.support import EPOCH

STATE = {"table/user_factors": np.arange(6, dtype=np.float32).reshape(2, 3), "optimizer/0": np.array(7)}


def epoch_event(epoch: int) -> EpochFinished:
    return replace(EPOCH, epoch=epoch, epochs=9)


def test_arrays_come_back_with_shapes_types_and_description(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.safetensors", STATE, {"epoch": 3})
    arrays, about = read_arrays(tmp_path / "a.safetensors")
    assert about == {"epoch": 3}
    for name, array in STATE.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        np.testing.assert_array_equal(arrays[name], array)


@pytest.mark.parametrize("size", [0, 5, 100, -3])
def test_a_damaged_file_is_named(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.safetensors"
    write_arrays(path, STATE, {})
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RunError, match=r"a\.safetensors is damaged"):
        read_arrays(path)


def test_a_pickle_is_refused_and_not_executed(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "executed",))

    path = tmp_path / "a.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(RunError, match="damaged"):
        read_arrays(path)
    assert not (tmp_path / "executed").exists()


def test_a_full_disk_leaves_the_old_content_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.json"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(core.files.os, "fsync", full)
    with pytest.raises(RunError, match=r"config\.json: No space left on device\..*saved before is intact"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


def test_files_get_the_permissions_of_the_umask(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "written", b"x")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_checkpoint_cuts_history_that_it_does_not_cover(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path)
    for epoch in (1, 2):
        writer.save_epoch(epoch_event(epoch), Progress(epoch=epoch), STATE)
    with (tmp_path / "history.jsonl").open("a") as history:
        history.write(f'{epoch_event(3).to_json()}\n{{"event":"epoch_fin')
    assert [event["epoch"] for event in read_history(tmp_path)] == [1, 2, 3]
    loaded = writer.load_checkpoint()
    assert loaded is not None
    assert loaded[0] == Progress(epoch=2)
    assert [event["epoch"] for event in read_history(tmp_path)] == [1, 2]
    assert (tmp_path / "history.jsonl").read_bytes().endswith(b"}\n")


def test_a_damaged_line_of_history_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text(
        f"{epoch_event(1).to_json()}\nnonsense\n{epoch_event(2).to_json()}\n"
    )
    with pytest.raises(RunError, match=r"history\.jsonl, line 2 is damaged"):
        read_history(tmp_path)


def test_only_the_best_weights_that_the_checkpoint_names_stay(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path)
    for epoch in (1, 2, 3):
        writer.save_best(epoch, STATE)
        writer.save_epoch(epoch_event(epoch), Progress(epoch=epoch, best_epoch=min(epoch, 2)), STATE)
    kept = writer.best_weights(2)
    assert kept is not None and kept.keys() == STATE.keys()
    assert all(np.array_equal(kept[name], array) for name, array in STATE.items())
    assert [path.name for path in (tmp_path / "checkpoint").glob("best*")] == ["best-2.safetensors"]


def test_two_processes_cannot_train_one_run(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(RunError, match="being trained by another process"),
        locked(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "damaged"),
        ("[]", "no JSON object"),
        ('{"format": 99}', "has format 99"),
        ('{"format": 1, "run": "x"}', "damaged"),
        ('{"format": 1, "surprise": 1}', "damaged"),
    ],
)
def test_a_foreign_or_damaged_configuration_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RunError, match=said) as caught:
        read_config(tmp_path)
    assert "config.json" in str(caught.value)


def make_run(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "config.json").write_text(json.dumps({"format": 1}))
    return folder / name


def test_runs_are_found_by_id_beginning_path_and_latest(private_folders: Path) -> None:
    first = make_run(private_folders, "bias-1-aa")
    make_run(private_folders, "bias-2-bb")
    last = make_run(private_folders, "dot-3-cc")
    (private_folders / "not-a-run").mkdir()
    assert [path.name for path in list_runs()] == ["dot-3-cc", "bias-2-bb", "bias-1-aa"]
    assert find_run("bias-1-aa") == find_run("bias-1") == find_run(str(first)) == first
    assert find_run("latest") == last
    with pytest.raises(UsageError, match="could be 2 runs"):
        find_run("bias")
    for unknown in ("nn", "", "not-a-run"):
        with pytest.raises(UsageError, match="There is no run"):
            find_run(unknown)
