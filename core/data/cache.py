"""Keeps large tables as arrays in the cache folder, so that opening them again takes no parsing.

One folder a table, named by what was asked; it is used only while the files behind it are unchanged and
its own files match their checksums. Nothing in it is ever executed: arrays are plain npy, texts Parquet.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.contract.reading_options import ReadingOptions
from core.data.cached_table import FORMAT, CacheError, read_table, write_table
from core.data.ratings import Ratings, Repair
from core.data.reading.columns import NONE
from core.paths import cache_folder

SMALLEST = 5_000_000
"""Files below this size (bytes) are read so quickly that caching them would only litter."""

KEPT = 8
"""Tables kept; the ones used longest ago go first."""


def tables_folder() -> Path:
    """The folder of parsed tables in the cache folder."""
    return cache_folder() / "tables"


def lookup(path: Path, options: ReadingOptions) -> tuple[Ratings | None, tuple[Repair, ...]]:
    """Find the cached table; a damaged one is removed and stated."""
    folder = tables_folder() / _key(path, options)
    if not folder.is_dir():
        return None, ()
    try:
        facts = json.loads((folder / "table.json").read_text(encoding="utf-8"))
        if not isinstance(facts, dict) or facts.get("files") != _states(facts["files"]):
            return None, ()
        ratings = read_table(folder, facts)
        os.utime(folder)
    except (CacheError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        message = f"the cached table was damaged ({reason}): read again from the file"
        return None, (Repair("cache", 1, message),)
    return ratings, ()


def store(ratings: Ratings, path: Path, options: ReadingOptions, files: Sequence[Path]) -> tuple[Repair, ...]:
    """Cache a table read from large files; a folder that can't be written is stated, not fatal."""
    if sum(file.stat().st_size for file in files if file.is_file()) < SMALLEST:
        return ()
    folder = tables_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as temporary:
            fresh = Path(temporary) / "table"
            fresh.mkdir()
            write_table(fresh, ratings, {"files": _states(map(str, files))})
            _put(fresh, folder / _key(path, options))
        _prune(folder)
    except OSError as error:
        message = f"the table could not be cached ({error.strerror or error}): it will be parsed every time"
        return (Repair("cache", 1, message),)
    return ()


def _key(path: Path, options: ReadingOptions) -> str:
    asked = {**options.to_dict(), "source": str(path.absolute())}
    for name in ("items", "test_file"):
        # The same relative path means another file in another working directory.
        if asked[name] not in ("", NONE):
            asked[name] = str(Path(str(asked[name])).absolute())
    return hashlib.sha256(json.dumps([FORMAT, asked], sort_keys=True).encode()).hexdigest()[:32]


def _states(files: Any) -> dict[str, list[int]]:
    """Size and time of the last change (nanoseconds) of each file; a missing file has none."""
    states = {}
    for name in files:
        path = Path(name)
        if path.exists():
            status = path.stat()
            states[str(path.absolute())] = [status.st_size, status.st_mtime_ns]
    return states


def _put(fresh: Path, folder: Path) -> None:
    """Rename into place; another process may have put the same table there in the meantime."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _prune(folder: Path) -> None:
    tables = [table for table in folder.iterdir() if table.is_dir() and not table.name.startswith(".")]
    tables.sort(key=lambda table: table.stat().st_mtime, reverse=True)
    for table in tables[KEPT:]:
        shutil.rmtree(table, ignore_errors=True)
