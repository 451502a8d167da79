"""The ratings of a table that can't be read again (a frame in memory), kept in the run's own folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.array_types import arrow_numbers
from core.contract import ReadingOptions
from core.data import Ratings, RatingScale
from core.errors import RunError
from core.files import damaged, write_through
from core.runs.vocabularies import read_table, read_vocabularies

if TYPE_CHECKING:
    from core.runs.run import Run

RATINGS_FILE = "ratings.parquet"
_KINDS = {"user": "count", "item": "count", "rating": "number"}


def keep_ratings(folder: Path, ratings: Ratings) -> None:
    """Write rows of users and items, ratings and, where there are any, times; raises RunError."""
    import pyarrow as pa
    from pyarrow import parquet

    columns: dict[str, Any] = {"user": ratings.users, "item": ratings.items, "rating": ratings.ratings}
    if ratings.timestamps is not None:
        columns["time"] = ratings.timestamps
    table = pa.table(columns)
    write_through(
        folder / RATINGS_FILE, lambda temporary: parquet.write_table(table, temporary, compression="zstd")
    )


def kept_ratings(run: Run) -> Ratings | None:
    """Read them back, with the run's ids and titles; None where the run keeps none. Raises RunError."""
    path = run.folder / RATINGS_FILE
    if not path.is_symlink() and not path.exists():
        return None
    data, split = run.config.data, run.config.split
    scale = RatingScale(*(float(data["scale"][name]) for name in ("minimum", "maximum", "step")))
    users, items, item_table, _ = read_vocabularies(run.folder, 0.0, scale)
    columns = _columns(path, len(users), len(items))
    return Ratings(
        name=str(data.get("name")),
        source=str(data.get("source")),
        kind=str(data.get("kind", "ratings")),
        users=columns["user"].astype(np.int32),
        items=columns["item"].astype(np.int32),
        ratings=columns["rating"].astype(np.float32),
        timestamps=columns.get("time"),
        user_vocabulary=users,
        item_vocabulary=items,
        item_table=item_table,
        scale=scale,
        reading={**ReadingOptions().to_dict(), **(data.get("reading") or {})},
        held_out=int(split.get("test_ratings", 0)) if split.get("method") == "official" else 0,
    )


def _columns(path: Path, users: int, items: int) -> Mapping[str, Any]:
    """Read and check the columns: a folder may come from anybody."""
    table = read_table(path, _KINDS)
    columns = {name: arrow_numbers(table[name]) for name in _KINDS}
    for name, count in (("user", users), ("item", items)):
        if len(columns[name]) and columns[name].max() >= count:
            raise damaged(path, f"column {name!r} has a row beyond the {count:,} that there are.")
    if "time" not in table.column_names:
        return columns
    try:
        return {**columns, "time": arrow_numbers(table["time"]).astype(np.int64)}
    except (TypeError, ValueError) as error:
        raise RunError(f"{path} is damaged: its times can't be read ({error}).") from None
