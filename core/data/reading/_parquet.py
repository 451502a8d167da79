"""Reads Parquet tables."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading._roles import Head, chosen, find_roles
from core.data.reading._text import items_location, with_items
from core.data.reading.columns import NONE
from core.data.reading.items import read_items
from core.data.reading.location import first_bytes
from core.errors import DataError

_FIRST = 50
"""Rows by which a column's content is judged."""


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
            ratings=_column(table, found, "rating_column"),
            timestamps=_column(table, found, "time_column"),
            events=_column(table, found, "event_column"),
            found=dict(found),
            files=(location,) if isinstance(location, Path) else (),
        )
        items = items_location(options)
        return raw if items is None else with_items(raw, *read_items(items, options), items)


def _column(table: Any, found: dict[str, str], role: str) -> Any:
    name = found.get(role, NONE)
    return None if name == NONE else table.column(name)


def _read(location: Location, options: ReadingOptions) -> tuple[Any, dict[str, str]]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with location.open("rb") as stream:
            file = parquet.ParquetFile(pa.PythonFile(stream, mode="r"))
            names = tuple(file.schema_arrow.names)
            first = next(file.iter_batches(_FIRST), None) or file.schema_arrow.empty_table()
            head = Head(location, names, True, functools.partial(_cells, first))
            found = chosen(names, find_roles(head, options))
            wanted = [name for name in found.values() if name != NONE]
            table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        message = f"can't be read as Parquet ({str(error).splitlines()[0]})."
        raise DataError(message, path=str(location), hint="Is the file complete?") from error
    _check_kinds(table, wanted, location)
    return table, found


def _cells(first: Any, position: int) -> list[str]:
    """The first cells of a column as texts, without the missing ones."""
    return [str(cell) for cell in first.column(position).to_pylist() if cell is not None]


def _check_kinds(table: Any, names: list[str], location: Location) -> None:
    import pyarrow.types as kinds

    for name in names:
        kind = table.schema.field(name).type
        if kinds.is_nested(kind):
            raise DataError(f"it holds {kind}, not single values.", path=str(location), column=name)
