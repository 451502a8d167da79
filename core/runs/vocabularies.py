"""A run's ids, titles and training means as Parquet: `users.parquet` and `items.parquet`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.array_types import arrow_numbers
from core.contract import ItemTable
from core.data import Ratings, RatingScale, Vocabulary
from core.errors import RunError
from core.files import damaged, require_regular, write_through
from core.model import Baseline
from core.runs._ready import Vocabularies, ready_vocabularies

if TYPE_CHECKING:
    import pyarrow

USERS_FILE, ITEMS_FILE = "users.parquet", "items.parquet"


def write_vocabularies(folder: Path, ratings: Ratings, baseline: Baseline) -> None:
    """Write ids, titles, genres, years, training means and, where there are any, tags into a run folder."""
    import pyarrow

    users = pyarrow.table({"user": ratings.user_vocabulary.to_arrow()})
    items = ratings.item_table.to_arrow().add_column(0, "item", [ratings.item_vocabulary.to_arrow()])
    _write(folder / USERS_FILE, users, baseline.user_counts, baseline.user_offsets)
    _write(folder / ITEMS_FILE, items, baseline.item_counts, baseline.item_offsets)


def read_vocabularies(folder: Path, mean: float, scale: RatingScale) -> Vocabularies:
    """Read users, items, the item table and the training means back; raises RunError."""
    files = folder / USERS_FILE, folder / ITEMS_FILE
    return ready_vocabularies(files, mean, scale, lambda: _parsed(folder, mean, scale))


def _parsed(folder: Path, mean: float, scale: RatingScale) -> Vocabularies:
    users, items = read_table(folder / USERS_FILE, _USERS), read_table(folder / ITEMS_FILE, _ITEMS)
    try:
        baseline = Baseline(
            mean,
            scale,
            arrow_numbers(users["ratings"]),
            arrow_numbers(items["ratings"]),
            arrow_numbers(users["offset"]),
            arrow_numbers(items["offset"]),
        )
        vocabularies = Vocabulary.from_arrow(users["user"]), Vocabulary.from_arrow(items["item"])
        return *vocabularies, ItemTable.from_arrow(items), baseline
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunError(
            f"The tables in {folder} are damaged: {error}.", hint="Restore the run folder."
        ) from None


def _write(path: Path, table: pyarrow.Table, counts: Any, offsets: Any) -> None:
    import pyarrow.parquet as parquet

    means = table.append_column("ratings", [counts]).append_column("offset", [offsets])
    write_through(path, lambda temporary: parquet.write_table(means, temporary, compression="zstd"))


_USERS = {"user": "id", "ratings": "count", "offset": "number"}
_ITEMS = {
    "item": "id",
    "title": "text",
    "genres": "texts",
    "year": "count",
    "ratings": "count",
    "offset": "number",
}


def read_table(path: Path, kinds: Mapping[str, str]) -> pyarrow.Table:
    """Read a table with columns of these kinds; `tags` may be there too. Raises RunError."""
    import pyarrow

    require_regular(path)
    try:
        table = _bounded(path)
        for name, kind in {**kinds, **({"tags": "texts"} if "tags" in table.column_names else {})}.items():
            _check_column(path, table, name, kind)
    except (pyarrow.ArrowException, OSError) as error:
        raise damaged(path, f"{error}.") from None
    return table


def _bounded(path: Path) -> pyarrow.Table:
    """Read a table whose own account of its size is believable: a few bytes may claim to be gigabytes."""
    import pyarrow.parquet as parquet

    from core.data.reading import check_parquet

    with parquet.ParquetFile(path) as file:
        check_parquet(path, file, file.schema_arrow.names)
        return file.read()


def _fits(column: Any) -> bool:
    """Whether counts and years are from 0 to 2³¹ − 1; a year before our era is none that anybody rates."""
    import pyarrow.compute as compute

    ends = compute.min_max(column).as_py()
    return bool(ends["min"] >= 0 and ends["max"] < 2**31)


def _check_column(path: Path, table: pyarrow.Table, name: str, kind: str) -> None:
    """Refuse a column that is missing, of another type or has nulls; ids must be distinct."""
    import pyarrow.compute as compute
    from pyarrow import types

    if name not in table.column_names:
        raise damaged(path, f"it has no column {name!r}.")
    column = table[name]
    tests = {
        "id": lambda one: types.is_integer(one) or types.is_string(one) or types.is_large_string(one),
        "text": lambda one: types.is_string(one) or types.is_large_string(one),
        "texts": lambda one: (
            types.is_list(one)
            and (
                types.is_string(one.value_type)
                or types.is_null(one.value_type)  # so where all lists are empty
            )
        ),
        "count": types.is_integer,
        "number": types.is_floating,
    }
    if not tests[kind](column.type):
        raise damaged(path, f"column {name!r} has the type {column.type}.")
    if column.null_count or (kind == "texts" and compute.list_flatten(column).null_count):
        raise damaged(path, f"column {name!r} lacks values.")
    if kind == "count" and len(column) and not _fits(column):
        raise damaged(path, f"column {name!r} has numbers that it can't have.")
    if kind == "number" and not compute.all(compute.is_finite(column)).as_py() and len(column):
        raise damaged(path, f"column {name!r} has numbers that aren't finite.")
    if kind == "id" and len(compute.unique(column)) != len(column):
        raise damaged(path, f"column {name!r} has an id twice.")
