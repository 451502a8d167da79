"""Compiled programs are kept between starts: the same numbers, sooner, and never a failed training."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from core.api import train
from core.runs.run import Run
from core.startup import _compile_cache
from core.startup._compile_cache import MOST_BYTES, open_store, seal
from tests.support import json_lines, make_ratings, tastemap_afresh, write_csv

MODES = stat.S_IRWXG | stat.S_IRWXO


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_csv(tmp_path_factory.mktemp("data") / "ratings.csv", make_ratings())


def trained(csv: Path, compiled: Path | str, **environment: str) -> tuple[Run, str]:
    """Train in a process of its own; returns the run and what it said on standard error."""
    words = ["train", "--data", str(csv), "--arch", "dot", "--factors", "4", "--epochs", "1"]
    words += ["--no-adapt", "--json"]
    done = tastemap_afresh(*words, TASTEMAP_COMPILED=str(compiled), **environment)
    return Run.open(Path(json_lines(done.stdout)[-1]["path"])), done.stderr


@pytest.fixture(scope="module")
def first_start(csv: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """A run whose process found no programs, and the folder where it left its own."""
    folder = tmp_path_factory.mktemp("first start")
    run, said = trained(csv, folder / "compiled", TASTEMAP_RUNS=str(folder / "runs"))
    assert said == ""
    return run, folder / "compiled"


@pytest.fixture
def compiled(first_start: tuple[Run, Path], tmp_path: Path) -> Path:
    """A copy of that folder. The paths of both have spaces, which must not matter."""
    return Path(shutil.copytree(first_start[1], tmp_path / "compiled programs"))


def assert_same(first: Run, second: Run) -> None:
    for name, array in first.model.weights.items():
        np.testing.assert_array_equal(array, second.model.weights[name], err_msg=name)
    assert first.val_rmse == second.val_rmse


def programs(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.glob("*/*.pb")}


@pytest.mark.slow
def test_the_second_start_compiles_nothing_and_gives_the_same_numbers(
    csv: Path, first_start: tuple[Run, Path], compiled: Path
) -> None:
    # This process keeps no programs.
    plain = train(csv, "dot", options={"factors": 4}, epochs=1, adapt=False)
    made = programs(compiled)
    second, said = trained(csv, compiled)
    assert made
    assert programs(compiled) == made
    assert_same(plain, first_start[0])
    assert_same(plain, second)
    assert said == ""
    assert all(path.stat().st_mode & MODES == 0 for path in (first_start[1], *first_start[1].iterdir()))


@pytest.mark.slow
def test_damaged_programs_are_thrown_away_and_told_and_cut_ones_compiled_again(
    csv: Path, first_start: tuple[Run, Path], compiled: Path
) -> None:
    paths = sorted(programs(compiled))
    assert len(paths) > 1
    for path in paths[1:]:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 255
        path.write_bytes(content)
    # What a killed process leaves: a program that was never sealed.
    paths[0].with_name(f"{paths[0].name}.sha256").unlink()
    paths[0].write_bytes(paths[0].read_bytes()[:100])
    run, said = trained(csv, compiled)
    assert f"{len(paths) - 1} damaged compiled program" in said
    assert_same(first_start[0], run)
    assert sorted(programs(compiled)) == paths


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_told_and_training_works(csv: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    run, said = trained(csv, tmp_path / "file" / "compiled")
    assert "can't keep compiled programs" in said
    assert run.state == "finished"


def test_flags_of_the_user_win_and_off_sets_none(tmp_path: Path) -> None:
    code = (
        "import os; from core.startup._compile_cache import keep_compiled_programs as keep\n"
        "keep(); print(os.environ.get('TF_XLA_FLAGS', 'none'))"
    )

    def flags(**environment: str) -> str:
        words = [sys.executable, "-c", code]
        told = subprocess.run(
            words, capture_output=True, text=True, check=True, env={**os.environ, **environment}
        )
        return told.stdout.strip()

    own = "--tf_xla_persistent_cache_directory=/elsewhere"
    compiled = str(tmp_path / "compiled")
    assert flags(TASTEMAP_COMPILED="off") == "none"
    assert flags(TASTEMAP_COMPILED=compiled, TF_XLA_FLAGS=own) == own
    kept = flags(TASTEMAP_COMPILED=compiled, TF_XLA_FLAGS="--tf_xla_clustering_debug")
    assert kept.startswith("--tf_xla_clustering_debug --tf_xla_persistent_cache_directory='")
    assert kept != flags(TASTEMAP_COMPILED=compiled, XLA_FLAGS="--xla_cpu_enable_fast_math=true")


def test_programs_for_a_gpu_are_kept_for_the_gpus_and_the_driver_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, keys = tmp_path / "driver", [_compile_cache._machine_key()]
    monkeypatch.setattr(_compile_cache, "_DRIVER", driver)
    assert list(_compile_cache._gpus()) == []
    card = driver / "gpus" / "0000:00:06.0" / "information"
    card.parent.mkdir(parents=True)
    for model, version in (("H100", "580.1"), ("H200", "580.1"), ("H200", "590.2")):
        card.write_text(f"Model: \t\t NVIDIA {model}\nIRQ:   \t\t 41\n")
        (driver / "version").write_text(f"NVRM version: {version}\n")
        keys.append(_compile_cache._machine_key())
    assert len(set(keys)) == len(keys)
    card.write_text(card.read_text().replace("41", "42"))
    assert _compile_cache._machine_key() == keys[-1]
    (driver / "version").unlink()
    assert list(_compile_cache._gpus()) == []  # nobody knows what its programs would be for


def write_program(folder: Path, name: str, size: int = 10, age: int = 0) -> Path:
    path = folder / name
    path.write_bytes(bytes(size))
    os.utime(path, (10**9 - age, 10**9 - age))
    return path


def test_only_sealed_programs_stay(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "key"
    assert open_store(folder) == 0
    kept, damaged = write_program(folder, "kept.pb"), write_program(folder, "damaged.pb")
    seal(folder)
    damaged.write_bytes(b"other")
    unsealed = write_program(folder, "unsealed.pb")
    leftover = write_program(folder, "killed.pb-1.tmp")
    assert open_store(folder) == 1
    assert kept.exists()
    assert not any(path.exists() for path in (damaged, unsealed, leftover))


def test_the_oldest_programs_go_first(tmp_path: Path) -> None:
    folder = tmp_path / "root" / "key"
    open_store(folder)
    size = MOST_BYTES // 3
    paths = [write_program(folder, f"{age}.pb", size, age) for age in range(5)]
    seal(folder)
    open_store(folder)
    assert [path.exists() for path in paths] == [True, True, True, False, False]


@pytest.mark.skipif(os.name != "posix", reason="owners and links of POSIX")
def test_a_folder_of_another_user_or_a_link_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "root" / "key"
    open_store(folder)
    folder.chmod(0o777)
    open_store(folder)
    assert folder.stat().st_mode & MODES == 0
    folder.parent.chmod(0o755)
    open_store(folder)
    assert folder.parent.stat().st_mode & MODES == 0o055
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(OSError, match="own"):
        open_store(tmp_path / "link")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(OSError, match="own"):
        open_store(folder)


def test_nothing_is_kept_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(OSError, match="nearly full"):
        open_store(tmp_path / "root" / "key")
    seal(tmp_path / "gone")


@pytest.mark.skipif(os.name != "posix", reason="this system has no limit on the length of files")
def test_where_files_must_be_short_nothing_is_kept(tmp_path: Path) -> None:
    code = f"""
import resource
from pathlib import Path
from core.startup._compile_cache import open_store
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
open_store(Path({str(tmp_path / "compiled")!r}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "limit on the length of files" in done.stderr.splitlines()[-1]
