"""Finds which column is the user, the item, the rating, the time, the event; never guesses blindly."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.contract import Location, ReadingOptions
from core.data.reading.columns import (
    BASKETS,
    COUNT_NAMES,
    EVENT_NAMES,
    ITEM_NAMES,
    NONE,
    RATING_NAMES,
    TIME_NAMES,
    USER_NAMES,
    find_column,
    guess,
    is_number,
    is_other,
    listed,
    plain,
)
from core.errors import ColumnsError, DataError

_EARLIEST = 100_000_000
"""Whole numbers from here up are seconds since 1970 (from 1973), milliseconds or finer: no rating scale."""


@dataclass(frozen=True)
class Roles:
    """The positions (from 0) of the columns that are read; a table may lack ratings, times and events."""

    user: int
    item: int
    rating: int | None
    time: int | None
    event: int | None = None

    def positions(self) -> tuple[int, ...]:
        """The positions of the columns that there are."""
        every = (self.user, self.item, self.rating, self.time, self.event)
        return tuple(position for position in every if position is not None)


def chosen(names: tuple[str, ...], roles: Roles) -> dict[str, str]:
    """Say which columns were taken, under the names of the reading options."""

    def name(position: int | None) -> str:
        return NONE if position is None else names[position]

    event = {} if roles.event is None else {"event_column": names[roles.event]}
    return {
        "user_column": names[roles.user],
        "item_column": names[roles.item],
        "rating_column": name(roles.rating),
        "time_column": name(roles.time),
        **event,
    }


@dataclass(frozen=True)
class Head:
    """What is known of a table before it is read: its columns' names (or positions, without a header) and,
    by position, the cells of its first rows as texts, without the missing ones."""

    location: Location
    names: tuple[str, ...]
    header: bool
    cells: Callable[[int], list[str]]

    def look(self, position: int) -> str:
        """How a column looks: integer, decimal, time, date or text."""
        return look_of(self.cells(position))


def find_roles(head: Head, options: ReadingOptions) -> Roles:
    """Find the columns asked for, by the usual names or, without a header, by the usual order.

    Raises DataError where a column isn't there or where the table leaves open what its columns are.
    """
    return _named(head, options) if head.header else _placed(head, options)


def _named(head: Head, options: ReadingOptions) -> Roles:
    names, location = head.names, head.location
    if not options.item_column and guess(names, ITEM_NAMES) is None:
        _refuse_matrix(head, options)
    user = find_column(names, options.user_column, USER_NAMES, "user", location)
    item = find_column(names, options.item_column, _without(ITEM_NAMES, names[user]), "item", location)
    _refuse_baskets(head, item, options)
    event = _optional(head, options.event_column, EVENT_NAMES, "event")
    time = _optional(head, options.time_column, TIME_NAMES, "time")
    rating = _optional(head, options.rating_column, (*RATING_NAMES, *COUNT_NAMES), "rating")
    if rating in (user, item, time) and not options.rating_column:
        rating = None
    roles = Roles(user, item, rating, time, event if rating is None or options.event_column else None)
    if rating is None and options.rating_column != NONE and event is None:
        _refuse_unknown_numbers(head, roles, options)
    return roles


def _without(usual: tuple[str, ...], taken: str) -> tuple[str, ...]:
    return tuple(word for word in usual if word != plain(taken))


_WIDE = "If rows are users and columns are items, read the matrix with --layout wide."
_FEWEST_ITEMS = 3


def has_parts(cell: str, mark: str) -> bool:
    """Say whether a cell holds several things with this mark between them."""
    return sum(bool(part.strip()) for part in cell.split(mark)) > 1


def is_written_list(cell: str) -> bool:
    """Say whether a cell is a list as JSON, Python or SQL writes it."""
    text = cell.strip()
    return len(text) > 1 and text[0] + text[-1] in ("[]", "{}", "()")


def _refuse_baskets(head: Head, item: int, options: ReadingOptions) -> None:
    """Cells that hold several items each would make ids of whole baskets."""
    cells = head.cells(item)
    several = sum(is_written_list(cell) or has_parts(cell, "|") or has_parts(cell, ";") for cell in cells)
    if options.layout or not cells or several * 2 < len(cells):
        return
    message = f"its cells seem to hold several items each (as in {cells[0][:40]!r})."
    hint = f"{BASKETS} If they are single ids: --layout long."
    raise ColumnsError(message, path=str(head.location), row=1, column=head.names[item], hint=hint)


def is_wide(head: Head, options: ReadingOptions) -> bool:
    """Say whether the table is a matrix of users × items: as asked, or where the header makes it certain."""
    if options.layout:
        return options.layout == "wide"
    if not head.header or options.item_column:
        return False
    items = [place for place in range(len(head.names)) if place != wide_user(head, options)]
    numbered = all(head.names[place].isdecimal() for place in items)
    return len(items) >= _FEWEST_ITEMS and numbered and _all_numbers(head, items)


def named_user(head: Head, options: ReadingOptions) -> int | None:
    """The user's column that is asked for or has a usual name; None where none is and has."""
    if options.user_column:
        return find_column(head.names, options.user_column, USER_NAMES, "user", head.location)
    named = guess(head.names, USER_NAMES) if head.header else None
    return None if named is None else head.names.index(named)


