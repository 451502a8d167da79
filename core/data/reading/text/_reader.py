"""Reads any text table: CSV, TSV, semicolons, pipes, "::" or whitespace, with or without a header."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np

from core.contract import SEPARATORS, Location, RawTable, Reader, ReadingOptions, Repair
from core.data.reading import (
    Head,
    Roles,
    chosen,
    find_roles,
    is_counted,
    is_number,
    is_wide,
    refuse_libfm,
    unread,
)
from core.data.reading.text._arrow import (
    OpenQuoteError,
    Parsed,
    ParseError,
    cells,
    column_kind,
    no_rows,
    read_columns,
)
from core.data.reading.text._baskets import read_baskets
from core.data.reading.text._dialect import Dialect, sniff
from core.data.reading.text._encoding import single_byte
from core.data.reading.text._locating import find_fault, line_of
from core.data.reading.text._numbers import Note, NumberError, parse_numbers
from core.data.reading.text._quotes import settled_quotes
from core.data.reading.text._wide import read_wide
from core.errors import ColumnsError, DataError


class TextTable(Reader):
    """One rating a line, the columns found by their names or positions."""

    name = "text"
    description = "Any text table (CSV, TSV, ';', '|', '::' or whitespace), plain, gz, xz, zst or bz2."

    def recognizes(self, location: Location) -> bool:
        """Every file may be a text table: this reader is asked last."""
        return location.is_file()

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Sniff, find the columns and read them; raises DataError naming file, line, column and value."""
        return read_text(location, options)


def read_text(location: Location, options: ReadingOptions) -> RawTable:
    """Read the ratings alone, without an items table."""
    dialect = sniff(location, options)
    refuse_libfm(dialect.sample, location)
    head = head_of_text(location, dialect)
    if options.layout == "baskets":
        table = read_baskets(location, dialect, head, options)
    elif is_wide(head, options):
        table = read_wide(location, dialect, head, options)
    else:
        roles = _roles(head, dialect, options)
        if not dialect.sample:
            raise no_rows(location)
        try:
            table = _read(location, dialect, roles, options)
        except OpenQuoteError:
            dialect = settled_quotes(location, dialect)
            table = _read(location, dialect, roles, options)
    found = {**_form(dialect), **table.found}
    files = (location,) if isinstance(location, Path) else ()
    repairs = (*dialect.notes, *table.repairs)
    return dataclasses.replace(table, found=found, files=files, repairs=repairs, names=dialect.names)


def _roles(head: Head, dialect: Dialect, options: ReadingOptions) -> Roles:
    """The roles of the columns; where they can't be told, the encoding may be why."""
    try:
        return find_roles(head, options)
    except ColumnsError as error:
        if dialect.guessed_encoding and not all(name.isascii() for name in dialect.names):
            error.hint += f" If the names look wrong, --encoding names another than {dialect.encoding}."
        raise


def head_of_text(location: Location, dialect: Dialect) -> Head:
    """What is known of a text table before it is read."""
    return Head(location, dialect.names, dialect.header == "yes", functools.partial(cells, dialect))


def _form(dialect: Dialect) -> dict[str, object]:
    words = {mark: word for word, mark in SEPARATORS.items()}
    return {
        "separator": words.get(dialect.separator, dialect.separator),
        "header": "yes" if dialect.header == "yes" else "no",
        "encoding": dialect.encoding,
        **({"skip_lines": dialect.skipped} if dialect.header == "numbers" else {}),
    }


def _read(location: Location, dialect: Dialect, roles: Roles, options: ReadingOptions) -> RawTable:
    """Read the fast way, then with numbers and times as texts, then in another encoding.

    Raises OpenQuoteError where lines don't fit, unless the dialect is settled.
    """
    try:
        return _table(location, dialect, roles, options, fast=_plain_numbers(dialect, roles, options))
    except ParseError:
        pass
    try:
        return _table(location, dialect, roles, options, fast=False)
    except ParseError as error:
        if not _other_encoding(dialect, options, error):
            raise _fault(location, dialect, roles, error) from None
    other = dataclasses.replace(dialect, encoding=single_byte(location), guessed_encoding=True)
    try:
        return _table(location, other, roles, options, fast=False)
    except ParseError as error:
        raise _fault(location, other, roles, error) from None


def _fault(location: Location, dialect: Dialect, roles: Roles, error: ParseError) -> Exception:
    return find_fault(location, dialect, roles, str(error)) if dialect.settled else OpenQuoteError()


def _plain_numbers(dialect: Dialect, roles: Roles, options: ReadingOptions) -> bool:
    """Whether the sample's numbers are written as Arrow takes them, and none of them stands for a word."""
    if roles.rating is None:
        return True
    if options.rating_word or not all(map(is_number, options.missing_rating)):
        return False
    fields = cells(dialect, roles.rating)
    return not options.decimal and not any("," in cell or cell.count(".") > 1 for cell in fields)


