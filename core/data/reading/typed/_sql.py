"""Chooses the table of a database or workbook that holds ratings, and checks what is asked of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.contract import Location, ReadingOptions
from core.data.reading import (
    COUNT_NAMES,
    EVENT_NAMES,
    ITEM_NAMES,
    ITEM_WORDS,
    RATING_NAMES,
    TITLE_NAMES,
    USER_NAMES,
    guess,
    plain,
)
from core.errors import DataError, SeveralTablesError, UsageError
from core.options import suggest

_ANSWERS = re.compile(r"\s*\(*\s*(select|with|values|table|from)\b", re.IGNORECASE)


def choose_table(
    tables: Mapping[str, tuple[str, ...]],
    options: ReadingOptions,
    location: Location | str,
    what: str = "table",
) -> str:
    """The table named by `--table`, or the only one, or the only one with users and items (and ratings).

    `tables` gives the names of each one's columns. Raises DataError that names them where it can't be told.
    """
    if options.table:
        if options.table in tables:
            return options.table
        hint = suggest(options.table, tables)
        raise DataError(f"there is no {what} {options.table!r}.", path=str(location), hint=hint)
    for wanted in ((USER_NAMES, ITEM_NAMES, _VALUES), (USER_NAMES, ITEM_NAMES)):
        fitting = [name for name, columns in tables.items() if all(guess(columns, usual) for usual in wanted)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            break
    if len(tables) == 1:
        return next(iter(tables))
    listed = ", ".join(sorted(tables)[:20]) or "none"
    message = f"which {what} holds the ratings can't be told; there are: {listed}."
    raise SeveralTablesError(message, path=str(location), option="table", choices=tuple(tables))


def items_table(
    tables: Mapping[str, tuple[str, ...]], chosen: str, options: ReadingOptions
) -> dict[str, object]:
    """The table of items beside the chosen one: that asked for, or the only one named so that has titles."""
    if options.items_table:
        return {"items_table": options.items_table}
    fitting = [
        name
        for name, columns in tables.items()
        if name != chosen and plain(name).endswith(ITEM_WORDS) and guess(columns, TITLE_NAMES)
    ]
    return {"items_table": fitting[0]} if len(fitting) == 1 and not options.items else {}


_VALUES = (*RATING_NAMES, *COUNT_NAMES, *EVENT_NAMES)


def quoted(name: str) -> str:
    """A name as SQL has it between double quotes."""
    return '"' + name.replace('"', '""') + '"'


def checked_query(query: str) -> str:
    """One query that only answers; raises UsageError for any other statement."""
    text = query.strip().rstrip(";").strip()
    if not _ANSWERS.match(text):
        hint = "Write one that begins with SELECT or WITH."
        raise UsageError("--query takes a query that answers with rows.", hint=hint)
    return text


def limited(source: str, rows: int) -> str:
    """The statement that reads the first rows of a quoted table or of a query between brackets."""
    return f"{asked(source)} LIMIT {rows}"


def asked(source: str) -> str:
    """The statement that reads a quoted table or a query between brackets, columns of one name told apart."""
    return f"SELECT * FROM {source} AS asked"  # noqa: S608 - quoted, and read-only


def selected(names: Sequence[str], table: str) -> str:
    """The statement that reads columns of a quoted table."""
    return f"SELECT {', '.join(map(quoted, names))} FROM {table}"  # noqa: S608 - quoted, and read-only
