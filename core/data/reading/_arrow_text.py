"""Reads the wanted columns of a text table into Arrow arrays, in one fast pass."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.contract import Location
from core.data.reading._dialect import Dialect, Rewriter, is_number
from core.data.reading._roles import look_of
from core.data.reading.columns import MISSING
from core.data.reading.location import LINE_LIMIT, compression_of, open_table, reading_errors
from core.errors import DataError

BLOCK = 4 * LINE_LIMIT


class ParseError(Exception):
    """Arrow could not parse the text; `locating.find_fault` says where and why."""


def read_columns(location: Location, dialect: Dialect, types: Mapping[int, Any]) -> dict[int, Any]:
    """Read columns (by position from 0) as Arrow types; returns a chunked array of each, all of one length.

    Raises ParseError where the text doesn't fit, and DataError where the file can't be read.
    """
    names = {position: f"c{position}" for position in types}
    try:
        table = _parse(location, dialect, {names[position]: kind for position, kind in types.items()})
    except UnicodeError as error:
        raise ParseError(str(error)) from error
    return {position: table.column(name) for position, name in names.items()}


def _parse(location: Location, dialect: Dialect, types: dict[str, Any]) -> Any:
    import pyarrow as pa

    for newlines in (False, True):
        try:
            with _arrow_stream(location, dialect) as stream:
                return _read_csv(stream, dialect, types, newlines)
        except pa.ArrowInvalid as error:
            # A quoted line break is rare and costs parallel parsing: it is allowed for only when needed.
            if newlines or not dialect.quoting:
                raise ParseError(str(error)) from error
    raise AssertionError("unreachable")


def _read_csv(stream: Any, dialect: Dialect, types: dict[str, Any], newlines: bool) -> Any:
    from pyarrow import csv

    names = [f"c{position}" for position in range(dialect.width)]
    reading = csv.ReadOptions(column_names=names, skip_rows=dialect.skipped, block_size=BLOCK)
    parsing = csv.ParseOptions(
        delimiter="\t" if dialect.separator in ("::", " ") else dialect.separator,
        quote_char='"' if dialect.quoting else False,
        escape_char="\\" if dialect.escapes else False,
        newlines_in_values=newlines,
    )
    decimal = "," if any(_decimal_comma(dialect, name) for name in types) else "."
    converting = csv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=list(MISSING), decimal_point=decimal
    )
    return csv.read_csv(stream, read_options=reading, parse_options=parsing, convert_options=converting)


def _decimal_comma(dialect: Dialect, name: str) -> bool:
    """Tell "3,5" from the sample, where a comma doesn't separate columns."""
    position = int(name[1:])
    fields = [row[position] for row in dialect.sample if len(row) > position]
    return dialect.separator != "," and any("," in field and is_number(field) for field in fields)


@contextlib.contextmanager
def _arrow_stream(location: Location, dialect: Dialect) -> Iterator[Any]:
    """Give UTF-8 bytes with one-character separators; a plain file is read by Arrow itself."""
    import pyarrow as pa

    rewriter = Rewriter(location, dialect)
    if isinstance(location, Path) and not rewriter.needed and not compression_of(location):
        with reading_errors(location), pa.OSFile(str(location)) as stream:
            yield stream
        return
    with open_table(location) as source:
        stream = pa.PythonFile(source, mode="r")
        yield pa.TransformInputStream(stream, rewriter) if rewriter.needed else stream


def cells(dialect: Dialect, position: int) -> list[str]:
    """The cells of a column in the sample, without the missing ones."""
    fields = [row[position].strip() for row in dialect.sample if len(row) > position]
    return [field for field in fields if field not in MISSING]


def column_kind(dialect: Dialect, position: int) -> str:
    """Judge by the sample whether a column holds integers, decimals or text."""
    look = look_of(cells(dialect, position))
    return {"time": "integer", "date": "text"}.get(look, look)


def no_rows(location: Location) -> DataError:
    """The error for a table that has a header and nothing else."""
    return DataError("the file has a header but no rows.", path=str(location))