def _other_encoding(dialect: Dialect, options: ReadingOptions, error: ParseError) -> bool:
    return not options.encoding and dialect.encoding.startswith("utf-8") and "UTF8" in str(error)


def _table(
    location: Location, dialect: Dialect, roles: Roles, options: ReadingOptions, fast: bool
) -> RawTable:
    parsed = read_columns(location, dialect, _types(dialect, roles, fast))
    columns = parsed.columns
    repairs = (*_left_out(parsed), *_encoding_note(location, dialect), *unread_note(dialect.names, roles))
    ratings = None if roles.rating is None else columns[roles.rating]
    lines = functools.partial(line_of, location, dialect)
    if ratings is not None and fast and _may_part_thousands(ratings, dialect.names[roles.rating or 0]):
        raise ParseError("points may part thousands: the texts tell")
    notes: tuple[Note, ...] = ()
    if ratings is not None and not fast:
        ratings, notes = _numbers(location, dialect, roles, ratings, options)
    return RawTable(
        users=columns[roles.user],
        items=columns[roles.item],
        ratings=ratings,
        timestamps=None if roles.time is None else columns[roles.time],
        events=None if roles.event is None else columns[roles.event],
        found=dict(chosen(dialect.names, roles)),
        repairs=(*repairs, *(Repair("numbers", len(parsed), note.text) for note in notes)),
        forms=tuple(note.form for note in notes),
        line_of=lines,
    )


_LARGE = 100


def _may_part_thousands(column: Any, name: str) -> bool:
    """Whether counts, or numbers too large for a scale, have parts, all of them thousandths, some no less."""
    import pyarrow.compute as pc

    if not is_counted(name) and (pc.max(column).as_py() or 0) <= _LARGE:
        return False
    values = column.drop_null().to_numpy()
    parted = values[values != np.floor(values)].astype(np.float64)
    if not 0 < len(parted) < len(values) or np.abs(parted).min() < 1:
        return False
    off = [np.abs(parted * scale - np.round(parted * scale)) for scale in (100, 1000)]
    return bool(off[0].max() > _THOUSANDTH and (off[1] < _THOUSANDTH).all())


_THOUSANDTH = 0.1
"""Parts of a float32 are thousandths where they are as near to one as so many of them."""


def unread_note(names: tuple[str, ...], roles: Roles) -> tuple[Repair, ...]:
    """Say which columns of a table of interactions are not read: one of them may hold its ratings."""
    left = unread(names, roles)
    if not left:
        return ()
    listed = ", ".join(map(repr, left[:8])) + (", …" if len(left) > 8 else "")
    message = f"no column of ratings: every row is an interaction (not read: {listed}; --rating-column)"
    return (Repair("interactions", len(left), message),)


def _types(dialect: Dialect, roles: Roles, fast: bool) -> dict[int, Any]:
    import pyarrow as pa

    text = pa.dictionary(pa.int32(), pa.string())
    types: dict[int, Any] = dict.fromkeys(roles.positions(), text)
    if roles.rating is not None and fast:
        types[roles.rating] = pa.float32()
    if roles.time is not None and fast:
        kinds = {"integer": pa.int64(), "decimal": pa.float64(), "text": text}
        types[roles.time] = kinds[column_kind(dialect, roles.time)]
    return types


def _left_out(parsed: Parsed) -> tuple[Repair, ...]:
    count = len(parsed.left_out)
    if not count:
        return ()
    message = f"{count} lines that are no rows left out ({parsed.left_out[0].strip()[:40]!r})"
    return (Repair("lines", count, message),)


def _encoding_note(location: Location, dialect: Dialect) -> tuple[Repair, ...]:
    if not dialect.guessed_encoding:
        return ()
    message = f"{location.name} is not UTF-8: read as {dialect.encoding} (name another with --encoding)"
    return (Repair("encoding", 1, message),)


def _numbers(
    location: Location, dialect: Dialect, roles: Roles, column: Any, options: ReadingOptions
) -> tuple[Any, tuple[Note, ...]]:
    """Read the distinct texts of the ratings, one reading for all; raises DataError for one that is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.unify_dictionaries().combine_chunks()
    texts = whole.dictionary.to_pylist()
    name = dialect.names[roles.rating or 0]
    try:
        values, notes = parse_numbers(texts, options, name)
    except NumberError as wrong:
        code = next(
            code for code, text in enumerate(texts) if text.strip() == wrong.text or text == wrong.text
        )
        index = pc.index(whole.indices, code).as_py()
        raise DataError(
            f"the rating {wrong.reason}.",
            path=str(location),
            row=line_of(location, dialect, index),
            column=name,
            value=texts[code],
            hint=wrong.hint or "Correct the value, or remove the line.",
        ) from None
    numbers = pa.array(values, pa.float32()).take(whole.indices)
    return pa.chunked_array([numbers]), notes
