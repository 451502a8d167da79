"""Reads the folders in which MovieLens has come since 2013: ratings.csv beside movies.csv and tags.csv."""

from __future__ import annotations

from typing import Any

from core.contract.data import Location, RawTable, Reader
from core.contract.reading_options import ReadingOptions
from core.data.reading.columns import NONE
from core.data.reading.items import read_items
from core.data.reading.tags import with_tags
from core.data.reading.text import items_location, read_text, with_items

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
        return table if items is None else with_items(table, *read_items(items, options), items)


def _beside(ratings: Location) -> Location | None:
    folder: Any = ratings.parent
    candidates = (folder.joinpath(name) for name in _ITEM_FILES)
    found: Location | None = next((items for items in candidates if items.is_file()), None)
    return found
