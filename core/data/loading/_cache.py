"""Keeps large tables as arrays in the cache folder, so that opening them again takes no parsing.

One folder a table, named by what was asked; it is used only while the files behind it are unchanged and
its own files match their checksums. Nothing in it is ever executed: arrays are plain npy, texts Parquet.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import mmap
import os
import re
import shutil
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contract import ItemTable, ReadingOptions, Repair
from core.data import Ratings, RatingScale, Vocabulary
from core.data.reading import NONE
from core.files import cache_folder, make_folder, replace_file, write_atomically

SMALLEST = 5_000_000
"""Files below this size (bytes) are read so quickly that caching them would only litter."""

MAPPED = 64 << 20
"""Columns from this size (bytes) are mapped into memory: smaller ones are worth no open file."""

KEPT = 8
"""Tables kept; the ones used longest ago go first."""


def tables_folder() -> Path:
    """The folder of parsed tables in the cache folder."""
    return cache_folder() / "tables"


def lookup(path: Path, options: ReadingOptions) -> tuple[Ratings | None, tuple[Repair, ...]]:
    """Find the cached table; a damaged one is removed and stated."""
    folder = _folder_of(_key(path, options))
    if not folder.is_dir():
        return None, ()
    try:
        facts = json.loads((folder / "table.json").read_text(encoding="utf-8"))
        if not isinstance(facts, dict) or facts.get("files") != _states(facts["files"]):
            return None, ()
        ratings = _read_table(folder, facts)
        os.utime(folder)
    except (_CacheError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        message = f"the cached table was damaged ({reason}): read again from the file"
        return None, (Repair("cache", 1, message),)
    return ratings, ()


def store(ratings: Ratings, path: Path, options: ReadingOptions, files: Sequence[Path]) -> Ratings:
    """Cache a table read from large files; large columns are then those of the cache, mapped into memory.

    A folder that can't be written is stated among the repairs, not fatal.
    """
    if sum(file.stat().st_size for file in files if file.is_file()) < SMALLEST:
        return ratings
    folder = tables_folder()
    try:
        make_folder(folder)
        _clear_leftovers(folder)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as temporary:
            fresh = Path(temporary) / "table"
            fresh.mkdir(0o700)
            _write_table(fresh, ratings, {"files": _states(map(str, files))})
            mapped: dict[str, Any] = {name: _load(fresh, name) for name in _columns_of(ratings)}
            _put(fresh, folder / _name(ratings, path, options))
        _prune(folder)
    except OSError as error:
        message = f"the table could not be cached ({error.strerror or error}): it will be parsed every time"
        return dataclasses.replace(ratings, repairs=(*ratings.repairs, Repair("cache", 1, message)))
    return dataclasses.replace(ratings, **mapped)


def forget(ratings: Ratings) -> None:
    """Give back the memory of columns that are mapped from the cache; they are read again when needed."""
    for column in _columns_of(ratings).values():
        mapped = getattr(column.base, "base", None)
        if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)


_ABANDONED_SECONDS = 6 * 3600
"""Nobody writes a table for so long: its folder is a killed process's."""


