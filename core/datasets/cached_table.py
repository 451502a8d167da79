"""Writes a ratings table as plain files and reads it back, checking every one of them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.datasets.ratings import ItemTable, Ratings, RatingScale, Repair, Vocabulary

FORMAT = 2
_ALWAYS = {"users.npy", "items.npy", "ratings.npy", "users.parquet", "items.parquet"}


class CacheError(Exception):
    """A cached table that isn't as it was written."""


def write_table(folder: Path, ratings: Ratings, facts: dict[str, Any]) -> None:
    """Write arrays, vocabularies and items into a folder, and their checksums into table.json."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "users": ratings.users,
        "items": ratings.items,
        "ratings": ratings.ratings,
    }
    if ratings.timestamps is not None:
        arrays["timestamps"] = ratings.timestamps
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    _write_texts(folder, ratings)
    sums = {file.name: _checksum(file) for file in sorted(folder.iterdir())}
    told = {**facts, "format": FORMAT, "checksums": sums, **_facts(ratings)}
    (folder / "table.json").write_text(json.dumps(told), encoding="utf-8")


def _facts(ratings: Ratings) -> dict[str, Any]:
    scale = ratings.scale
    return {
        "name": ratings.name,
        "source": ratings.source,
        "scale": [scale.minimum, scale.maximum, scale.step],
        "repairs": [[repair.kind, repair.count, repair.message] for repair in ratings.repairs],
        "reading": ratings.reading,
        "held_out": ratings.held_out,
    }


def read_table(folder: Path, facts: dict[str, Any]) -> Ratings:
    """Read a table back; raises CacheError (or what NumPy and Arrow raise) for a damaged one."""
    for name, checksum in facts["checksums"].items():
        if _checksum(folder / name) != checksum:
            raise CacheError(f"{name} has changed")
    if not set(facts["checksums"]) >= _ALWAYS:
        raise CacheError("files are missing from its list")
    users, items, ratings = (_load(folder, name) for name in ("users", "items", "ratings"))
    timestamps = _load(folder, "timestamps") if "timestamps.npy" in facts["checksums"] else None
    table = _read(folder / "items.parquet")
    return Ratings(
        name=facts["name"],
        source=facts["source"],
        users=users,
        items=items,
        ratings=ratings,
        timestamps=timestamps,
        user_vocabulary=Vocabulary.from_arrow(_read(folder / "users.parquet")["id"]),
        item_vocabulary=Vocabulary.from_arrow(table["id"]),
        item_table=ItemTable.from_arrow(table),
        scale=RatingScale(*facts["scale"]),
        repairs=tuple(Repair(*repair) for repair in facts["repairs"]),
        reading=facts["reading"],
        held_out=facts["held_out"],
    )


def _load(folder: Path, name: str) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(folder / f"{name}.npy", allow_pickle=False)
    return array


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
