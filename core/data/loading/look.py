"""Looks at a table before it is read: its first rows, and what its columns would be taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.contract import DataSource, Location, ReadingOptions
from core.data.fetching import fetched_file, find_named
from core.data.loading._finding import DEMO, enter_table, find_path, find_reader
from core.data.reading import (
    COUNT_NAMES,
    EVENT_NAMES,
    ITEM_NAMES,
    RATING_NAMES,
    USER_NAMES,
    Head,
    find_roles,
    guess,
    is_wide,
    wide_user,
)
from core.data.reading.text import head_of_text, roles_in_baskets, sniff
from core.data.reading.typed import is_address, open_address, open_typed, spread
from core.errors import DataError, UsageError

_TABLES = ("ratings.csv", "ratings.dat", "u.data")
_OWN_FORMS = ("netflix", "matrix-market")
_ROWS = 8


@dataclass(frozen=True)
class Look:
    """A table before it is read: `names` of its columns (their positions, where it has no `header`) and its
    first `rows` as texts. `roles` gives the position (from 0) of the column that would be read as user, item,
    rating, time or event. `layout` says whether a row is one rating (long), a user of a matrix whose columns
    are items (wide), or a user and all their items (baskets). `problem` and `hint` say why it can't be read
    so; empty where it can.
    """

    names: tuple[str, ...]
    header: bool
    rows: tuple[tuple[str, ...], ...]
    roles: Mapping[str, int]
    layout: str = "long"
    problem: str = ""
    hint: str = ""


def look(
    source: str, reading: Mapping[str, object] | None = None, sources: Sequence[DataSource] = ()
) -> Look:
    """Look at the first rows of a file, folder, archive or database as `load_ratings` would read it.

    Raises SeveralTablesError where one of several must be named, UsageError for a source whose columns are
    known, and DataError for one that can't be read at all.
    """
    options = ReadingOptions.parse(reading or {})
    head, rows, options, baskets = _opened(source, options, sources)
    cut = tuple(rows[:_ROWS])
    if baskets is not None:
        return Look(head.names, head.header, cut, baskets, layout="baskets")
    if is_wide(head, options):
        user = wide_user(head, options)
        return Look(head.names, head.header, cut, {} if user is None else {"user": user}, layout="wide")
    try:
        found = find_roles(head, options)
    except DataError as error:
        return Look(head.names, head.header, cut, _likely(head), problem=error.message, hint=error.hint)
    places = {"user": found.user, "item": found.item, "rating": found.rating, "time": found.time}
    every = {**places, "event": found.event}
    return Look(
        head.names, head.header, cut, {role: place for role, place in every.items() if place is not None}
    )


class _Opened(NamedTuple):
    """What is known of a table, its first rows, the options with the columns that its lists tell, and the
    roles of the cells where it is text to be read as baskets."""

    head: Head
    rows: list[tuple[str, ...]]
    options: ReadingOptions
    baskets: Mapping[str, int] | None = None


def _opened(source: str, options: ReadingOptions, sources: Sequence[DataSource]) -> _Opened:
    opened = open_address(source, options) if is_address(source) else None
    if opened is None:
        location = _location(source, options, sources)
        opened = open_typed(location, options)
    if opened is not None:
        opened, options = spread(opened, options)
        return _Opened(opened.head, opened.first_texts(), options)
    dialect = sniff(location, options)
    head = head_of_text(location, dialect)
    baskets = roles_in_baskets(location, dialect, head, options) if options.layout == "baskets" else None
    return _Opened(head, list(dialect.sample), options, baskets)


def _location(source: str, options: ReadingOptions, sources: Sequence[DataSource]) -> Location:
    """The file (or folder of parts) whose columns are looked at."""
    if source == DEMO:
        raise _known(source)
    named = find_named(source, sources)
    path = find_path(source, sources) if named is None else fetched_file(named)
    if not path.exists():  # a pattern: its first file stands for all
        anchor = Path(path.anchor) if path.is_absolute() else Path()
        path = min(anchor.glob(str(path.relative_to(anchor))), default=path)
    place, _ = enter_table(path, options, sources)
    reader = find_reader(place, options, sources)
    if reader.name in _OWN_FORMS or type(reader).__module__.partition(".")[0] != "core":
        raise _known(source)
    if not place.is_file():
        tables = [place.joinpath(name) for name in _TABLES]
        place = next((table for table in tables if table.is_file()), place)
    return place


def _known(source: str) -> UsageError:
    return UsageError(f"The columns of {source} are known.", hint="There is nothing to choose.")


def _likely(head: Head) -> dict[str, int]:
    """What names alone tell of the columns, where the table leaves open what they are."""
    roles: dict[str, int] = {}
    if not head.header:
        return roles
    usual = (
        ("user", USER_NAMES),
        ("item", ITEM_NAMES),
        ("rating", (*RATING_NAMES, *COUNT_NAMES)),
        ("event", EVENT_NAMES),
    )
    for role, words in usual:
        name = guess(head.names, words)
        place = None if name is None else head.names.index(name)
        if place is not None and place not in roles.values():
            roles[role] = place
    return roles
