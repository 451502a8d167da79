"""Keep what XLA compiles, so that the next start of the same model loads it instead of compiling again.

TensorFlow has such a cache (`--tf_xla_persistent_cache_directory`); its key is the program alone, with names
that number what the process traced before, so that the same trainings in the same order find theirs. Here the
folder is chosen by all else that a program depends on: TensorFlow, the processor and its count of cores, and
XLA's flags. Programs for a GPU are not kept.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import hashlib
import math
import os
import platform
import shutil
import stat
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from core.files import compiled_folder, replace_file
from core.readable import readable

_FLAGS = "TF_XLA_FLAGS"
_OURS = "--tf_xla_persistent_cache_directory"
_DRIVER = Path("/proc/driver/nvidia")
_CPU_FACTS = ("model name", "flags", "Features", "CPU implementer", "CPU part")


def keep_compiled_programs() -> None:
    """Tell TensorFlow, before it is imported, where compiled programs are kept.

    Where the folder can't be used, training compiles anew and a line on standard error says why. Flags that
    the user gave TensorFlow win.
    """
    root, flags = compiled_folder(), os.environ.get(_FLAGS, "")
    if root is None or _OURS in flags or "tensorflow" in sys.modules:
        return
    folder = root / _machine_key()
    try:
        damaged = open_store(folder)
    except OSError as error:
        _say(f"{root} can't keep compiled programs ({error.strerror or error}); each start compiles anew")
        return
    if damaged:
        _say(f"{damaged} damaged compiled programs in {folder} were thrown away; they are compiled again")
    kinds = "CPU,GPU" if any(_gpus()) else "CPU"
    os.environ[_FLAGS] = f"{flags} {_OURS}='{folder}' --tf_xla_persistent_cache_device_types={kinds}".strip()
    atexit.register(seal, folder)


def _machine_key() -> str:
    release = version("tensorflow")
    spec = find_spec("tensorflow")
    built = Path(spec.origin).stat().st_mtime_ns if spec and spec.origin else 0
    facts = [release, str(built), *_processor(), *_gpus(), *_choices()]
    digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    return f"tensorflow-{release}-{digest[:16]}"


def _processor() -> Iterator[str]:
    yield from (platform.system(), platform.machine(), str(os.cpu_count()))
    facts = Path("/proc/cpuinfo")
    if not facts.exists():
        yield from (platform.processor(), platform.node())
        return
    first = facts.read_text(errors="replace").split("\n\n")[0].splitlines()
    yield from (line for line in first if line.split(":")[0].strip() in _CPU_FACTS)


def _gpus() -> Iterator[str]:
    """The driver's version and each GPU's model, as NVIDIA's driver tells them on Linux."""
    cards = sorted(_DRIVER.glob("gpus/*/information"))
    try:
        told = [path.read_text(errors="replace") for path in (_DRIVER / "version", *cards)]
    except OSError:
        return  # programs for a GPU that can't be told from another aren't kept
    if not cards:
        return
    yield told[0]
    yield from (line for card in told[1:] for line in card.splitlines() if line.startswith("Model"))
    yield os.environ.get("CUDA_VISIBLE_DEVICES", "")


def _choices() -> Iterator[str]:
    yield from (os.environ.get(name, "") for name in ("XLA_FLAGS", _FLAGS))
    if hasattr(os, "sched_getaffinity"):
        yield str(len(os.sched_getaffinity(0)))


def _say(message: str) -> None:
    print(f"tastemap: {readable(message)}", file=sys.stderr)  # noqa: T201 - below the command line


MOST_BYTES = 32 * 2**20
"""The programs made longest ago go when all of them together are larger: about a hundred stay."""

LEAST_FREE_BYTES = 256 * 2**20
"""With less room on the disk nothing is kept: TensorFlow would fail a training that it can't keep."""

_ENDING, _SEAL, _OLD_SECONDS = ".pb", ".sha256", 3600


def open_store(folder: Path) -> int:
    """Make the folder ready, private to this user; returns how many damaged programs were thrown away.

    Raises OSError where it can't be written, belongs to someone else, the disk is nearly full, or this
    process may write no file as long as a program can be.
    """
    folder.parent.mkdir(0o700, parents=True, exist_ok=True)  # one that is there stays as its owner wants it
    folder.mkdir(0o700, exist_ok=True)
    _make_private(folder)
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, "the disk is nearly full")
    if _longest_file() < MOST_BYTES:
        raise OSError(errno.EFBIG, "the limit on the length of files is too low")
    replace_file(folder / "written", lambda path: path.write_text("Tastemap can write here.\n"))
    damaged = _throw_away_unsound(folder)
    _trim(folder)
    return damaged


def _longest_file() -> float:
    if os.name != "posix":
        return math.inf
    import resource

    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit


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