def wide_user(head: Head, options: ReadingOptions) -> int | None:
    """The column of a matrix that holds the users' ids; None where rows stand for themselves."""
    if options.user_column in (NONE, "rows"):
        return None
    named = named_user(head, options)
    if named is not None:
        return named
    return 0 if (head.header and not head.names[0].isdecimal()) or head.look(0) == "text" else None


def _all_numbers(head: Head, places: list[int]) -> bool:
    return all(head.look(place) in ("integer", "decimal") or not head.cells(place) for place in places)


def _like_a_matrix(head: Head, options: ReadingOptions) -> bool:
    items = [place for place in range(len(head.names)) if place != wide_user(head, options)]
    return len(items) >= _FEWEST_ITEMS and _all_numbers(head, items)


def _refuse_matrix(head: Head, options: ReadingOptions) -> None:
    """Several columns of numbers under names that mean nothing may be a matrix: the way out is said."""
    if not _like_a_matrix(head, options) or guess(head.names, RATING_NAMES):
        return
    message = f"no item column recognized; the columns are {listed(head.names)}."
    raise ColumnsError(message, path=str(head.location), row=1, hint=f"Name it with --item-column. {_WIDE}")


def refuse_libfm(sample: Sequence[tuple[str, ...]], location: Location) -> None:
    """Refuse the sparse feature rows of libFM and libSVM ("4 1:1 41:1") by name."""
    rows = [" ".join(row) for row in sample[:20]]
    if rows and all(_LIBFM.fullmatch(row) for row in rows):
        message = "this is libFM's (or libSVM's) form: a target and numbered features, not users and items."
        hint = "Export user, item and rating as columns of a CSV file."
        raise DataError(message, path=str(location), row=1, hint=hint)


_LIBFM = re.compile(r"[-+]?[\d.]+(\s+\d+:[-+\d.eE]+)+\s*")


def _optional(head: Head, wanted: str, usual: tuple[str, ...], what: str) -> int | None:
    if wanted == NONE or (not wanted and guess(head.names, usual) is None):
        return None
    return find_column(head.names, wanted, usual, what, head.location)


def _refuse_unknown_numbers(head: Head, roles: Roles, options: ReadingOptions) -> None:
    """A column of numbers under an uncommon name may hold the ratings: it isn't dropped in silence."""
    known = roles.positions()
    for position, name in enumerate(head.names):
        if position in known or is_other(name) or not _may_rate(head, position):
            continue
        message = f"no rating column recognized; the columns are {listed(head.names)}."
        hint = f"Name it with --rating-column; with --rating-column {NONE} every row is an interaction."
        if _like_a_matrix(head, options):
            hint = f"{hint} {_WIDE}"
        raise ColumnsError(message, path=str(head.location), row=1, hint=hint)


_ANSWERS = {"true", "false", "yes", "no", "like", "dislike"}


def _may_rate(head: Head, position: int) -> bool:
    """Numbers, or answers of yes and no, may be ratings."""
    if head.look(position) in ("integer", "decimal"):
        return True
    cells = head.cells(position)
    return bool(cells) and all(cell.casefold() in _ANSWERS for cell in cells)


def unread(names: tuple[str, ...], roles: Roles) -> tuple[str, ...]:
    """The columns of a table of interactions that are not read, so that it can be said."""
    if roles.rating is not None:
        return ()
    return tuple(name for place, name in enumerate(names) if name and place not in roles.positions())


