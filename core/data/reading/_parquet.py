"""Reads Parquet tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading._limits import check_parquet
from core.data.reading._text import items_location, with_items
from core.data.reading.columns import (
    COUNT_NAMES,
    ITEM_NAMES,
    NONE,
    RATING_NAMES,
    TIME_NAMES,
    USER_NAMES,
    find_column,
    guess,
)
from core.data.reading.items import read_items
from core.data.reading.location import first_bytes
from core.errors import DataError


class ParquetTable(Reader):
    """A Parquet file with one rating a row."""

    name = "parquet"
    description = "Parquet file with one rating a row."

    def recognizes(self, location: Location) -> bool:
        """A file that starts as Parquet files do."""
        return location.is_file() and first_bytes(location, 4) == b"PAR1"

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the four columns; raises DataError for a damaged file or a column of another kind."""
        table, found = _read(location, options)
        raw = RawTable(
            users=table.column(found["user_column"]),
            items=table.column(found["item_column"]),
            ratings=table.column(found["rating_column"]),
            timestamps=None if found["time_column"] == NONE else table.column(found["time_column"]),
            found=dict(found),
            files=(location,) if isinstance(location, Path) else (),
        )
        items = items_location(options)
        return raw if items is None else with_items(raw, *read_items(items, options), items)


def _read(location: Location, options: ReadingOptions) -> tuple[Any, dict[str, str]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with location.open("rb") as stream:
            file = parquet.ParquetFile(pa.PythonFile(stream, mode="r"))
            names = tuple(file.schema_arrow.names)
            found = _find(names, location, options)
            wanted = [name for name in found.values() if name != NONE]
            check_parquet(location, file, wanted)
            table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        message = f"can't be read as Parquet ({str(error).splitlines()[0]})."
        raise DataError(message, path=str(location), hint="Is the file complete?") from error
    _check_kinds(table, wanted, location)
    return table, found


def _find(names: tuple[str, ...], location: Location, options: ReadingOptions) -> dict[str, str]:
    def find(wanted: str, usual: tuple[str, ...], what: str) -> str:
        return names[find_column(names, wanted, usual, what, location)]

    timed = options.time_column != NONE and (options.time_column or guess(names, TIME_NAMES))
    return {
        "user_column": find(options.user_column, USER_NAMES, "user"),
        "item_column": find(options.item_column, ITEM_NAMES, "item"),
        "rating_column": find(options.rating_column, (*RATING_NAMES, *COUNT_NAMES), "rating"),
        "time_column": find(options.time_column, TIME_NAMES, "time") if timed else NONE,
    }


def _check_kinds(table: Any, names: list[str], location: Location) -> None:
    import pyarrow.types as kinds

    for name in names:
        kind = table.schema.field(name).type
        if kinds.is_nested(kind):
            raise DataError(f"it holds {kind}, not single values.", path=str(location), column=name)
