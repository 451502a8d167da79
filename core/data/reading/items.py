"""Reads titles, genres and years of items, and aligns them with an item vocabulary."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from core.contract.data import Location, RawItems
from core.contract.reading_options import ReadingOptions
from core.data.ratings import ItemTable, Repair, Vocabulary
from core.data.reading.columns import GENRE_NAMES, ITEM_NAMES, TITLE_NAMES, YEAR_NAMES, find_column, guess
from core.data.reading.dialect import Dialect, sniff
from core.data.reading.locating import rows

_YEAR_IN_TITLE = re.compile(r"\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*\"?\s*$")
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_NO_GENRES = {"(no genres listed)", "unknown", ""}


def read_items(location: Location, options: ReadingOptions) -> tuple[RawItems, tuple[Repair, ...]]:
    """Read a text table of items: ids, and titles, genres and years where there are such columns."""
    dialect = sniff(location, ReadingOptions(encoding=options.items_encoding))
    items = _columns(location, dialect, options)
    if not options.items_encoding and any("\ufffd" in title for title in items.titles):
        dialect = dataclasses.replace(dialect, encoding="latin-1", guessed_encoding=True)
        items = _columns(location, dialect, options)
    repairs: tuple[Repair, ...] = ()
    if dialect.guessed_encoding:
        message = f"{location.name} is not UTF-8: read as {dialect.encoding}"
        repairs = (Repair("encoding", 1, message),)
    return items, repairs


def _columns(location: Location, dialect: Dialect, options: ReadingOptions) -> RawItems:
    names = dialect.names
    usual = (*ITEM_NAMES, "id") if dialect.header else ()
    wanted = options.items_id_column or ("" if dialect.header else "1")
    if not wanted and options.item_column in names:
        wanted = options.item_column
    identifier = find_column(names, wanted, usual, "items_id", location)
    title = _optional(
        names, options.title_column or ("" if dialect.header else "2"), TITLE_NAMES, "title", location
    )
    genre = _optional(
        names, options.genres_column or ("" if dialect.header else "3"), GENRE_NAMES, "genres", location
    )
    year = _optional(names, options.year_column, YEAR_NAMES, "year", location)
    table = [row.values for row in rows(location, dialect)]
    titles = _cells(table, title)
    written = _cells(table, year) if year is not None else [""] * len(table)
    return RawItems(
        ids=_cells(table, identifier),
        titles=titles,
        genres=split_genres(_cells(table, genre)),
        years=[_year(text, name) for text, name in zip(written, titles, strict=True)],
    )


def _optional(
    names: tuple[str, ...], wanted: str, usual: tuple[str, ...], what: str, location: Location
) -> int | None:
    if not wanted and guess(names, usual) is None:
        return None
    if wanted.isdecimal() and wanted not in names:
        return None
    return find_column(names, wanted, usual, what, location)


def _cells(table: Sequence[tuple[str, ...]], position: int | None) -> list[str]:
    """One column; a row that is too short has an empty cell there, for a title is no reason to stop."""
    if position is None:
        return [""] * len(table)
    return [row[position].strip() if position < len(row) else "" for row in table]


def split_genres(cells: Sequence[str]) -> list[tuple[str, ...]]:
    """Split genres at the first of | ; , that the column uses."""
    separator = next((mark for mark in "|;," if any(mark in cell for cell in cells)), "|")
    return [
        tuple(name for part in cell.split(separator) if (name := part.strip()) not in _NO_GENRES)
        for cell in cells
    ]


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
