"""Finds out how a text table is written, and rewrites it on the fly into what Arrow parses."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from core.contract import Location, ReadingOptions
from core.data.reading.location import LINE_LIMIT, open_table
from core.errors import DataError

_CANDIDATES = ("::", "\t", ",", ";", "|", " ")
_SAMPLE_LINES = 50
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a text table is written.

    `separator` is one character, "::" or " " (any run of spaces and tabs). `names` are the header's, or
    the positions from 1 where there is no header. `skipped` lines come before the first row. `sample`
    holds the fields of the first rows. `guessed_encoding` is true where UTF-8 didn't fit.
    """

    separator: str
    encoding: str
    names: tuple[str, ...]
    header: bool
    skipped: int
    quoting: bool
    escapes: bool
    sample: tuple[tuple[str, ...], ...]
    guessed_encoding: bool = False

    @property
    def width(self) -> int:
        return len(self.names)


def sniff(location: Location, options: ReadingOptions) -> Dialect:
    """Look at the first lines of a table, never at more than 1 MiB of it.

    Raises DataError for a binary file, a file without rows, an endless line or an unclear separator.
    """
    with open_table(location) as stream:
        head = stream.read(LINE_LIMIT + 1)
    encoding, guessed = _encoding(head, location, options.encoding)
    text, blank = _decode(head, encoding, location)
    lines = _complete_lines(text, len(head) > LINE_LIMIT, location)
    separator = options.separator_text or _separator(lines, location)
    return _dialect(lines, separator, encoding, options.header, guessed, blank)


def split_line(line: str, separator: str, quoting: bool = True, escapes: bool = False) -> tuple[str, ...]:
    """Split one line into its fields."""
    if separator == " ":
        return tuple(line.split())
    if len(separator) > 1 or not quoting:
        return tuple(line.split(separator))
    escape = "\\" if escapes else None
    try:
        return tuple(next(csv.reader([line], delimiter=separator, escapechar=escape), ()))
    except csv.Error:
        return tuple(line.split(separator))


def is_number(text: str) -> bool:
    """Say whether a field is written as a number."""
    return _NUMBER.fullmatch(text) is not None


def _encoding(head: bytes, location: Location, wanted: str) -> tuple[str, bool]:
    if wanted:
        return wanted, False
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", False
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig", False
    if b"\x00" in head:
        return _wide_encoding(head, location), True
    try:
        head[: head.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1", True
    return "utf-8", False


def _wide_encoding(head: bytes, location: Location) -> str:
    """Zero bytes at every second place are UTF-16 without a mark; any others are no text."""
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    half = len(head[:2000]) // 2
    if odd > 0.7 * half and not even:
        return "utf-16-le"
    if even > 0.7 * half and not odd:
        return "utf-16-be"
    hint = "Ratings are read from CSV and similar text, Parquet, and their compressed forms."
    raise DataError("this is a binary file, not a table of text.", path=str(location), hint=hint)


def _decode(head: bytes, encoding: str, location: Location) -> tuple[str, int]:
    try:
        text = head.decode(encoding, errors="replace").lstrip("\ufeff")
    except LookupError:
        raise DataError(f"no such encoding: {encoding!r}.", path=str(location), hint="Try latin-1.") from None
    kept = text.lstrip("\r\n")
    return kept, text[: len(text) - len(kept)].count("\n")


def _complete_lines(text: str, more: bool, location: Location) -> list[str]:
    """The first lines without the blank ones; a last line that was cut off is left out."""
    lines = text.replace("\r\n", "\n").split("\n")
    if more:
        lines.pop()
    if more and len(lines) < 2:
        raise too_long(location, len(lines) + 1)
    lines = [line for line in lines[: 4 * _SAMPLE_LINES] if line.strip()][: _SAMPLE_LINES + 1]
    if not lines:
        raise DataError("the file has no rows.", path=str(location))
    return lines


def too_long(location: Location, line: int) -> DataError:
    """The error for a line over the limit."""
    hint = "Is this a table with one rating a line?"
    return DataError("the line is longer than 1 MiB.", path=str(location), row=line, hint=hint)


def _separator(lines: list[str], location: Location) -> str:
    """The candidate that splits nearly all lines into the same number of fields, the more the better."""
    scores = [(*_score(lines, candidate), -rank) for rank, candidate in enumerate(_CANDIDATES)]
    _, columns, rank = max(scores)
    if columns < 2:
        hint = "Name it with separator (comma, tab, semicolon, pipe, colons or whitespace)."
        raise DataError("can't tell what separates the columns.", path=str(location), row=1, hint=hint)
    return _CANDIDATES[-rank]


def _score(lines: list[str], candidate: str) -> tuple[bool, int]:
    counts = Counter(len(split_line(line, candidate)) for line in lines)
    columns, hits = counts.most_common(1)[0]
    return columns >= 2 and hits >= 0.9 * len(lines), columns


def _dialect(
    lines: list[str], separator: str, encoding: str, header: str, guessed: bool, blank: int
) -> Dialect:
    quoting = separator not in ("::", " ")
    escapes = quoting and any('\\"' in line for line in lines)
    rows = [split_line(line, separator, quoting, escapes) for line in lines]
    named = header == "yes" or (header == "" and not any(is_number(field) for field in rows[0]))
    names = (
        tuple(name.strip() for name in rows[0]) if named else tuple(str(i + 1) for i in range(len(rows[0])))
    )
    sample = tuple(rows[1:] if named else rows)
    return Dialect(
        separator=separator,
        encoding=encoding,
        names=names,
        header=named,
        skipped=blank + named,
        quoting=quoting,
        escapes=escapes,
        sample=sample,
        guessed_encoding=guessed,
    )


_RUNS = re.compile(rb"[ \t]+")
_EDGES = re.compile(rb"^\t|\t(?=\r?$)", re.MULTILINE)


class Rewriter:
    """Called by Arrow with one chunk of bytes after the other, then with none; holds back a cut line."""

    def __init__(self, location: Location, dialect: Dialect) -> None:
        self._location, self._separator = location, dialect.separator
        self._recode = dialect.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig")
        self._decoder: Any = codecs.getincrementaldecoder(dialect.encoding)() if self._recode else None
        self._held = b""
        self.needed = self._recode or self._separator in ("::", " ")

    def __call__(self, chunk: Any) -> bytes:
        """Rewrite the complete lines that this chunk ends."""
        final = len(chunk) == 0
        data = self._held + self._utf8(bytes(chunk), final)
        end = len(data) if final else data.rfind(b"\n") + 1
        self._held = data[end:]
        if len(self._held) > LINE_LIMIT:
            raise DataError("a line is longer than 1 MiB.", path=str(self._location))
        return self._separate(data[:end])

    def _utf8(self, data: bytes, final: bool) -> bytes:
        return self._decoder.decode(data, final).encode("utf-8") if self._recode else data

    def _separate(self, data: bytes) -> bytes:
        if self._separator == "::":
            return data.replace(b"\t", b" ").replace(b"::", b"\t")
        if self._separator == " ":
            return _EDGES.sub(b"", _RUNS.sub(b"\t", data))
        return data
