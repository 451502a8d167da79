"""Reads sheets of workbooks: Excel (.xlsx, .xls, .xlsb) and OpenDocument."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading import first_bytes, is_workbook_archive
from core.data.reading.text import header_of
from core.data.reading.typed._json import column_of
from core.data.reading.typed._raw import raw_table
from core.data.reading.typed._source import FIRST, TypedSource, text_of
from core.data.reading.typed._sql import choose_table, items_table
from core.errors import DataError

_OLD = b"\xd0\xcf\x11\xe0"


class Workbook(Reader):
    """A sheet with one rating a row, its columns named in its first row, if that is a header."""

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
        sheets = {name: _sheet(book.get_sheet_by_name(name), options) for name in book.sheet_names}
    except (calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        message = f"can't be read as a workbook ({str(error).splitlines()[0]})."
        raise DataError(message, path=str(location), hint="Is the file complete?") from error
    filled = {name: sheet for name, sheet in sheets.items() if sheet.table.num_rows}
    columns = {name: tuple(sheet.table.schema.names) for name, sheet in filled.items()}
    name = choose_table(columns, options, location, "sheet")
    sheet, table = filled[name], filled[name].table

    def blocks(names: Sequence[str]) -> list[Any]:
        return [table.select(list(names))]

    files = (location,) if isinstance(location, Path) else ()
    found = {"table": name, **items_table(columns, name, options), "header": sheet.header}
    return TypedSource(
        location,
        columns[name],
        table.slice(0, FIRST),
        blocks,
        found,
        files,
        header=sheet.header == "yes",
        line_of=sheet.rows.__getitem__,
    )


class _Sheet(NamedTuple):
    """A sheet's rows as an Arrow table, the row of the sheet (from 1) of each, and whether a header named
    the columns."""

    table: Any
    rows: Sequence[int]
    header: str


def _sheet(sheet: Any, options: ReadingOptions) -> _Sheet:
    """The rows that aren't empty; where the first of them names the columns, those below it."""
    import pyarrow as pa

    above = sheet.start[0] if sheet.start else 0
    numbered = list(enumerate(sheet.to_python(), above + 1))[options.skip_lines :]
    filled = [(number, row) for number, row in numbered if any(map(_is_filled, row))]
    if not filled:
        return _Sheet(pa.table({}), (), "yes")
    texts = [tuple(map(text_of, row)) for _, row in filled[: FIRST + 1]]
    header = header_of(texts, options.header)
    heads = filled[:1] if header == "yes" else filled[: FIRST + 1]
    width = max(place + 1 for _, row in heads for place, cell in enumerate(row) if _is_filled(cell))
    names = [str(place + 1) for place in range(width)]
    if header == "yes":
        names = _apart([text_of(cell).strip() for cell in filled[0][1][:width]])
    below = filled if header == "no" else filled[1:]
    columns = [column_of([_cell(row[place]) for _, row in below]) for place in range(width)]
    lines = [number for number, _ in below]
    return _Sheet(pa.Table.from_arrays(columns, names=names), lines, "yes" if header == "yes" else "no")


def _is_filled(cell: Any) -> bool:
    return cell not in ("", None)


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
