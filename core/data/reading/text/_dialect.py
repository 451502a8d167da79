"""Finds out how a text table is written, and rewrites it on the fly into what Arrow parses."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Any

from core.contract import Location, ReadingOptions, Repair
from core.data.reading import LINE_LIMIT, open_table, too_long
from core.data.reading.text._encoding import decode, encoding_of
from core.data.reading.text._foreign import refuse_foreign
from core.data.reading.text._header import header_of, names_baskets, names_of
from core.data.reading.text._separator import (
    quote_of,
    separator_of,
    separator_of_baskets,
    split_line,
    split_lines,
)
from core.errors import DataError

_SAMPLE_LINES = 50


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How a text table is written.

    `separator` is one character, "::" or " " (any run of spaces and tabs). `names` are the header's, or
    the positions from 1 where there is no header ("no") or one of mere numbers ("numbers"). `skipped` lines
    come before the first row. `quote` is what fields may stand between, empty where they don't. `sample`
    holds the fields of the first rows. `settled` says that no quote is left open. `guessed_encoding` is true
    where UTF-8 didn't fit; `line_end` is a line feed or, in files of old, a carriage return.
    """

    separator: str
    encoding: str
    names: tuple[str, ...]
    header: str
    skipped: int
    quote: str
    escapes: bool
    sample: tuple[tuple[str, ...], ...]
    guessed_encoding: bool = False
    line_end: str = "\n"
    notes: tuple[Repair, ...] = ()
    settled: bool = False

    @property
    def width(self) -> int:
        return len(self.names)


def sniff(location: Location, options: ReadingOptions) -> Dialect:
    """Look at the first lines of a table, never at more than 1 MiB of it.

    Raises DataError for a binary file, a file without rows, an endless line or an unclear separator.
    """
    with open_table(location) as stream:
        head = stream.read(LINE_LIMIT + 1)
    encoding, guessed = encoding_of(head, location, options.encoding)
    text = decode(head, encoding, location)
    if not options.skip_lines:
        refuse_foreign(text, location)
    line_end = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = _complete_lines(text, line_end, len(head) > LINE_LIMIT, location)
    preamble = _preamble(lines, options)
    separator = _asked_separator(options, location) or preamble.separator
    body = [line for line in lines[preamble.lines :] if line.strip()][: _SAMPLE_LINES + 1]
    if not body:
        raise DataError("the file has no rows.", path=str(location))
    tell = separator_of_baskets if options.layout == "baskets" else separator_of
    separator = separator or tell(body, location)
    quote = quote_of(body, separator)
    escapes = bool(quote) and any('\\"' in line for line in body)
    rows = split_lines(body, separator, quote, escapes)
    commented = _commented_header(preamble.comment, rows, options, (separator, quote, escapes))
    bare = options.layout == "baskets" and not names_baskets(rows[0])
    named = "yes" if commented else header_of(rows, options.header or ("no" if bare else ""))
    names = commented or names_of(rows, named)
    heading = named != "no" and not commented
    return Dialect(
        separator=separator,
        encoding=encoding,
        names=names,
        header=named,
        skipped=preamble.lines + heading,
        quote=quote,
        escapes=escapes,
        sample=tuple(rows[1:] if heading else rows),
        guessed_encoding=guessed,
        line_end=line_end,
        notes=(*preamble.told(bool(commented)), *_header_notes(named, names, rows)),
    )


def _asked_separator(options: ReadingOptions, location: Location) -> str:
    mark = options.separator_text
    if (len(mark) > 1 and mark != "::") or mark in ('"', "\n", "\r"):
        hint = "Name it as comma, tab, semicolon, pipe, colons or whitespace, or give one character."
        raise DataError(f"{mark!r} can't separate columns.", path=str(location), hint=hint)
    return mark


def _commented_header(
    comment: str, rows: list[tuple[str, ...]], options: ReadingOptions, form: tuple[str, str, bool]
) -> tuple[str, ...]:
    """The names in a last comment above rows that have no header of their own; empty if there are none."""
    names = tuple(name.strip() for name in split_line(comment, *form))
    if options.header == "no" or len(names) != len(rows[0]) or header_of(rows, "") != "no":
        return ()
    return names if header_of([names, *rows], "") == "yes" else ()


def header_of_file(location: Location, options: ReadingOptions) -> str:
    """Say whether a text table has a header (yes, no or numbers); other files name their columns."""
    try:
        return sniff(location, options).header
    except DataError:
        return "yes"


def _header_notes(named: str, names: tuple[str, ...], rows: list[tuple[str, ...]]) -> tuple[Repair, ...]:
    if named == "yes" and len(names) > len(rows[0]) and not names[0]:
        message = (
            "the header has a name less than rows have fields: the first field is a row's name, as R has it"
        )
        return (Repair("header", 1, message),)
    if named != "numbers":
        return ()
    first = ",".join(rows[0])
    message = f"the first line ({first}) numbers the columns: left out (--header no takes it for a row)"
    return (Repair("header", 1, message),)


@dataclass(frozen=True)
class _Preamble:
    """Lines before the table: how many, the separator that one of them names, and the last comment."""

    lines: int
    separator: str
    comment: str
    left_out: int

    def told(self, commented: bool) -> tuple[Repair, ...]:
        """What is said of these lines; `commented` says that the last comment names the columns."""
        count = self.left_out - commented
        names = "the comment above the table names its columns"
        message = f"{count} {'line' if count == 1 else 'lines'} before the table left out"
        return (
            *((Repair("header", 1, names),) if commented else ()),
            *((Repair("lines", count, message),) if count else ()),
        )


_SEP = re.compile(r"sep=(.)", re.IGNORECASE)


def _preamble(lines: list[str], options: ReadingOptions) -> _Preamble:
    """Blank lines, comments (# or %), a spreadsheet's `sep=;` and the lines that `skip_lines` counts."""
    count, separator, comment, told = options.skip_lines, "", "", options.skip_lines
    for line in lines[count:]:
        text = line.strip().strip('"')
        if match := _SEP.fullmatch(text):
            separator, told = match.group(1), told + 1
        elif text.startswith(("#", "%")):
            comment, told = text.lstrip("#% "), told + 1
        elif text:
            break
        count += 1
    return _Preamble(count, separator, comment, told)


def _complete_lines(text: str, line_end: str, more: bool, location: Location) -> list[str]:
    """The first lines; a last line that was cut off is left out."""
    lines = text.replace("\r\n", "\n").split(line_end)
    if more:
        lines.pop()
    if more and len(lines) < 2:
        raise too_long(location, len(lines) + 1)
    if not any(line.strip() for line in lines):
        raise DataError("the file has no rows.", path=str(location))
    return lines


_RUNS = re.compile(rb"[ \t]+")
_EDGES = re.compile(rb"^\t|\t(?=\r?$)", re.MULTILINE)


class Rewriter:
    """Called by Arrow with one chunk of bytes after the other, then with none; holds back a cut line."""

    def __init__(self, location: Location, dialect: Dialect) -> None:
        self._location, self._separator, self._old = location, dialect.separator, dialect.line_end == "\r"
        self._recode = dialect.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig")
        self._decoder: Any = codecs.getincrementaldecoder(dialect.encoding)() if self._recode else None
        self._held = b""
        self.needed = self._recode or self._old or self._separator in ("::", " ")

    def __call__(self, chunk: Any) -> bytes:
        """Rewrite the complete lines that this chunk ends."""
        final = len(chunk) == 0
        data = self._held + self._utf8(bytes(chunk), final)
        if self._old:
            data = data.replace(b"\r", b"\n")
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
