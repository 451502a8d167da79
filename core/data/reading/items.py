"""Reads titles, genres and years of items, and aligns them with an item vocabulary."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.contract import ItemTable, Location, RawItems, RawTable, ReadingOptions, Repair
from core.data import Vocabulary
from core.data.reading._genres import genres_of
from core.data.reading.columns import (
    GENRE_NAMES,
    ITEM_NAMES,
    NONE,
    TITLE_NAMES,
    YEAR_NAMES,
    find_column,
    guess,
    listed,
    plain,
)
from core.data.reading.identifiers import as_written, distinct_ids
from core.data.reading.location import check_location
from core.data.reading.text import Dialect, rows, settled_quotes, single_byte, sniff
from core.data.reading.typed import TypedSource, open_address, open_typed
from core.errors import DataError
from core.files import expanded

_YEAR_IN_TITLE = re.compile(r"\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*\"?\s*$")
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")

Row = tuple[str, ...]


def items_location(options: ReadingOptions) -> Location | None:
    """The items table asked for, if any; raises DataError if it isn't there."""
    if options.items in ("", NONE):
        return None
    items = expanded(options.items)
    check_location(items)
    return items


def with_items(table: RawTable, location: Location | str, options: ReadingOptions) -> RawTable:
    """Add the titles, genres and years of an items table (a file's, or a server's address) to the ratings.

    The column of ids is the one asked for, else the one that knows most of the rated items.
    Raises DataError where a column can't be told.
    """
    cells, notes = _cells_of(location, options)
    rated = distinct_ids(table.items)
    place = _id_column(cells, table, rated, options)
    items, said = _items(cells, place, options)
    found = {**table.found, "items_id_column": cells.names[place]}
    files = (*table.files, location) if isinstance(location, Path) else table.files
    repairs = (*table.repairs, *notes, *said)
    return dataclasses.replace(table, item_table=items, found=found, files=files, repairs=repairs)


@dataclass(frozen=True)
class _Cells:
    """An items table as texts: its columns' names (positions, without a header) and its rows."""

    location: Location
    names: Row
    header: bool
    rows: Sequence[Row]

    def column(self, place: int | None) -> list[str]:
        """One column; a row that is too short has an empty cell there: a title is no reason to stop."""
        if place is None:
            return [""] * len(self.rows)
        return [row[place].strip() if place < len(row) else "" for row in self.rows]


def _cells_of(location: Location | str, options: ReadingOptions) -> tuple[_Cells, tuple[Repair, ...]]:
    wanted = ReadingOptions(table=options.items_table)
    if isinstance(location, str):
        return _typed_cells(open_address(location, wanted)), ()
    typed = open_typed(location, wanted)
    if typed is not None:
        return _typed_cells(typed), ()
    form = ReadingOptions(encoding=options.items_encoding, separator=options.items_separator)
    dialect = sniff(location, form)
    dialect = settled_quotes(location, dialect, "--items none reads without titles.")
    cells = _read(location, dialect)
    if not options.items_encoding and any("\ufffd" in cell for row in cells.rows for cell in row):
        dialect = dataclasses.replace(dialect, encoding=single_byte(location), guessed_encoding=True)
        cells = _read(location, dialect)
    quotes = tuple(note for note in dialect.notes if note.kind == "quotes")
    if not dialect.guessed_encoding:
        return cells, quotes
    message = f"{location.name} is not UTF-8: read as {dialect.encoding}"
    return cells, (*quotes, Repair("encoding", 1, message))


def _typed_cells(source: TypedSource) -> _Cells:
    return _Cells(source.location, source.names, source.header, source.texts())


def _read(location: Location, dialect: Dialect) -> _Cells:
    table = [row.values for row in rows(location, dialect)]
    return _Cells(location, dialect.names, dialect.header == "yes", table)


_ENOUGH = 2000
"""Rows by which the column of ids is chosen."""


def _id_column(cells: _Cells, table: RawTable, rated: set[str], options: ReadingOptions) -> int:
    """The column asked for, the ratings' own item column, or the one whose ids are rated most."""
    names, location = cells.names, cells.location
    if options.items_id_column or not cells.header:
        return find_column(names, options.items_id_column or "1", (), "items_id", location)
    own = str(table.found.get("item_column", ""))
    candidates = [place for place, name in enumerate(names) if name == own or _may_identify(name)]
    hits = {place: _hits(cells, place, rated) for place in candidates}
    if hits and max(hits.values()):
        return max(hits, key=lambda place: (hits[place], names[place] == own, -place))
    other = {place: _hits(cells, place, rated) for place in range(len(names)) if place not in hits}
    if other and max(other.values()):
        return max(other, key=lambda place: (other[place], -place))
    if own in names:
        return names.index(own)
    return find_column(names, "", (*ITEM_NAMES, "id"), "items_id", location)


