"""Notices quotes that are left open: they would swallow all rows up to the next quote in silence."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from core.contract import Location, Repair
from core.data.reading import is_number, open_table
from core.data.reading.text._dialect import Dialect
from core.data.reading.text._locating import lines_of, reader_of
from core.data.reading.text._separator import split_line
from core.errors import DataError

_CHUNK = 1 << 22


class QuoteCounter:
    """Counts the lines of what is read, and whether any quote is among them."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect, self._quote = dialect, dialect.quote.encode()
        self._quoted = False
        self._lines = 0

    def count(self, chunk: bytes) -> None:
        """Look at the next bytes, in UTF-8."""
        self._quoted = self._quoted or (bool(self._quote) and self._quote in chunk)
        self._lines += chunk.count(b"\n") - chunk.count(b"\n\n") - chunk.count(b"\n\r\n")  # blank ones

    def count_file(self, path: Path) -> None:
        """Look at a whole file in UTF-8: most hold no quote, which is found out fast."""
        if self._quote and any(self._quote in chunk for chunk in _chunks(path)):
            for chunk in _chunks(path):
                self.count(chunk)

    def fewer_rows(self, rows: int) -> bool:
        """Whether some rows of a table of so many go over several lines; several blank ones seem so too."""
        return self._quoted and self._lines > rows + self._dialect.skipped


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def settled_quotes(location: Location, dialect: Dialect, otherwise: str = "") -> Dialect:
    """The dialect, without quotes where they are part of the texts: one is left open, and no line needs any.

    Raises DataError naming the line of a quote that is left open in a table whose fields stand between some;
    `otherwise` is said with the way out.
    """
    start = open_quote(location, dialect)
    if start is None:
        return dataclasses.replace(dialect, settled=True)
    if dialect.escapes:  # a text that ends with a backslash is none
        plain = dataclasses.replace(dialect, escapes=False)
        if open_quote(location, plain) is None:
            return dataclasses.replace(plain, settled=True)
    if _reads_without(location, dialect):
        message = f"quotes are part of the texts (that of line {start} is never closed)"
        note = Repair("quotes", 1, message)
        return dataclasses.replace(
            dialect, quote="", escapes=False, settled=True, notes=(*dialect.notes, note)
        )
    hint = "Take the quote out, or close it: inside of a quoted field a quote is written twice."
    message = "a quote is left open: it swallows the rows below."
    raise DataError(message, path=str(location), row=start, hint=f"{hint} {otherwise}".strip())


def open_quote(location: Location, dialect: Dialect) -> int | None:
    """The line of the first quote that swallows rows; None where there is none.

    All is looked at line by line only where rows that may go over several lines don't look sound.
    """
    if not dialect.quote or dialect.separator in ("::", " "):
        return None
    numeric = all(is_number(row[0]) for row in dialect.sample if row)

    def is_sound(lines: list[str]) -> bool:
        return not (_is_malformed(lines, dialect) or _swallows(lines, dialect, numeric))

    if all(map(is_sound, _perhaps_long(location, dialect))):
        return None
    return next((start for start, lines in _long_rows(location, dialect) if not is_sound(lines)), None)


def _perhaps_long(location: Location, dialect: Dialect) -> Iterator[list[str]]:
    """Lines from one with an odd number of quotes to the next such one: long rows are among them."""
    quote, held = dialect.quote.encode(), list[bytes]()
    with open_table(location) as stream:
        for line in _written(location, stream, dialect, held.__len__):
            odd = quote in line and (line.count(quote) - dialect.escapes * line.count(b"\\" + quote)) % 2
            if held and len(held) < _MOST_LINES:
                held.append(line)
            if odd and len(held) > 1:
                yield _texts(held)
                held.clear()
            elif odd:
                held.append(line)
    if held:
        yield _texts(held)


_MOST_LINES = 100_000


def _written(
    location: Location, stream: IO[bytes], dialect: Dialect, wanted: Callable[[], int]
) -> Iterator[bytes]:
    """Lines as they are written, where each sign that matters is a byte; else in UTF-8.

    Whole blocks are passed over in which each line has an even number of quotes, unless they are `wanted`.
    """
    if dialect.encoding.lower().startswith(("utf-16", "utf-32")) or dialect.line_end == "\r":
        yield from (line.encode() for line in lines_of(location, stream, dialect))
        return
    while block := stream.read(_CHUNK) + stream.readline():
        if dialect.escapes or wanted() or _has_odd_line(block, dialect.quote):
            yield from block.splitlines(keepends=True)


def _has_odd_line(block: bytes, quote: str) -> bool:
    signs = np.frombuffer(block, np.uint8)
    quotes, ends = np.flatnonzero(signs == ord(quote)), np.flatnonzero(signs == ord("\n"))
    lines = np.searchsorted(ends, quotes)
    return bool((np.bincount(lines) & 1).any())


def _texts(lines: list[bytes]) -> list[str]:
    return [line.decode("utf-8", "replace").rstrip("\r\n") + "\n" for line in lines]


def _long_rows(location: Location, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """The rows that go over several lines: where they start, and their lines."""
    with open_table(location) as stream:
        kept = _Kept(lines_of(location, stream, dialect))
        reader = reader_of(kept, dialect)
        while True:
            start = reader.line_num + 1
            try:
                next(reader)
            except StopIteration:
                return
            except csv.Error:  # a text beyond all bounds
                yield start, kept.taken()
                return
            lines = kept.taken()
            if len(lines) > 1:
                yield start, lines


class _Kept:
    """Lines that pass through, kept until they are taken."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines, self._seen = iter(lines), list[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._seen.append(line)
        return line

    def taken(self) -> list[str]:
        """The lines since the last time."""
        seen, self._seen = self._seen, []
        return seen


def _is_malformed(lines: list[str], dialect: Dialect) -> bool:
    """Whether a closing quote stands before something else than a separator, or none closes at all."""
    ends = re.compile(rf"{dialect.quote}[ \t]+(?={re.escape(dialect.separator)}|$)", re.MULTILINE)
    text = ends.sub(dialect.quote, "".join(lines))
    try:
        list(reader_of(text.splitlines(keepends=True), dialect, strict=True))
    except csv.Error:
        return True
    return False


def _swallows(lines: list[str], dialect: Dialect, numeric: bool) -> bool:
    """Whether each of a row's lines is a row by itself, with a number first where all rows have one."""
    rows = [split_line(line.rstrip("\n"), dialect.separator, quote="") for line in lines]
    return numeric and all(len(row) == dialect.width and is_number(row[0]) for row in rows)


def _reads_without(location: Location, dialect: Dialect) -> bool:
    """Whether every line splits as the header does without quotes, and no field stands between some."""
    quote = dialect.quote
    with open_table(location) as stream:
        for number, line in enumerate(lines_of(location, stream, dialect), 1):
            text = line.rstrip("\n")
            if number <= dialect.skipped or not text.strip():
                continue
            fields = split_line(text, dialect.separator, quote="")
            if len(fields) != dialect.width:
                return False
            if any(len(one) > 1 and one.startswith(quote) and one.endswith(quote) for one in fields):
                return False
    return True
