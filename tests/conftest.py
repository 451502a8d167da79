"""Fixtures for every room: small tables with known structure, private folders, real data where it exists."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.data.ratings import Ratings
from tests.support import make_ratings

os.environ["TASTEMAP_COMPILED"] = "off"  # for modules that load TensorFlow while tests are collected


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep runs, caches and preferences of a test in its own folder; returns the folder of runs."""
    for variable in ("RUNS", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"TASTEMAP_{variable}", str(tmp_path / variable.lower()))
    monkeypatch.setenv("TASTEMAP_COMPILED", "off")  # no test depends on what another one compiled
    return tmp_path / "runs"


@pytest.fixture
def ratings() -> Ratings:
    """A few thousand ratings with planted factors and biases."""
    return make_ratings()


@pytest.fixture(scope="session")
def movielens_2016() -> Path:
    """The folder of the notebook's edition of MovieLens."""
    root = os.environ.get("TASTEMAP_TEST_DATA")
    folder = Path(root or "") / "ml-latest-small-2016"
    if not root or not folder.is_dir():
        pytest.skip("TASTEMAP_TEST_DATA names no folder that holds ml-latest-small-2016")
    return folder