def _clear_leftovers(folder: Path) -> None:
    folder.chmod(0o700)  # an earlier version made it for all to read
    for left in folder.glob(".writing-*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _key(path: Path, options: ReadingOptions) -> str:
    asked = {**options.to_dict(), "source": str(path.absolute())}
    for name in ("items", "test_file"):
        # The same relative path means another file in another working directory.
        if asked[name] not in ("", NONE):
            asked[name] = str(Path(str(asked[name])).absolute())
    return hashlib.sha256(json.dumps([FORMAT, asked], sort_keys=True).encode()).hexdigest()[:32]


def _name(ratings: Ratings, path: Path, options: ReadingOptions) -> str:
    """The folder's name: by how the table was read, as a run records it; what was asked for leads there."""
    asked, found = _key(path, options), _key(path, ReadingOptions.parse(ratings.reading))
    if asked != found:
        note = json.dumps({"table": found}).encode()
        replace_file(tables_folder() / f"{asked}.json", lambda temporary: temporary.write_bytes(note))
    return found


def _folder_of(key: str) -> Path:
    """The folder of what was asked for: by its own name, or where a note beside it leads."""
    folder = tables_folder()
    try:
        found = json.loads((folder / f"{key}.json").read_text(encoding="utf-8"))["table"]
    except (OSError, ValueError, KeyError, TypeError):
        return folder / key
    return folder / (found if _KEY.fullmatch(str(found)) else key)


_KEY = re.compile(r"[0-9a-f]{32}")


def _states(files: Any) -> dict[str, list[int | str]]:
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
    for note in folder.glob("*.json"):
        if not _folder_of(note.stem).is_dir():
            note.unlink(missing_ok=True)


FORMAT = 4
_ALWAYS = {"users.npy", "items.npy", "ratings.npy", "users.parquet", "items.parquet"}


class _CacheError(Exception):
    """A cached table that isn't as it was written."""


def _write_table(folder: Path, ratings: Ratings, facts: dict[str, Any]) -> None:
    """Write arrays, vocabularies and items into a folder, and their checksums into table.json."""
    for name, array in _columns_of(ratings).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    _write_texts(folder, ratings)
    for file in folder.iterdir():
        file.chmod(0o600)
    sums = {file.name: _checksum(file) for file in sorted(folder.iterdir())}
    told = {**facts, "format": FORMAT, "checksums": sums, **_facts(ratings)}
    write_atomically(folder / "table.json", json.dumps(told).encode())


def _columns_of(ratings: Ratings) -> dict[str, Any]:
    columns = {"users": ratings.users, "items": ratings.items, "ratings": ratings.ratings}
    return columns if ratings.timestamps is None else {**columns, "timestamps": ratings.timestamps}


def _facts(ratings: Ratings) -> dict[str, Any]:
    scale = ratings.scale
    return {
        "name": ratings.name,
        "source": ratings.source,
        "kind": ratings.kind,
        "scale": [scale.minimum, scale.maximum, scale.step],
        "repairs": [list(dataclasses.astuple(repair)) for repair in ratings.repairs],
        "warnings": [list(dataclasses.astuple(warning)) for warning in ratings.warnings],
        "reading": ratings.reading,
        "held_out": ratings.held_out,
        "fingerprint": ratings.fingerprint,
    }


def _read_table(folder: Path, facts: dict[str, Any]) -> Ratings:
    """Read a table back; raises `_CacheError` (or what NumPy and Arrow raise) for a damaged one."""
    for name, checksum in facts["checksums"].items():
        if _checksum(folder / name) != checksum:
            raise _CacheError(f"{name} has changed")
    if not set(facts["checksums"]) >= _ALWAYS:
        raise _CacheError("files are missing from its list")
    users, items, ratings = (_load(folder, name) for name in ("users", "items", "ratings"))
    timestamps = _load(folder, "timestamps") if "timestamps.npy" in facts["checksums"] else None
    table = _read(folder / "items.parquet")
    found = Ratings(
        name=facts["name"],
        source=facts["source"],
        kind=facts["kind"],
        users=users,
        items=items,
        ratings=ratings,
        timestamps=timestamps,
        user_vocabulary=Vocabulary.from_arrow(_read(folder / "users.parquet")["id"]),
        item_vocabulary=Vocabulary.from_arrow(table["id"]),
        item_table=ItemTable.from_arrow(table),
        scale=RatingScale(*facts["scale"]),
        repairs=tuple(Repair(*repair) for repair in facts["repairs"]),
        warnings=tuple(Repair(*warning) for warning in facts["warnings"]),
        reading=facts["reading"],
        held_out=facts["held_out"],
    )
    # the checksums fit, so it is that of the table that was written: hashing a long one takes a while
    found.__dict__["fingerprint"] = str(facts["fingerprint"])
    return found


def _load(folder: Path, name: str) -> npt.NDArray[Any]:
    """A column; a large one is mapped into memory: the system reads what is used, and may forget it again."""
    path = folder / f"{name}.npy"
    large = path.stat().st_size >= MAPPED
    return np.asarray(np.load(path, mmap_mode="r" if large else None, allow_pickle=False))


def _write_texts(folder: Path, ratings: Ratings) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    items = ratings.item_table.to_arrow().add_column(0, "id", [ratings.item_vocabulary.to_arrow()])
    parquet.write_table(pa.table({"id": ratings.user_vocabulary.to_arrow()}), folder / "users.parquet")
    parquet.write_table(items, folder / "items.parquet")


def _read(path: Path) -> Any:
    from pyarrow import parquet

    return parquet.read_table(path)


def _checksum(path: Path) -> int:
    total = 0
    with path.open("rb") as stream:
        while block := stream.read(1 << 24):
            total = zlib.crc32(block, total)
    return total
