"""Reads any text table: CSV, TSV, semicolons, pipes, "::" or whitespace, with or without a header."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

from core.contract import SEPARATORS, Location, RawItems, RawTable, Reader, ReadingOptions, Repair
from core.data.reading._arrow_text import ParseError, column_kind, no_rows, read_columns
from core.data.reading._dialect import Dialect, sniff
from core.data.reading._locating import Roles, find_fault, line_of
from core.data.reading.columns import (
    COUNT_NAMES,
    ITEM_NAMES,
    NONE,
    RATING_NAMES,
    TIME_NAMES,
    USER_NAMES,
    find_column,
    guess,
)
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
    roles = _find_roles(location, dialect, options)
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
        message = f"{location.name} is not UTF-8: read as {dialect.encoding} (name another with encoding)"
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
    types = {roles.user: identifier, roles.item: identifier, roles.rating: pa.float32()}
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
        ratings=columns[roles.rating],
        timestamps=None if roles.time is None else columns[roles.time],
        found=_found(dialect, roles),
        repairs=repairs,
        files=(location,) if isinstance(location, Path) else (),
        line_of=functools.partial(line_of, location, dialect),
    )


def _found(dialect: Dialect, roles: Roles) -> dict[str, object]:
    words = {mark: word for word, mark in SEPARATORS.items()}
    return {
        "user_column": dialect.names[roles.user],
        "item_column": dialect.names[roles.item],
        "rating_column": dialect.names[roles.rating],
        "time_column": NONE if roles.time is None else dialect.names[roles.time],
        "separator": words.get(dialect.separator, dialect.separator),
        "header": "yes" if dialect.header else "no",
        "encoding": dialect.encoding,
    }


def _find_roles(location: Location, dialect: Dialect, options: ReadingOptions) -> Roles:
    """Find the columns by the names asked for, the usual names or, without a header, the usual order."""
    names = dialect.names
    order = ("", "", "", "") if dialect.header else ("1", "2", "3", "4" if dialect.width > 3 else "")
    user = find_column(names, options.user_column or order[0], USER_NAMES, "user", location)
    item = find_column(names, options.item_column or order[1], ITEM_NAMES, "item", location)
    usual = (*RATING_NAMES, *COUNT_NAMES)
    rating = find_column(names, options.rating_column or order[2], usual, "rating", location)
    return Roles(user, item, rating, _time(location, dialect, options.time_column or order[3]))


def _time(location: Location, dialect: Dialect, wanted: str) -> int | None:
    if wanted == NONE or (not wanted and guess(dialect.names, TIME_NAMES) is None):
        return None
    return find_column(dialect.names, wanted, TIME_NAMES, "time", location)


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
