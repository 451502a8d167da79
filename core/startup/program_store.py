"""A private folder of compiled programs: only what is whole, and the user's own, is ever loaded from it.

A compiled program is machine code. TensorFlow runs what it finds in the folder and fails a training on a
damaged file, so every file is checked against its seal (its SHA-256) before TensorFlow may look, and thrown
away where it doesn't fit. A file that a killed process left without a seal goes too: it is compiled again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import time
from pathlib import Path

from core.files import replace_file

MOST_BYTES = 32 * 2**20
"""The programs made longest ago go when all of them together are larger: about a hundred stay."""

LEAST_FREE_BYTES = 256 * 2**20
"""With less room on the disk nothing is kept: TensorFlow would fail a training that it can't keep."""

_ENDING, _SEAL, _OLD_SECONDS = ".pb", ".sha256", 3600


def open_store(folder: Path) -> int:
    """Make the folder ready, private to this user; returns how many damaged programs were thrown away.

    Raises OSError where it can't be written, belongs to someone else, or the disk is nearly full.
    """
    folder.parent.mkdir(0o700, parents=True, exist_ok=True)  # one that is there stays as its owner wants it
    folder.mkdir(0o700, exist_ok=True)
    _make_private(folder)
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, "the disk is nearly full")
    replace_file(folder / "written", lambda path: path.write_text("Tastemap can write here.\n"))
    damaged = _throw_away_unsound(folder)
    _trim(folder)
    return damaged


def seal(folder: Path) -> None:
    """Vouch for the programs that were added; a folder that is gone or full is left as it is."""
    with contextlib.suppress(OSError):  # they are compiled again next time
        for program in _programs(folder):
            note = _seal_of(program)
            if not note.exists():
                digest = _digest(program)
                replace_file(note, lambda path, digest=digest: path.write_text(digest))  # type: ignore[misc]


def _make_private(folder: Path) -> None:
    facts = folder.lstat()
    if os.name == "posix":
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            raise OSError(errno.EPERM, "it isn't a folder of this user's own")
        if facts.st_mode & 0o077:
            folder.chmod(0o700)


def _throw_away_unsound(folder: Path) -> int:
    damaged = 0
    for program in _programs(folder):
        note = _seal_of(program)
        sealed = note.exists()
        if not sealed or note.read_text(errors="replace") != _digest(program):
            damaged += sealed
            _remove(program)
    for leftover in folder.glob("*.tmp"):
        if time.time() - leftover.stat().st_mtime > _OLD_SECONDS:
            leftover.unlink(missing_ok=True)
    return damaged


def _trim(folder: Path) -> None:
    newest_first = sorted(_programs(folder), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for program in newest_first:
        total += program.stat().st_size
        if total > MOST_BYTES:
            _remove(program)


def _programs(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_ENDING}"))


def _seal_of(program: Path) -> Path:
    return program.with_name(program.name + _SEAL)


def _digest(program: Path) -> str:
    return hashlib.sha256(program.read_bytes()).hexdigest()


def _remove(program: Path) -> None:
    program.unlink(missing_ok=True)
    _seal_of(program).unlink(missing_ok=True)
