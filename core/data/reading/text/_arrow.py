"""Reads the wanted columns of a text table into Arrow arrays, in one fast pass."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.contract import Location
from core.data.reading import LINE_LIMIT, MISSING, compression_of, look_of, open_table, reading_errors
from core.data.reading.text._dialect import Dialect, Rewriter
from core.data.reading.text._quotes import QuoteCounter, open_quote
from core.errors import DataError

BLOCK = 4 * LINE_LIMIT
_FOOTER = re.compile(r"\W*(total|sum|\d+ rows?( affected| selected)?)\b.*|#.*", re.IGNORECASE)


class ParseError(Exception):
    """Arrow could not parse the text; `find_fault` says where and why."""


class OpenQuoteError(Exception):
    """Rows go over several lines: a quote may be left open; `settled_quotes` says where, or reads without."""


@dataclass
class Parsed:
    """Columns by position, chunked arrays of one length, and the lines left out that are no rows."""

    columns: dict[int, Any]
    left_out: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """The count of rows."""
        return len(next(iter(self.columns.values())))


def read_columns(location: Location, dialect: Dialect, types: Mapping[int, Any]) -> Parsed:
    """Read columns (by position from 0) as Arrow types; returns a chunked array of each, all of one length.

    Raises ParseError where the text doesn't fit, DataError where the file can't be read and, unless the
    dialect is `settled`, OpenQuoteError where rows go over several lines.
    """
    names = {position: f"c{position}" for position in types}
    parsed = Parsed({})
    try:
        kinds = {names[position]: kind for position, kind in types.items()}
        table, counter = _parse(location, dialect, kinds, parsed.left_out)
    except UnicodeError as error:
        raise ParseError(str(error)) from error
    fewer = not dialect.settled and counter.fewer_rows(table.num_rows + len(parsed.left_out))
    if fewer and open_quote(location, dialect) is not None:
        raise OpenQuoteError
    parsed.columns = {position: table.column(name) for position, name in names.items()}
    return parsed


def _parse(
    location: Location, dialect: Dialect, types: dict[str, Any], left_out: list[str]
) -> tuple[Any, QuoteCounter]:
    import pyarrow as pa

    newlines = footer = False
    while True:
        left_out.clear()
        counter = QuoteCounter(dialect)
        try:
            with _arrow_stream(location, dialect, counter) as stream:
                table = _read_csv(stream, dialect, types, newlines, left_out if footer else None)
            return table, counter
        except pa.ArrowInvalid as error:
            # A quoted line break is rare and costs parallel parsing, a line below the table a call a fault:
            # they are allowed for only when needed.
            if not footer and _ends_in_footer(str(error)):
                footer = True
            elif not newlines and dialect.quote:
                newlines = True
            else:
                raise ParseError(str(error)) from error


_WIDTH = re.compile(r".*Expected \d+ columns, got \d+: (.*)", re.DOTALL)


def _ends_in_footer(message: str) -> bool:
    """Say whether Arrow stumbled over a total or a count of rows below the table."""
    found = _WIDTH.match(message)
    return found is not None and _FOOTER.fullmatch(found.group(1).strip()) is not None


def _read_csv(
    stream: Any, dialect: Dialect, types: dict[str, Any], newlines: bool, left_out: list[str] | None
) -> Any:
    from pyarrow import csv

    def other_width(row: Any) -> str:
        """A total or a count of rows is no row; any other line of another width is a fault."""
        if left_out is None or not _FOOTER.fullmatch(row.text.strip()):
            return "error"
        left_out.append(row.text)
        return "skip"

    names = [f"c{position}" for position in range(dialect.width)]
    reading = csv.ReadOptions(column_names=names, skip_rows=dialect.skipped, block_size=BLOCK)
    parsing = csv.ParseOptions(
        delimiter="\t" if dialect.separator in ("::", " ") else dialect.separator,
        quote_char=dialect.quote or False,
        escape_char="\\" if dialect.escapes else False,
        newlines_in_values=newlines,
        invalid_row_handler=None if left_out is None else other_width,
    )
    converting = csv.ConvertOptions(
        column_types=types, include_columns=list(types), null_values=list(MISSING)
    )
    return csv.read_csv(stream, read_options=reading, parse_options=parsing, convert_options=converting)


@contextlib.contextmanager
def _arrow_stream(location: Location, dialect: Dialect, counter: QuoteCounter) -> Iterator[Any]:
    """Give UTF-8 bytes with one-character separators; a plain file is read by Arrow itself."""
    import pyarrow as pa

    rewriter = Rewriter(location, dialect)
    if isinstance(location, Path) and not rewriter.needed and not compression_of(location):
        with reading_errors(location), pa.OSFile(str(location)) as stream:
            yield stream
        if not dialect.settled:
            counter.count_file(location)
        return

    def counted(chunk: Any) -> bytes:
        written = rewriter(chunk) if rewriter.needed else bytes(chunk)
        counter.count(written)
        return written

    with open_table(location) as source:
        yield pa.TransformInputStream(pa.PythonFile(source, mode="r"), counted)


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
