"""The files that a table comes from, before it is read: whoever keeps what was made of it looks at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.contract import DataSource
from core.files import expanded

SMALLEST = 5_000_000
"""Files below this size (bytes) are read so quickly that caching their columns would only litter."""

_MOST_FILES = 64
_DEMO_FILES = tuple(Path(__file__).parents[1] / name for name in ("_demo.py", "demo_films.csv"))


def files_behind(
    source: str, reading: Mapping[str, Any], sources: Sequence[DataSource] = ()
) -> tuple[Path, ...] | None:
    """All files that reading a table may look at, folders too; None where that can't be told.

    It can't be of the address of a database, of a pattern, of what is gone, and of folders within folders.
    """
    if source == "demo":
        return _DEMO_FILES
    found: list[Path] = []
    for name in filter(None, (source, str(reading.get("test_file") or ""))):
        files = _files(_place(name, sources))
        if files is None:
            return None
        found += files
    return tuple(found)


def _place(name: str, sources: Sequence[DataSource]) -> Path:
    """Where a source lies: a path, or a named data set that was fetched."""
    path = expanded(name)
    if path.exists():
        return path
    from core.data.fetching import fetched_path, find_named

    named = find_named(name, sources)
    return path if named is None else fetched_path(named)


def _files(path: Path) -> list[Path] | None:
    if path.is_file():
        return [path]
    if not path.is_dir():
        return None
    inside = sorted(path.iterdir())
    return [path, *inside] if len(inside) <= _MOST_FILES and all(one.is_file() for one in inside) else None
