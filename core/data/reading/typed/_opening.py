"""Says which typed form a file has, and opens it."""

from __future__ import annotations

from core.contract import Location, ReadingOptions
from core.data.reading.typed._databases import is_duckdb, is_sqlite, open_duckdb, open_sqlite
from core.data.reading.typed._files import is_arrow, is_parquet, open_arrow, open_parquet, parts_of
from core.data.reading.typed._json import is_json, open_json
from core.data.reading.typed._source import TypedSource
from core.data.reading.typed._workbook import is_workbook, open_workbook


def open_typed(location: Location, options: ReadingOptions) -> TypedSource | None:
    """Open a file (or folder of parts) whose columns have types; None for any other.

    Raises DataError for a damaged one.
    """
    if is_parquet(location) or parts_of(location):
        return open_parquet(location)
    if is_arrow(location):
        return open_arrow(location)
    if is_sqlite(location):
        return open_sqlite(location, options)
    if is_duckdb(location):
        return open_duckdb(location, options)
    if is_workbook(location):
        return open_workbook(location, options)
    return open_json(location) if is_json(location) else None
