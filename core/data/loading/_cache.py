"""Keeps large tables as arrays in the cache folder, so that opening them again takes no parsing.

One folder a table, named by what was asked; it is used only while the files behind it are unchanged and
its own files match their checksums. Nothing in it is ever executed: arrays are plain npy, texts Parquet.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import mmap
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contract import ItemTable, ReadingOptions, Repair
from core.data import Ratings, RatingScale, Vocabulary
from core.data.loading._behind import SMALLEST
from core.data.reading import NONE
from core.files import make_folder, replace_file
from core.shelf import DAMAGES, DamagedError, Shelf

MAPPED = 64 << 20
"""Columns from this size (bytes) are mapped into memory: smaller ones are worth no open file."""

SHELF = Shelf("tables", kept=8, facts_file="table.json")


def tables_folder() -> Path:
    """The folder of parsed tables in the cache folder."""
    return SHELF.folder


def lookup(path: Path, options: ReadingOptions) -> tuple[Ratings | None, tuple[Repair, ...]]:
    """Find the cached table; a damaged one is removed and stated."""
    folder = _folder_of(_key(path, options))
    if not folder.is_dir():
        return None, ()
    try:
        facts = SHELF.facts(folder)
        if facts is None:
            return None, ()
        ratings = _read_table(folder, facts)
    except DAMAGES as error:
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
    mapped: dict[str, Any] = {}

    def write(fresh: Path) -> None:
        _write_table(fresh, ratings)
        mapped.update({name: _load(fresh, name) for name in _columns_of(ratings)})

    try:
        make_folder(tables_folder())
        facts = {"format": FORMAT, **_facts(ratings)}
        SHELF.put(_name(ratings, path, options), files, facts, write)
        _forget_notes()
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


def _forget_notes() -> None:
    """Remove notes that lead to a table which is no more kept."""
    for note in tables_folder().glob("*.json"):
        if not _folder_of(note.stem).is_dir():
            note.unlink(missing_ok=True)


FORMAT = 4
_ALWAYS = {"users.npy", "items.npy", "ratings.npy", "users.parquet", "items.parquet"}


def _write_table(folder: Path, ratings: Ratings) -> None:
    """Write arrays, vocabularies and items into a folder."""
    for name, array in _columns_of(ratings).items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    _write_texts(folder, ratings)


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
    """Read a table back; raises DamagedError (or what NumPy and Arrow raise) for a damaged one."""
    if not set(facts["checksums"]) >= _ALWAYS:
        raise DamagedError("files are missing from its list")
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