def _placed(head: Head, options: ReadingOptions) -> Roles:
    """Without a header: user, item, then rating or time or both; any other order must be named."""
    asked = options.user_column and options.item_column and options.rating_column
    if not asked:
        _refuse_other_orders(head)
    rating = options.rating_column or _usual_rating(head)
    user = find_column(head.names, options.user_column or "1", (), "user", head.location)
    item = find_column(head.names, options.item_column or "2", (), "item", head.location)
    _refuse_baskets(head, item, options)
    return Roles(
        user,
        item,
        _at(head, rating, "rating"),
        _at(head, options.time_column or _usual_time(head, rating), "time"),
        _at(head, options.event_column, "event"),
    )


def _usual_rating(head: Head) -> str:
    """The third column, unless there is none or it can only hold times."""
    return "3" if len(head.names) > 2 and not (len(head.names) == 3 and _dated_or_timed(head, 2)) else ""


def _usual_time(head: Head, rating: str) -> str:
    """The column after the usual or the missing rating, if it looks like times."""
    place = 3 if rating == "3" else 2
    return str(place + 1) if len(head.names) == place + 1 and _timed(head, place) else ""


def _at(head: Head, wanted: str, what: str) -> int | None:
    return None if wanted in ("", NONE) else find_column(head.names, wanted, (), what, head.location)


_NAMING = "Name the columns by position with --user-column, --item-column, --rating-column and --time-column."


def _refuse_other_orders(head: Head) -> None:
    width, reason, numbers = len(head.names), "", _all_numbers(head, list(range(len(head.names))))
    if width > 4:
        reason = f"{width} columns and no header: which of them are user, item and rating"
    elif width == 4 and not _timed(head, 3):
        reason = "four columns, no header, and the fourth holds no times: what they are"
    elif width > 2 and _mostly_texts(head.cells(2)) and not _dated_or_timed(head, 2):
        reason = "no header, and the third column holds neither ratings nor times: what the columns are"
    elif width > 2 and _rates(head.cells(0)) and not _dated_or_timed(head, 2):
        reason = "no header, and the first column looks like ratings: what the others are"
    elif _counts_rows(head.cells(0)) and len(set(head.cells(1))) > 1:
        reason = "no header, and the first column counts the rows: what the others are"
    hint = f"{_NAMING} {_WIDE} {BASKETS}" if width > 3 and numbers else _NAMING
    if reason:
        raise ColumnsError(f"{reason} can't be told.", path=str(head.location), row=1, hint=hint)


_FEW_ROWS = 8


def _counts_rows(cells: list[str]) -> bool:
    first = cells[0] if cells else ""
    return (
        len(cells) >= _FEW_ROWS
        and first in ("0", "1")
        and cells == [str(number) for number in range(int(first), int(first) + len(cells))]
    )


_NO_SCALE = 100
"""The highest rating of the common scales: whole numbers that never lie below may be times of a small set."""


def _dated_or_timed(head: Head, position: int) -> bool:
    return head.look(position) in ("time", "date")


def _mostly_texts(cells: list[str]) -> bool:
    return sum(not is_number(cell.removesuffix("%")) for cell in cells) > len(cells) / 2


_HIGHEST = 10


def _rates(cells: list[str]) -> bool:
    """Small numbers in no order: ids come in some order, or are many."""
    if len(cells) < _FEW_ROWS or not all(map(is_number, cells)):
        return False
    values = [float(cell.replace(",", ".")) for cell in cells]
    return 0 <= min(values) < max(values) <= _HIGHEST and values != sorted(values)


def _timed(head: Head, position: int) -> bool:
    found = head.look(position)
    if found == "integer":
        return min(map(int, head.cells(position))) >= _NO_SCALE
    return found in ("time", "date") or not head.cells(position)


def look_of(cells: list[str]) -> str:
    """Say how cells look: integer, decimal, time (whole numbers that can only be times), date or text."""
    if not cells:
        return "text"
    if all(cell.lstrip("-").isdecimal() for cell in cells):
        return "time" if min(map(int, cells)) >= _EARLIEST else "integer"
    if all(is_number(cell) for cell in cells):
        return "decimal"
    return "date" if all(_dated(cell) for cell in cells) else "text"


def _dated(cell: str) -> bool:
    """A date holds three groups of digits at least, apart from each other."""
    groups = "".join(sign if sign.isdecimal() else " " for sign in cell).split()
    return len(groups) >= 3 and 6 <= sum(map(len, groups)) <= 24 and len(cell) <= 40
