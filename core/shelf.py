"""Folders of files in the cache folder, each used only while it and what it was made from are unchanged.

A shelf holds folders of one kind. Beside its files a folder has facts (JSON): the states of the files that it
was made from, and the checksums of its own. Nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.files import cache_folder, make_folder, write_atomically


class DamagedError(Exception):
    """A folder of a shelf isn't as it was written."""


DAMAGES = (DamagedError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)
"""What reading a damaged folder may raise."""

_ABANDONED_SECONDS = 6 * 3600
"""Nobody writes a folder for so long: it is a killed process's."""


@dataclass(frozen=True)
class Shelf:
    """The folders under `name` in the cache folder; the `kept` that were used last stay."""

    name: str
    kept: int
    facts_file: str = "facts.json"

    @property
    def folder(self) -> Path:
        return cache_folder() / self.name

    def facts(self, folder: Path) -> dict[str, Any] | None:
        """The facts of a folder that fits its checksums; None where the files behind it have changed.

        Raises one of `DAMAGES`.
        """
        facts = json.loads((folder / self.facts_file).read_text(encoding="utf-8"))
        if not isinstance(facts, dict) or facts.get("files") != file_states(facts["files"]):
            return None
        for name, checksum in facts["checksums"].items():
            if _checksum(folder / name) != checksum:
                raise DamagedError(f"{name} has changed")
        os.utime(folder)
        return facts

    def put(
        self,
        name: str,
        sources: Iterable[Path | str],
        facts: Mapping[str, Any],
        write: Callable[[Path], object],
    ) -> None:
        """Let `write` fill a new folder and put it in its place with its facts; raises OSError."""
        make_folder(self.folder)
        self._clear_leftovers()
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".writing-") as temporary:
            fresh = Path(temporary) / "folder"
            fresh.mkdir(0o700)
            write(fresh)
            for file in fresh.iterdir():
                file.chmod(0o600)
            sums = {file.name: _checksum(file) for file in sorted(fresh.iterdir())}
            told = {"files": file_states(sources), **facts, "checksums": sums}
            write_atomically(fresh / self.facts_file, json.dumps(told).encode())
            _put(fresh, self.folder / name)
        self._prune()

    def _clear_leftovers(self) -> None:
        self.folder.chmod(0o700)  # an earlier version made it for all to read
        for left in self.folder.glob(".writing-*"):
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)

    def _prune(self) -> None:
        folders = [one for one in self.folder.iterdir() if one.is_dir() and not one.name.startswith(".")]
        folders.sort(key=lambda one: one.stat().st_mtime, reverse=True)
        for one in folders[self.kept :]:
            shutil.rmtree(one, ignore_errors=True)


def _put(fresh: Path, folder: Path) -> None:
    """Rename into place; another process may have put the same there in the meantime."""
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def file_states(files: Iterable[Path | str]) -> dict[str, list[int | str]]:
    """What tells each file from any other: size, times of change (nanoseconds), inode and a sample.

    A size and a time of last change can be the same by chance or by intent (`cp -p`, `touch -r`). A missing
    file has no state.
    """
    states: dict[str, list[int | str]] = {}
    for name in files:
        path = Path(name)
        if path.exists():
            status = path.stat()
            times = (status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
            states[str(path.absolute())] = [status.st_size, *times, _sample(path, status.st_size)]
    return states


_BLOCK, _BLOCKS = 4096, 64


def _sample(path: Path, size: int) -> str:
    """A hash of blocks spread evenly over a file, its first and last among them; "" for a folder."""
    if not path.is_file():
        return ""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as stream:
        for place in range(_BLOCKS):
            stream.seek(max(0, size - _BLOCK) * place // (_BLOCKS - 1))
            digest.update(stream.read(_BLOCK))
    return digest.hexdigest()


def _checksum(path: Path) -> int:
    total = 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 24):
            total = zlib.crc32(block, total)
    return total
