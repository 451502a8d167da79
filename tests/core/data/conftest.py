"""Every test gets a cache folder of its own, so that none reads or leaves anything of the person's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("TASTEMAP_CACHE", str(folder / "tastemap"))
    return folder


@pytest.fixture
def write(tmp_path):
    """Write a file from text or bytes and give its path."""

    def write_file(content, name="table.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def real_data():
    """The folder that holds ml-latest-small-2016."""
    folder = os.environ.get("TASTEMAP_TEST_DATA")
    if not folder or not (Path(folder) / "ml-latest-small-2016").is_dir():
        pytest.skip("TASTEMAP_TEST_DATA names no folder with ml-latest-small-2016")
    return Path(folder)
