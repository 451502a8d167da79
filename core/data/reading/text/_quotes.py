"""Notices quotes that are left open: they would swallow all rows up to the next quote in silence."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

from core.contract import Location, Repair
from core.data.reading import is_number, open_table
from core.data.reading.text._dialect import Dialect
from core.data.reading.text._locating import lines_of
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
        self._lines += chunk.count(b"\n")

    def count_file(self, path: Path) -> None:
        """Look at a whole file in UTF-8: most hold no quote, which is found out fast."""
        if self._quote and any(self._quote in chunk for chunk in _chunks(path)):
            for chunk in _chunks(path):
                self.count(chunk)

    def fewer_rows(self, rows: int) -> bool:
        """Whether some rows of a table of so many go over several lines (or lines are blank)."""
        return self._quoted and self._lines > rows + self._dialect.skipped


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def settled_quotes(location: Location, dialect: Dialect) -> Dialect:
    """The dialect, without quotes where they are part of the texts: one is left open, and no line needs any.

    Raises DataError naming the line of a quote that is left open in a table whose fields stand between some.
    """
    start = _open_quote(location, dialect)
    if start is None:
        return dataclasses.replace(dialect, settled=True)
    if _reads_without(location, dialect):
        message = f"quotes are part of the texts (that of line {start} is never closed)"
        note = Repair("quotes", 1, message)
        return dataclasses.replace(
            dialect, quote="", escapes=False, settled=True, notes=(*dialect.notes, note)
        )
    hint = "Take the quote out, or close it: inside of a quoted field a quote is written twice."
    raise DataError(
        "a quote is left open: it swallows the rows below.", path=str(location), row=start, hint=hint
    )


def _open_quote(location: Location, dialect: Dialect) -> int | None:
    """The line of the first quote that swallows rows; None where there is none."""
    if not dialect.quote:
        return None
    numeric = all(is_number(row[0]) for row in dialect.sample if row)
    with open_table(location) as stream:
        kept = _Kept(lines_of(location, stream, dialect))
        escape = "\\" if dialect.escapes else None
        form = {"delimiter": dialect.separator, "quotechar": dialect.quote, "escapechar": escape}
        reader = csv.reader(kept, **form)  # type: ignore[arg-type]
        while True:
            start = reader.line_num + 1
            try:
                next(reader)
            except StopIteration:
                return None
            except csv.Error:
                return start
            lines = kept.taken()
            if len(lines) > 1 and (_is_malformed(lines, form) or _swallows(lines, dialect, numeric)):
                return start


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


def _is_malformed(lines: list[str], form: dict[str, str | None]) -> bool:
    """Whether a closing quote stands before something else than a separator, or none closes at all."""
    try:
        list(csv.reader(lines, strict=True, **form))  # type: ignore[arg-type]
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