def _may_identify(name: str) -> bool:
    word = plain(name)
    return word in ITEM_NAMES or word.endswith("id") or word in ("isbn13", "code", "key")


def _hits(cells: _Cells, place: int, rated: set[str]) -> int:
    ids = (row[place] for row in cells.rows[:_ENOUGH] if place < len(row))
    return sum(as_written(name) in rated for name in ids)


def _items(cells: _Cells, place: int, options: ReadingOptions) -> tuple[RawItems, tuple[Repair, ...]]:
    names, location = cells.names, cells.location
    title = _title_column(cells, place, options)
    genre, said = _genre_column(cells, (place, title), options)
    year = _optional(cells, options.year_column, YEAR_NAMES, "year", "")
    titles = cells.column(title)
    written = cells.column(year) if year is not None else [""] * len(cells.rows)
    genres, notes = genres_of(cells.column(genre), names[genre] if genre is not None else "")
    items = RawItems(
        ids=[as_written(name) for name in cells.column(place)],
        titles=titles,
        genres=genres,
        years=[_year(text, name) for text, name in zip(written, titles, strict=True)],
    )
    del location
    return items, (*said, *notes)


def _title_column(cells: _Cells, place: int, options: ReadingOptions) -> int | None:
    """The column of titles; raises DataError that names the columns where none is recognized."""
    found = _optional(cells, options.title_column, TITLE_NAMES, "title", "2")
    if found is not None or not cells.header or options.title_column == NONE:
        return found
    if len(cells.names) == 2:
        return 1 - place
    if place in range(len(cells.names)) and plain(cells.names[place]) in TITLE_NAMES:
        return place
    message = f"no title column recognized; the columns are {listed(cells.names)}."
    hint = f"Name one with --title-column ({NONE} for no titles)."
    raise DataError(message, path=str(cells.location), row=1, hint=hint)


def _genre_column(
    cells: _Cells, taken: tuple[int | None, ...], options: ReadingOptions
) -> tuple[int | None, tuple[Repair, ...]]:
    found = _optional(cells, options.genres_column, GENRE_NAMES, "genres", "3")
    return (None, ()) if found in taken or options.genres_column == NONE else (found, ())


def _optional(cells: _Cells, wanted: str, usual: tuple[str, ...], what: str, place: str) -> int | None:
    """A column asked for, guessed by name or, without a header, at its usual place if there is one."""
    if wanted == NONE:
        return None
    if not wanted and not cells.header:
        return int(place) - 1 if place and int(place) <= len(cells.names) else None
    if not wanted and guess(cells.names, usual) is None:
        return None
    return find_column(cells.names, wanted, usual, what, cells.location)


def year_of_title(title: str) -> int:
    """The year at the end of "Matrix, The (1999)"; 0 where there is none."""
    found = _YEAR_IN_TITLE.search(title)
    return int(found.group(1)) if found else 0


def _year(text: str, title: str) -> int:
    found = _YEAR.search(text)
    return int(found.group(1)) if found else year_of_title(title)


def align(raw: RawItems | None, vocabulary: Vocabulary) -> tuple[ItemTable, int]:
    """Order what is known by the vocabulary; an item without a title gets its id. Count the unknown items."""
    place = {} if raw is None else {identifier: row for row, identifier in enumerate(raw.ids)}
    ids = [str(identifier) for identifier in vocabulary.ids.tolist()]
    at = [place.get(identifier) for identifier in ids]
    if raw is None:
        return ItemTable(tuple(ids), ((),) * len(ids), np.zeros(len(ids), dtype=np.int32)), len(ids)
    titles = tuple(
        (raw.titles[row] if row is not None else "") or identifier
        for row, identifier in zip(at, ids, strict=True)
    )
    genres = tuple(() if row is None else raw.genres[row] for row in at)
    years = np.array([0 if row is None else raw.years[row] for row in at], dtype=np.int32)
    return ItemTable(titles, genres, years), at.count(None)
