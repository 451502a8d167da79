"""The folders that Tastemap writes to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.files import cache_folder, compiled_folder, config_folder, runs_folder


def places() -> dict[str, Path | None]:
    """The folders by what they hold; None for one that is turned off."""
    return {
        "runs": runs_folder(),
        "cache": cache_folder(),
        "compiled programs": compiled_folder(),
        "preferences": config_folder(),
    }


def told(folder: Path | None) -> str:
    """A folder, what it holds and what its disk has left."""
    if folder is None:
        return "off"
    if not folder.is_dir():
        return f"{folder} (not made yet)"
    files, total = 0, 0
    for size in _sizes(folder):
        files, total = files + 1, total + size
    free = shutil.disk_usage(folder).free
    return f"{folder} ({files:,} files, {total / 2**20:,.1f} MiB; {free / 2**30:,.1f} GiB free)"


def trouble(folder: Path | None) -> str:
    """Why nothing can be written there; "" where it can, or where nothing is to be."""
    if folder is None:
        return ""
    nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not nearest.is_dir():
        return f"{nearest} is no folder"
    return "" if os.access(nearest, os.W_OK | os.X_OK) else f"{nearest} can't be written to"


def _sizes(folder: Path) -> Iterator[int]:
    """The sizes of all files below; what is gone or closed to us while we look is passed over."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            if not path.is_symlink() and path.exists():
                yield path.stat().st_size
