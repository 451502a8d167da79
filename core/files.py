"""Where files go, and how they are written so that a crash or a full disk leaves the old one whole."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import msgspec
import platformdirs

from core.errors import RunError, UsageError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file's content in one step; raises RunError where the disk doesn't take it."""
    write_through(path, lambda temporary: temporary.write_bytes(content))


def write_through(path: Path, write: Callable[[Path], object], source: Path | None = None) -> None:
    """Let `write` fill a temporary file beside `path`, sync it to disk and rename it over `path`.

    A copy of what is in `source` gets no wider rights than that has. Raises RunError naming the file and the
    system's reason; the old file is then still there. A pipe, a device or a folder of that name stays too.
    """
    try:
        _refuse_other_kinds(path)
        make_folder(path.parent)
        replace_file(path, write, source)
    except OSError as error:
        raise cannot_write(path, error) from error


def _refuse_other_kinds(path: Path) -> None:
    """A rename would put a file in the place of a device, for all who use it."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return  # nothing there, or what making the folder will tell
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise RunError(f"{path} is {_kind(mode)}, not a file to write.", hint="Name another file.")


def replace_file(path: Path, write: Callable[[Path], object], source: Path | None = None) -> None:
    """Do as `write_through` in a folder that exists, leaving it to the caller to tell an OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        temporary.touch(_rights(path, source), exist_ok=False)  # less what the user's umask forbids
        write(temporary)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{12}")


def clear_leftovers(folder: Path) -> None:
    """Remove temporary files that killed writes left in a folder which nobody else writes to now."""
    for path in folder.iterdir():
        if _LEFTOVER.fullmatch(path.name) and not path.is_dir():
            path.unlink(missing_ok=True)


def _rights(path: Path, source: Path | None) -> int:
    """What a new file may be: this user's alone in Tastemap's own folders, and not wider than its source."""
    rights = 0o600 if _is_ours(path) else 0o666
    if source is None or not source.exists():
        return rights
    given = source.stat().st_mode
    return 0o600 | (rights & given & 0o666)


def _is_ours(path: Path) -> bool:
    """Whether a path lies in Tastemap's own folders, which hold what people rated."""
    whole = path.absolute()
    roots = (root.absolute() for root in (runs_folder(), cache_folder(), config_folder()))
    return any(root == whole or root in whole.parents for root in roots)


def make_folder(folder: Path, exist_ok: bool = True) -> None:
    """Make a folder and those above it, for this user alone within Tastemap's own; raises OSError."""
    above = [one for one in folder.parents if not one.exists()]
    mode = 0o700 if _is_ours(folder) else 0o777
    for one in reversed(above):
        one.mkdir(mode, exist_ok=True)
    folder.mkdir(mode, exist_ok=exist_ok)


def open_to_append(path: Path) -> TextIO:
    """Open a text file to append to, made with the rights of its folder; raises OSError."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    return os.fdopen(os.open(path, flags, _rights(path, None)), "a", encoding="utf-8")


def cannot_write(path: Path, error: OSError) -> RunError:
    """Tell a failed write in plain words."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, None)
    hint = (
        "Free some space or set TASTEMAP_RUNS to a folder on another disk; what was saved before is intact."
        if full
        else "Name another place; what was saved before is intact."
    )
    return RunError(f"Can't write {path}: {error.strerror or error}.", hint=hint)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows can't open a folder; its rename is durable enough without
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_APPLICATION = "tastemap"


def runs_folder() -> Path:
    """The folder of all runs: `TASTEMAP_RUNS`, else `runs` in the user's data folder."""
    return _folder("TASTEMAP_RUNS", platformdirs.user_data_path(_APPLICATION) / "runs")


def cache_folder() -> Path:
    """The folder of downloads and parsed tables: `TASTEMAP_CACHE`, else the user's cache folder."""
    return _folder("TASTEMAP_CACHE", platformdirs.user_cache_path(_APPLICATION))


def compiled_folder() -> Path | None:
    """The folder of compiled programs: `TASTEMAP_COMPILED` (off: none), else `compiled` in the cache."""
    if os.environ.get("TASTEMAP_COMPILED", "").lower() == "off":
        return None
    return _folder("TASTEMAP_COMPILED", cache_folder() / "compiled").absolute()


def config_folder() -> Path:
    """The folder of preferences: `TASTEMAP_CONFIG`, else the user's configuration folder."""
    return _folder("TASTEMAP_CONFIG", platformdirs.user_config_path(_APPLICATION))


def _folder(variable: str, default: Path) -> Path:
    chosen = os.environ.get(variable)
    return expanded(chosen) if chosen else default


def expanded(path: str | os.PathLike[str]) -> Path:
    """A path with `~` and `~name` as home folders.

    Raises UsageError for somebody who has none here, and for a name that no file can have for its length.
    """
    try:
        whole = Path(path).expanduser()
        whole.lstat()
    except RuntimeError:
        hint = "Write the folder's whole path."
        raise UsageError(f"There is no home folder for {str(path)!r}.", hint=hint) from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            shown = f"{str(path)[:40]!r}… ({len(str(path)):,} characters)"
            raise UsageError(f"No file can have so long a name: {shown}.", hint="Check the path.") from None
    except ValueError:
        pass  # a null character, which no name holds: whoever looks finds nothing there
    return whole


LARGEST_JSON = 64 * 2**20
"""No file of JSON that Tastemap writes comes near this size (bytes)."""


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file; raises RunError naming the file."""
    try:
        values = msgspec.json.decode(read_regular(path))
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"{error}.") from None
    if not isinstance(values, dict):
        raise damaged(path, "it holds no JSON object.")
    return values


def read_regular(path: Path, most: int = LARGEST_JSON) -> bytes:
    """Read a file as `require_regular` lets it be read, of at most `most` bytes; raises RunError."""
    size = require_regular(path).st_size
    if size > most:
        raise damaged(path, f"it has {size:,} bytes, more than the {most:,} that it may have.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise damaged(path, f"{error.strerror or error}.") from None


def require_regular(path: Path) -> os.stat_result:
    """Refuse what is no file in its own folder: a folder may come from anybody, and opening must not wait.

    A pipe would hang whoever reads it, and a link could lead to any file of the reader's. Raises RunError.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        raise RunError(f"{path} is missing.", hint="Is this a run folder?") from None
    except OSError as error:
        raise damaged(path, f"{error.strerror or error}.") from None
    if not stat.S_ISREG(status.st_mode):
        raise damaged(path, f"it is {_kind(status.st_mode)}, not a file.")
    return status


def require_folder(path: Path) -> None:
    """Refuse what is there and no folder itself, as a link that leads out of a run; raises RunError."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise damaged(path, f"{error.strerror or error}.") from None
    if not stat.S_ISDIR(mode):
        raise damaged(path, f"it is {_kind(mode)}, not a folder.")


def _kind(mode: int) -> str:
    kinds = (
        *((stat.S_ISREG, "a file"), (stat.S_ISLNK, "a link")),
        *((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe")),
    )
    return next((name for test, name in kinds if test(mode)), "a device or socket")


def damaged(path: Path, how: str) -> RunError:
    """The error of a file of a run that isn't what it should be."""
    return RunError(f"{path} is damaged: {how}", hint="Restore it from a copy or train again.")
