"""Reads MovieLens in all its forms: 100K with its folds, 1M and 10M, and the folders since 2013."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from core.contract import Location, RawItems, RawTable, Reader, ReadingOptions
from core.data.reading import NONE, items_location, with_items, with_tags, year_of_title
from core.data.reading.text._dialect import sniff
from core.data.reading.text._locating import rows
from core.data.reading.text._reader import read_text

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_TABLE = re.compile(r"u\.data|u[a-z0-9]\.(base|test)")
_FIRST_FLAG = 5


def _without_header(options: ReadingOptions, separator: str) -> ReadingOptions:
    """The form that these tables are known to have, where nothing else was asked for."""
    known: dict[str, Any] = {
        "separator": separator,
        "header": "no",
        "user_column": "1",
        "item_column": "2",
        "rating_column": "3",
        "time_column": "4",
    }
    given = {name: getattr(options, name) or value for name, value in known.items()}
    return dataclasses.replace(options, **given)


class MovieLens100K(Reader):
    """A folder with u.data, or one of its tables (u.data, u1.base, u1.test …)."""

    name = "movielens-100k"
    description = "Folder of u.data and u.item (ml-100k), or one of its official folds."

    def recognizes(self, location: Location) -> bool:
        """A folder that holds u.data, or a table of that family."""
        if location.is_dir():
            return location.joinpath("u.data").is_file()
        return _TABLE.fullmatch(location.name) is not None

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the ratings and the titles beside them."""
        ratings = location.joinpath("u.data") if location.is_dir() else location
        form = _without_header(options, "tab")
        table = read_text(ratings, form)
        asked = items_location(options)
        if asked is not None:
            return with_items(table, asked, options)
        folder: Any = ratings.parent
        items = folder.joinpath("u.item")
        if options.items == NONE or not items.is_file():
            return table
        files = (*table.files, items) if isinstance(items, Path) else table.files
        return dataclasses.replace(table, item_table=_read_items(items), files=files)


def _read_items(location: Location) -> RawItems:
    options = ReadingOptions(separator="pipe", header="no", encoding="latin-1")
    dialect = dataclasses.replace(sniff(location, options), quote="")
    table = [row.values for row in rows(location, dialect)]
    titles = [row[1].strip() if len(row) > 1 else "" for row in table]
    return RawItems(
        [row[0] for row in table], titles, [_genres(row) for row in table], [*map(year_of_title, titles)]
    )


def _genres(row: tuple[str, ...]) -> tuple[str, ...]:
    flags = zip(GENRES[1:], row[_FIRST_FLAG + 1 :], strict=False)
    return tuple(genre for genre, flag in flags if flag.strip() == "1")


_ITEM_FILES = ("movies.csv", "items.csv", "books.csv")


class MovieLensFolder(Reader):
    """A folder with ratings.csv and, beside it, movies.csv (or items.csv, books.csv)."""

    name = "movielens-csv"
    description = "Folder of ratings.csv and movies.csv (ml-latest, ml-latest-small, 20M, 25M, 32M)."

    def recognizes(self, location: Location) -> bool:
        """A folder that holds ratings.csv, or that file itself with an items file beside it."""
        if location.is_dir():
            return location.joinpath("ratings.csv").is_file()
        return location.name == "ratings.csv" and _beside(location) is not None

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the ratings and, unless `items` is "none", the tags and the titles beside them."""
        ratings = location.joinpath("ratings.csv") if location.is_dir() else location
        table = read_text(ratings, options)
        if options.items == NONE:
            return table
        folder: Any = ratings.parent
        table = with_tags(table, folder.joinpath("tags.csv"), ReadingOptions())
        items = items_location(options) or _beside(ratings)
        return table if items is None else with_items(table, items, options)


def _beside(ratings: Location) -> Location | None:
    folder: Any = ratings.parent
    candidates = (folder.joinpath(name) for name in _ITEM_FILES)
    found: Location | None = next((items for items in candidates if items.is_file()), None)
    return found


class MovieLensDat(Reader):
    """A folder with ratings.dat, or that file itself."""

    name = "movielens-dat"
    description = "Folder of ratings.dat and movies.dat, separated by '::' (ml-1m, ml-10m)."

    def recognizes(self, location: Location) -> bool:
        """A folder that holds ratings.dat, or that file."""
        return (
            location.joinpath("ratings.dat").is_file()
            if location.is_dir()
            else location.name == "ratings.dat"
        )

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the ratings and the titles and tags beside them."""
        ratings = location.joinpath("ratings.dat") if location.is_dir() else location
        form = _without_header(options, "colons")
        table = read_text(ratings, form)
        if options.items == NONE:
            return table
        folder: Any = ratings.parent
        form = ReadingOptions(separator="colons", header="no")
        table = with_tags(table, folder.joinpath("tags.dat"), form)
        items = items_location(options) or folder.joinpath("movies.dat")
        return with_items(table, items, options) if items.is_file() else table
