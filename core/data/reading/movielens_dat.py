"""Reads MovieLens 1M and 10M: ratings.dat beside movies.dat and tags.dat, separated by "::"."""

from __future__ import annotations

import dataclasses
from typing import Any

from core.contract.data import Location, RawTable, Reader
from core.contract.reading_options import ReadingOptions
from core.data.reading.columns import NONE
from core.data.reading.items import read_items
from core.data.reading.tags import with_tags
from core.data.reading.text import items_location, read_text, with_items


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
        form = dataclasses.replace(
            options, separator=options.separator or "colons", header=options.header or "no"
        )
        table = read_text(ratings, form)
        if options.items == NONE:
            return table
        folder: Any = ratings.parent
        form = ReadingOptions(separator="colons", header="no")
        table = with_tags(table, folder.joinpath("tags.dat"), form)
        items = items_location(options) or folder.joinpath("movies.dat")
        return with_items(table, *read_items(items, options), items) if items.is_file() else table
