"""A run's ids, titles and training means as Parquet: `users.parquet` and `items.parquet`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.ratings import ItemTable, Ratings, RatingScale, Vocabulary
from core.errors import RunError
from core.files import write_through
from core.model.baseline import Baseline

if TYPE_CHECKING:
    import pyarrow

USERS_FILE, ITEMS_FILE = "users.parquet", "items.parquet"


def write_vocabularies(folder: Path, ratings: Ratings, baseline: Baseline) -> None:
    """Write ids, titles, genres, years, training means and, where there are any, tags into a run folder."""
    table = ratings.item_table
    users = {
        "user": ratings.user_vocabulary.ids,
        "ratings": baseline.user_counts,
        "offset": baseline.user_offsets,
    }
    items = {
        "item": ratings.item_vocabulary.ids,
        "title": list(table.titles),
        "genres": [list(genres) for genres in table.genres],
        "year": table.years,
        "ratings": baseline.item_counts,
        "offset": baseline.item_offsets,
        **({"tags": [list(tags) for tags in table.tags]} if table.tags else {}),
    }
    _write(folder / USERS_FILE, users)
    _write(folder / ITEMS_FILE, items)


def read_vocabularies(
    folder: Path, mean: float, scale: RatingScale
) -> tuple[Vocabulary, Vocabulary, ItemTable, Baseline]:
    """Read users, items, the item table and the training means back; raises RunError."""
    users, items = _read(folder / USERS_FILE), _read(folder / ITEMS_FILE)
    try:
        baseline = Baseline(
            mean,
            scale,
            users["ratings"].to_numpy(),
            items["ratings"].to_numpy(),
            users["offset"].to_numpy(),
            items["offset"].to_numpy(),
        )
        item_table = _item_table(items)
        return Vocabulary(_ids(users["user"])), Vocabulary(_ids(items["item"])), item_table, baseline
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"The tables in {folder} are damaged: {error}.", hint="Restore the run folder."
        ) from None


def _item_table(items: pyarrow.Table) -> ItemTable:
    """What is known of the items; data sets without tags, and runs older than tags, have no such column."""
    return ItemTable(
        titles=tuple(items["title"].to_pylist()),
        genres=_lists(items["genres"]),
        years=items["year"].to_numpy().astype(np.int32),
        tags=_lists(items["tags"]) if "tags" in items.column_names else (),
    )


def _lists(column: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(names) for names in column.to_pylist())


def _ids(column: Any) -> Any:
    values = column.to_numpy()
    return values if values.dtype == np.int64 else np.array(column.to_pylist(), dtype=np.str_)


def _write(path: Path, columns: dict[str, Any]) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    table = pyarrow.table({name: pyarrow.array(_plain(values)) for name, values in columns.items()})
    write_through(path, lambda temporary: parquet.write_table(table, temporary, compression="zstd"))


def _plain(values: Any) -> Any:
    text = isinstance(values, np.ndarray) and values.dtype.kind in "UO"
    return values.tolist() if text else values


def _read(path: Path) -> pyarrow.Table:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        return parquet.read_table(path)
    except FileNotFoundError:
        raise RunError(f"{path} is missing.", hint="Restore the run folder from a copy.") from None
    except (pyarrow.ArrowException, OSError) as error:
        raise RunError(
            f"{path} is damaged: {error}.", hint="Restore it from a copy or train again."
        ) from None
