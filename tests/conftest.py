"""Fixtures for every room: small tables with known structure, private folders, real data where it exists.

Tests run in several worker processes (see `pytest_xdist_auto_num_workers`). What a worker makes once and all
its tests may read: trained runs (`trained_once`, shared by all workers) and compiled programs, which child
processes find in one folder.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from core.data.ratings import Ratings
from core.startup import _compile_cache as compile_cache
from tests.support import make_ratings

MOST_WORKERS, WORKER_BYTES = 4, 2 * 2**30
"""A worker with TensorFlow takes a GB or so, and the child processes of its tests as much again."""

# Only child processes keep programs: their names in this one depend on all tests that ran before.
compile_cache.keep_compiled_programs = lambda: None
# Workers share the cores already: more threads in each would only wait for one another. (Not fewer between
# operations: devices that train together wait for each other there.)
for library in ("TF_NUM_INTRAOP", "OMP_NUM", "OPENBLAS_NUM"):
    os.environ.setdefault(f"{library}_THREADS", "1")
# Most programs are compiled to run a few times: what LLVM's dear passes gain there is less than they take.
os.environ.setdefault("XLA_FLAGS", "--xla_llvm_disable_expensive_passes=true")
os.environ["TASTEMAP_COMPILED"] = "off"  # for who starts a child before any test
# A shell starts what it leaves in the background with Ctrl-C ignored, and children inherit that.
for number, default in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, default)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """As many workers as cores and memory let; none for a file or two, which start faster without."""
    if all(Path(word.partition("::")[0]).is_file() for word in config.args) and len(config.args) <= 2:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MOST_WORKERS, _memory() // WORKER_BYTES))


def _memory() -> int:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return MOST_WORKERS * WORKER_BYTES
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def pytest_collection_finish() -> None:
    """Spare what was imported from garbage collections, and collect what tests leave a little less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def shared_by_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def compiled_programs(shared_by_workers: Path) -> Path:
    """Where the child processes of tests keep compiled programs for each other."""
    return shared_by_workers / "compiled"


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, compiled_programs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep runs, caches and preferences of a test in its own folder; returns the folder of runs."""
    for variable in ("RUNS", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"TASTEMAP_{variable}", str(tmp_path / variable.lower()))
    monkeypatch.setenv("TASTEMAP_COMPILED", str(compiled_programs))
    return tmp_path / "runs"


@pytest.fixture
def ratings() -> Ratings:
    """A few thousand ratings with planted factors and biases."""
    return make_ratings()


@pytest.fixture(scope="session")
def trained_once(shared_by_workers: Path) -> Callable[..., Path]:
    """Trains an architecture's defaults on a data set once for all tests, and gives the run's folder.

    Whoever asks opens the run afresh, and leaves the folder as it is.
    """

    def train_once(data: str | Path, architecture: str, seed: int = 1) -> Path:
        from core import train

        folder = shared_by_workers
        made = folder / f"{Path(data).name}-{architecture}-{seed}"
        with FileLock(folder / f"{made.name}.lock"):
            if not (made / "summary.json").exists():
                train(data, architecture, seed=seed, folder=made)
        return made

    return train_once


@pytest.fixture(scope="session")
def movielens_2016() -> Path:
    """The folder of the notebook's edition of MovieLens."""
    root = os.environ.get("TASTEMAP_TEST_DATA")
    folder = Path(root or "") / "ml-latest-small-2016"
    if not root or not folder.is_dir():
        pytest.skip("TASTEMAP_TEST_DATA names no folder that holds ml-latest-small-2016")
    return folder
