"""Reads sheets of workbooks: Excel (.xlsx, .xls, .xlsb) and OpenDocument."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading import first_bytes, is_workbook_archive
from core.data.reading.typed._json import column_of
from core.data.reading.typed._raw import raw_table
from core.data.reading.typed._source import FIRST, TypedSource
from core.data.reading.typed._sql import choose_table, items_table
from core.errors import DataError

_OLD = b"\xd0\xcf\x11\xe0"


class Workbook(Reader):
    """A sheet with one rating a row, its columns named in the first row that isn't empty."""

    name = "workbook"
    description = "A sheet of an Excel (.xlsx, .xls, .xlsb) or OpenDocument (.ods) file; --table names it."

    def recognizes(self, location: Location) -> bool:
        """A file that starts as workbooks do."""
        return is_workbook(location)

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the columns; raises DataError for a damaged file or a sheet that isn't there."""
        return raw_table(open_workbook(location, options), options)


def is_workbook(location: Location) -> bool:
    """Say whether a file is a workbook."""
    if not isinstance(location, Path) or not location.is_file():
        return False
    return first_bytes(location, 4) == _OLD or is_workbook_archive(location)


def open_workbook(location: Location, options: ReadingOptions) -> TypedSource:
    """Open a sheet: the one named, or the only one that holds ratings."""
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(location))
        skip = options.skip_lines
        sheets = {name: _table(book.get_sheet_by_name(name).to_python()[skip:]) for name in book.sheet_names}
    except (calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        message = f"can't be read as a workbook ({str(error).splitlines()[0]})."
        raise DataError(message, path=str(location), hint="Is the file complete?") from error
    filled = {name: table for name, table in sheets.items() if table.num_rows}
    columns = {name: tuple(table.schema.names) for name, table in filled.items()}
    name = choose_table(columns, options, location, "sheet")
    table = filled[name]

    def blocks(names: Sequence[str]) -> list[Any]:
        return [table.select(list(names))]

    files = (location,) if isinstance(location, Path) else ()
    found = {"table": name, **items_table(columns, name, options)}
    return TypedSource(location, columns[name], table.slice(0, FIRST), blocks, found, files)


def _table(rows: Sequence[Sequence[Any]]) -> Any:
    """The rows below the first one that isn't empty, which names the columns."""
    import pyarrow as pa

    filled = [row for row in rows if any(cell not in ("", None) for cell in row)]
    if not filled:
        return pa.table({})
    width = max(place + 1 for place, cell in enumerate(filled[0]) if cell not in ("", None))
    names = _apart([str(cell).strip() for cell in filled[0][:width]])
    columns = [column_of([_cell(row[place]) for row in filled[1:]]) for place in range(width)]
    return pa.Table.from_arrays(columns, names=names)


def _apart(names: list[str]) -> list[str]:
    """Names that tell all columns apart: those named alike are numbered, so that none is guessed."""
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        names[place] = f"{name} ({seen[name]})" if names.count(name) > 1 or seen[name] > 1 else name
    return names


def _cell(value: Any) -> Any:
    """A workbook keeps every number as a decimal: 12.0 is 12."""
    if value == "":
        return None
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
