"""Finds the exact line of a fault in a text table: the slow second look, taken only after a failure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from core.contract import Location
from core.data.reading import BASKETS, LINE_LIMIT, Roles, open_table, too_long
from core.data.reading.text._dialect import Dialect
from core.data.reading.text._separator import split_line
from core.errors import DataError


@dataclass(frozen=True)
class _Fields:
    """One row of a text table: its line (from 1) and its fields."""

    line: int
    values: tuple[str, ...]


def find_fault(location: Location, dialect: Dialect, roles: Roles, reason: str) -> DataError:
    """Describe the first row that can't be read; without one, tell Arrow's reason for refusing the file."""
    for row in rows(location, dialect):
        fault = _fault(location, dialect, roles, row)
        if fault is not None:
            return fault
    hint = "Check separator and encoding."
    return DataError(f"can't be read as a table ({reason.splitlines()[0]}).", path=str(location), hint=hint)


def line_of(location: Location, dialect: Dialect, index: int) -> int:
    """Find the line of a row counted from 0; quoted line breaks and blank lines are taken into account."""
    for count, row in enumerate(rows(location, dialect)):
        if count == index:
            return row.line
    return index + 1 + dialect.skipped


def rows(location: Location, dialect: Dialect) -> Iterator[_Fields]:
    """Go through the rows, header left out, one at a time; raises DataError for an endless line."""
    with open_table(location) as stream:
        lines = lines_of(location, stream, dialect)
        parsed = _quoted(location, lines, dialect) if dialect.quote else _plain(lines, dialect)
        for row in parsed:
            if row.line > dialect.skipped and any(value.strip() for value in row.values):
                yield row


def single_lines(location: Location, dialect: Dialect) -> Iterator[_Fields]:
    """Go through the lines after the header, each split by itself: an open quote spoils no other line."""
    with open_table(location) as stream:
        for number, line in enumerate(lines_of(location, stream, dialect), 1):
            if number > dialect.skipped and line.strip():
                text = line.rstrip("\r\n")
                yield _Fields(number, split_line(text, dialect.separator, dialect.quote, dialect.escapes))


def _plain(lines: Iterator[str], dialect: Dialect) -> Iterator[_Fields]:
    for number, line in enumerate(lines, 1):
        yield _Fields(number, split_line(line.rstrip("\r\n"), dialect.separator, quote=""))


def reader_of(lines: Iterable[str], dialect: Dialect, strict: bool = False) -> Any:
    """Python's reader of the rows in some lines, as a dialect parts and quotes them; `strict` ones raise
    csv.Error for quotes that aren't as they should be."""
    escape = "\\" if dialect.escapes else None
    return csv.reader(
        lines, delimiter=dialect.separator, quotechar=dialect.quote, escapechar=escape, strict=strict
    )


def _quoted(location: Location, lines: Iterator[str], dialect: Dialect) -> Iterator[_Fields]:
    reader = reader_of(lines, dialect)
    while True:
        start = reader.line_num + 1
        try:
            yield _Fields(start, tuple(next(reader)))
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"can't be split into fields ({error}).", path=str(location), row=start
            ) from error


def lines_of(location: Location, stream: IO[bytes], dialect: Dialect) -> Iterator[str]:
    """Go through the lines as text, each with a line feed at its end; raises DataError for an endless one."""
    text = io.TextIOWrapper(stream, encoding=dialect.encoding, errors="replace", newline=dialect.line_end)
    number = 0
    while line := text.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT:
            raise too_long(location, number)
        yield line.rstrip("\r\n").replace("\0", "\ufffd") + "\n"


def _short_header(dialect: Dialect) -> str:
    """The way out where all rows have as many fields, but the header names fewer or more."""
    widths = {len(row) for row in dialect.sample}
    if dialect.header != "yes" or len(widths) != 1 or dialect.width in widths:
        return ""
    return (
        f"The header names {dialect.width} columns: correct it, or leave it out with --skip-lines "
        f"{dialect.skipped} --header no, and name columns by position (--user-column 1 …)."
    )


def _fault(location: Location, dialect: Dialect, roles: Roles, row: _Fields) -> DataError | None:
    if len(row.values) != dialect.width:
        message = f"{len(row.values)} fields where {dialect.width} are expected."
        hint = _short_header(dialect) or BASKETS
        return DataError(message, path=str(location), row=row.line, value=row.values, hint=hint)
    if any("\ufffd" in row.values[position] for position in (roles.user, roles.item)):
        hint = "Name it with --encoding, as in latin-1."
        return DataError(f"not {dialect.encoding} text.", path=str(location), row=row.line, hint=hint)
    return None
