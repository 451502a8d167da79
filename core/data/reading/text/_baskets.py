"""Reads lines that hold a user (or an order) and all its items as one interaction a row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass

from core.contract import Location, RawTable, ReadingOptions, Repair
from core.data.reading import (
    ITEM_NAMES,
    MISSING,
    NONE,
    TIME_NAMES,
    Head,
    find_column,
    guess,
    has_parts,
    is_number,
    is_written_list,
    named_user,
    plain,
)
from core.data.reading.text._arrow import no_rows
from core.data.reading.text._dialect import Dialect
from core.data.reading.text._header import BASKET_NAMES
from core.data.reading.text._locating import rows
from core.data.reading.text._quotes import settled_quotes
from core.errors import DataError

_MARKS = ("|", ";", ",", "\t", " ")


@dataclass(frozen=True)
class _Form:
    """Where a line's user, time and items are: `user` None where every line is a basket of its own, `items`
    the one cell that holds them, parted by `mark`, or None where they are all the other cells."""

    user: int | None
    time: int | None
    items: int | None
    mark: str = ""


def read_baskets(location: Location, dialect: Dialect, head: Head, options: ReadingOptions) -> RawTable:
    """Read every item of a line as one interaction of its user; raises DataError for a line without a user.

    The user is the column that is named (or the first); with `user_column` none each line stands for itself.
    """
    import pyarrow as pa

    if not dialect.sample:
        raise no_rows(location)
    dialect = settled_quotes(location, dialect)
    form = _form(location, dialect, head, options)
    lines: list[int] = []
    users: list[str] = []
    items: list[str] = []
    times: list[str] = []
    for line, user, time, basket in _baskets(location, dialect, form):
        lines += [line] * len(basket)
        users += [user] * len(basket)
        times += [time] * len(basket)
        items += basket
    return RawTable(
        users=pa.chunked_array([pa.array(users, pa.string()).dictionary_encode()]),
        items=pa.chunked_array([pa.array(items, pa.string()).dictionary_encode()]),
        ratings=None,
        timestamps=None if form.time is None else pa.chunked_array([pa.array(times, pa.string())]),
        found=_found(dialect, form),
        repairs=(_note(dialect, form, items),),
        line_of=lines.__getitem__,
    )


def roles_in_baskets(
    location: Location, dialect: Dialect, head: Head, options: ReadingOptions
) -> dict[str, int]:
    """The positions (from 0) of the user, the time and the one cell of items, as far as there are such."""
    form = _form(location, dialect, head, options)
    places = {"user": form.user, "item": form.items, "time": form.time}
    return {role: place for role, place in places.items() if place is not None}


def _form(location: Location, dialect: Dialect, head: Head, options: ReadingOptions) -> _Form:
    user = _user(head, options)
    items = _items(location, dialect, user, options)
    named = options.time_column or (guess(dialect.names, TIME_NAMES) if dialect.header == "yes" else "")
    time = None
    if items is not None and named and named != NONE:
        time = find_column(dialect.names, named, TIME_NAMES, "time", location)
    mark = "" if items is None else options.basket_separator or _mark(head.cells(items), dialect)
    return _Form(user, time, items, mark)


def _user(head: Head, options: ReadingOptions) -> int | None:
    """The user's column, else the first; None where each line stands for itself."""
    return None if options.user_column in (NONE, "rows") else named_user(head, options) or 0


def _items(location: Location, dialect: Dialect, user: int | None, options: ReadingOptions) -> int | None:
    """The column whose cells hold several items; None where the cells of a line are its items."""
    if options.item_column:
        return find_column(dialect.names, options.item_column, ITEM_NAMES, "item", location)
    if dialect.header == "yes" and all(len(row) <= dialect.width for row in dialect.sample):
        named = [
            place for place, name in enumerate(dialect.names) if plain(name) in BASKET_NAMES and place != user
        ]
        others = [place for place in range(dialect.width) if place != user]
        if len(named) == 1 or len(others) == 1:
            return (named or others)[0]
        return None
    if dialect.header == "yes":
        return None  # rows go on beyond the header: what it calls items is the first of them
    even = all(len(row) == 2 for row in dialect.sample)
    parted = even and any(has_parts(row[1], mark) for row in dialect.sample for mark in _MARKS)
    return 1 if parted and user == 0 else None


def _mark(cells: list[str], dialect: Dialect) -> str:
    """What parts the items in a cell: the first usual mark that does; spaces part numbers alone."""
    plain_cells = [cell for cell in cells if not is_written_list(cell)]
    for mark in _MARKS:
        if not any(has_parts(cell, mark) for cell in plain_cells):
            continue
        if mark != " " or all(is_number(part) for cell in plain_cells for part in cell.split()):
            return mark
    return "," if dialect.separator != "," else "|"


def _baskets(location: Location, dialect: Dialect, form: _Form) -> Iterator[tuple[int, str, str, list[str]]]:
    """The line (from 1), the user, the time and the items of each line."""
    for number, row in enumerate(rows(location, dialect), 1):
        if len(row.values) <= max(place or 0 for place in (form.user, form.time, form.items)):
            message = f"{len(row.values)} fields, too few to hold user and items."
            raise DataError(message, path=str(location), row=row.line, value=row.values)
        user = str(number) if form.user is None else row.values[form.user].strip()
        time = "" if form.time is None else row.values[form.time]
        if form.items is None:
            cells = [cell for place, cell in enumerate(row.values) if place != form.user]
        else:
            cells = _parts(row.values[form.items], form.mark)
        yield row.line, user, time, [cell.strip() for cell in cells if cell.strip() not in MISSING]


def _parts(cell: str, mark: str) -> list[str]:
    """The items of a cell: a list as JSON or Python writes it, or parts between marks."""
    text = cell.strip()
    if not is_written_list(text):
        return text.split(mark)
    try:
        found = json.loads(text)
        if isinstance(found, list):
            return [str(one) for one in found if one is not None]
    except (ValueError, RecursionError):
        pass  # written by another language than JSON: its quotes are single ones
    quote = "'" if "'" in text else '"'
    return next(csv.reader([text[1:-1]], quotechar=quote, skipinitialspace=True), [])


def _found(dialect: Dialect, form: _Form) -> dict[str, object]:
    def name(place: int | None) -> str:
        return NONE if place is None else dialect.names[place]

    found: dict[str, object] = {
        "layout": "baskets",
        "user_column": name(form.user),
        "rating_column": NONE,
        "time_column": name(form.time),
    }
    if form.items is not None:
        found |= {"item_column": name(form.items), "basket_separator": form.mark}
    return found


def _note(dialect: Dialect, form: _Form, items: list[str]) -> Repair:
    who = "every line is a basket of its own"
    if form.user is not None:
        who = f"the user is in {dialect.names[form.user]!r} (--user-column none: each line for itself)"
    where = "its other cells"
    if form.items is not None:
        where = f"{dialect.names[form.items]!r}, parted by {form.mark!r}"
    return Repair("baskets", len(items), f"each line holds several items ({where}); {who}")
