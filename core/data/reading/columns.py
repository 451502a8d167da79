"""Finds the columns of users, items, ratings and times by their usual names."""

from __future__ import annotations

import re

from core.contract import Location
from core.errors import DataError
from core.options import suggest

USER_NAMES = (
    "userid", "user", "uid", "reviewerid", "reviewer", "viewerid", "viewer", "customerid", "customer",
    "memberid", "member", "accountid", "account", "visitorid", "username", "profileid", "profilename",
    "readerid", "listenerid", "authorid", "author", "usersha1",
)  # fmt: skip
ITEM_NAMES = (
    "movieid", "itemid", "item", "iid", "asin", "parentasin", "isbn", "productid", "product", "bookid",
    "book", "filmid", "film", "movie", "animeid", "gameid", "game", "songid", "song", "trackid", "track",
    "artistid", "artist", "businessid", "business", "recipeid", "recipe", "jokeid", "joke", "restaurantid",
    "placeid", "contentid", "articleid", "showid", "appid", "beerid", "hotelid",
)  # fmt: skip
RATING_NAMES = (
    "rating", "ratings", "score", "stars", "star", "overall", "bookrating", "reviewrating", "reviewscore",
    "reviewoverall", "userrating", "starrating", "value", "grade", "mark", "preference", "points",
)  # fmt: skip
COUNT_NAMES = (
    "count", "counts", "plays", "playcount", "listens", "listencount", "clicks", "views", "purchases",
    "quantity", "hours", "hoursplayed", "weight", "interactions", "frequency",
)  # fmt: skip
TIME_NAMES = (
    "timestamp", "time", "date", "datetime", "unixreviewtime", "reviewtime", "ratedat", "createdat",
    "ratingdate", "ratingtimestamp", "reviewdate", "ts",
)  # fmt: skip
TITLE_NAMES = (
    "title",
    "name",
    "movietitle",
    "itemname",
    "booktitle",
    "producttitle",
    "itemtitle",
    "productname",
)
GENRE_NAMES = ("genres", "genre", "categories", "category", "maincategory", "tags", "tag")
TAG_NAMES = ("tag", "tags", "keyword", "label")
YEAR_NAMES = ("year", "releaseyear", "yearofpublication", "releasedate", "publicationyear")

NONE = "none"
MISSING = ("", "NA", "N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "none", "#N/A")
"""How an empty cell of numbers or times may be written; in a column of ids these are ids."""


def plain(name: str) -> str:
    """Reduce a column name to its letters and digits in lower case: "User-ID" is "userid"."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def guess(names: tuple[str, ...], usual: tuple[str, ...]) -> str | None:
    """Find the first column with a usual name, the more usual name first."""
    by_plain = {plain(name): name for name in reversed(names)}
    return next((by_plain[word] for word in usual if word in by_plain), None)


def find_column(
    names: tuple[str, ...], wanted: str, usual: tuple[str, ...], what: str, location: Location
) -> int:
    """Give the position (from 0) of a column asked for by name or position, or guessed.

    Raises DataError that names the columns there are.
    """
    name = wanted or guess(names, usual)
    if name in names:
        return names.index(name)
    lower = [other.lower() for other in names]
    if name and name.lower() in lower:
        return lower.index(name.lower())
    if name and name.isdecimal() and 1 <= int(name) <= len(names):
        return int(name) - 1
    raise _missing_column(names, wanted, what, location)


def _missing_column(names: tuple[str, ...], wanted: str, what: str, location: Location) -> DataError:
    """The error for a column that isn't there, with those that are."""
    listed = ", ".join(repr(name) for name in names[:20]) + (", …" if len(names) > 20 else "")
    near = suggest(wanted, names) if wanted else ""
    hint = near if near.startswith("Did") else f"Name one with --{what}-column."
    asked = f"no column {wanted!r} for the {what}" if wanted else f"no {what} column recognized"
    return DataError(f"{asked}; the columns are {listed}.", path=str(location), row=1, hint=hint)
