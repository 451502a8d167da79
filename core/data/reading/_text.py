"""Reads any text table: CSV, TSV, semicolons, pipes, "::" or whitespace, with or without a header."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

from core.contract import SEPARATORS, Location, RawItems, RawTable, Reader, ReadingOptions, Repair
from core.data.reading._arrow_text import ParseError, cells, column_kind, no_rows, read_columns
from core.data.reading._dialect import Dialect, sniff
from core.data.reading._locating import find_fault, line_of
from core.data.reading._roles import Head, Roles, chosen, find_roles
from core.data.reading.columns import NONE
from core.data.reading.items import read_items
from core.data.reading.location import check_location


class TextTable(Reader):
    """One rating a line, the columns found by their names or positions."""

    name = "text"
    description = "Any text table (CSV, TSV, ';', '|', '::' or whitespace), plain, gz, xz, zst or bz2."

    def recognizes(self, location: Location) -> bool:
        """Every file may be a text table: this reader is asked last."""
        return location.is_file()

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Sniff, find the columns and read them; raises DataError naming file, line, column and value."""
        table = read_text(location, options)
        items = items_location(options)
        if items is None and options.title_column and options.items != NONE:
            # The titles stand in the ratings table itself, beside every rating.
            column = str(table.found["item_column"])
            items, options = location, dataclasses.replace(options, items_id_column=column)
        if items is None:
            return table
        raw_items, repairs = read_items(items, options)
        return with_items(table, raw_items, repairs, items)


def read_text(location: Location, options: ReadingOptions) -> RawTable:
    """Read the ratings alone, without an items table."""
    dialect = sniff(location, options)
    repairs: tuple[Repair, ...] = ()
    roles = find_roles(
        Head(location, dialect.names, dialect.header, functools.partial(cells, dialect)), options
    )
    if not dialect.sample:
        raise no_rows(location)
    try:
        columns = _read(location, dialect, roles)
    except ParseError as error:
        if not _other_encoding(dialect, options, error):
            raise find_fault(location, dialect, roles, str(error)) from None
        dialect = dataclasses.replace(dialect, encoding="latin-1", guessed_encoding=True)
        columns = _read_again(location, dialect, roles)
    if dialect.guessed_encoding:
        message = f"{location.name} is not UTF-8: read as {dialect.encoding} (name another with --encoding)"
        repairs = (Repair("encoding", 1, message),)
    return _table(location, dialect, roles, columns, repairs)


def _read_again(location: Location, dialect: Dialect, roles: Roles) -> dict[int, Any]:
    try:
        return _read(location, dialect, roles)
    except ParseError as error:
        raise find_fault(location, dialect, roles, str(error)) from None


def _other_encoding(dialect: Dialect, options: ReadingOptions, error: ParseError) -> bool:
    return not options.encoding and dialect.encoding.startswith("utf-8") and "UTF8" in str(error)


def _read(location: Location, dialect: Dialect, roles: Roles) -> dict[int, Any]:
    import pyarrow as pa

    identifier = pa.dictionary(pa.int32(), pa.string())
    types = {roles.user: identifier, roles.item: identifier}
    if roles.rating is not None:
        types[roles.rating] = pa.float32()
    if roles.event is not None:
        types[roles.event] = identifier
    if roles.time is not None:
        kinds = {"integer": pa.int64(), "decimal": pa.float64(), "text": pa.string()}
        types[roles.time] = kinds[column_kind(dialect, roles.time)]
    return read_columns(location, dialect, types)


def _table(
    location: Location, dialect: Dialect, roles: Roles, columns: dict[int, Any], repairs: tuple[Repair, ...]
) -> RawTable:
    return RawTable(
        users=columns[roles.user],
        items=columns[roles.item],
        ratings=None if roles.rating is None else columns[roles.rating],
        timestamps=None if roles.time is None else columns[roles.time],
        events=None if roles.event is None else columns[roles.event],
        found=_found(dialect, roles),
        repairs=repairs,
        files=(location,) if isinstance(location, Path) else (),
        line_of=functools.partial(line_of, location, dialect),
    )


def _found(dialect: Dialect, roles: Roles) -> dict[str, object]:
    words = {mark: word for word, mark in SEPARATORS.items()}
    return {
        **chosen(dialect.names, roles),
        "separator": words.get(dialect.separator, dialect.separator),
        "header": "yes" if dialect.header else "no",
        "encoding": dialect.encoding,
    }


def items_location(options: ReadingOptions) -> Location | None:
    """The items table asked for, if any; raises DataError if it isn't there."""
    if options.items in ("", NONE):
        return None
    items = Path(options.items)
    check_location(items)
    return items


def with_items(table: RawTable, items: RawItems, repairs: tuple[Repair, ...], location: Location) -> RawTable:
    """Add an items table to the ratings read."""
    files = (*table.files, location) if isinstance(location, Path) else table.files
    return dataclasses.replace(table, item_table=items, repairs=(*table.repairs, *repairs), files=files)
