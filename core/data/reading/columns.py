"""Finds the columns of users, items, ratings and times by their usual names."""

from __future__ import annotations

import re

from core.contract import Location
from core.errors import ColumnsError, DataError
from core.options import suggest

USER_NAMES = (
    "userid", "user", "uid", "reviewerid", "reviewer", "viewerid", "viewer", "customerid", "customer",
    "custid",
    "memberid", "member", "accountid", "account", "visitorid", "username", "profileid", "profilename",
    "readerid", "listenerid", "authorid", "author", "usersha1", "sessionid", "session", "email", "nickname",
    "personid", "person", "clientid", "client", "buyerid", "buyer", "playerid", "player", "kunde", "kundeid",
    "kundennummer", "benutzer", "benutzerid", "nutzer", "nutzerid", "utilisateur", "usuario", "usuarioid",
    "utente", "cliente", "gebruiker", "пользователь", "用户", "用户id", "ユーザー", "ユーザーid",
)  # fmt: skip
ITEM_NAMES = (
    "movieid", "itemid", "item", "iid", "asin", "parentasin", "isbn", "productid", "product", "bookid",
    "book", "filmid", "film", "movie", "animeid", "gameid", "game", "songid", "song", "trackid", "track",
    "artistid", "artist", "businessid", "business", "recipeid", "recipe", "jokeid", "joke", "restaurantid",
    "restaurant", "placeid", "contentid", "articleid", "showid", "appid", "beerid", "hotelid", "venueid",
    "venue", "sku", "stockcode", "albumid", "album", "courseid", "course", "newsid", "postid", "videoid",
    "artikel", "artikelnummer", "produkt", "produktid", "buch", "article", "produit", "livre", "articulo",
    "producto", "pelicula", "prodotto", "libro", "produto", "filme", "фильм", "книга", "товар",
    "电影", "电影id", "商品", "商品id", "书籍", "物品", "映画", "映画id", "movietitle", "itemname",
    "gamename", "productname", "booktitle", "itemtitle", "title",
)  # fmt: skip
RATING_NAMES = (
    "rating", "ratings", "score", "stars", "star", "overall", "bookrating", "reviewrating", "reviewscore",
    "reviewoverall", "userrating", "starrating", "ratingvalue", "value", "grade", "mark", "preference",
    "points", "liked", "like", "recommended",
    "feedback", "vote", "rate", "bewertung", "note", "sterne", "punkte", "valoracion", "puntuacion",
    "valutazione", "voto", "avaliacao", "nota", "оценка", "рейтинг", "评分", "评级", "評価",
)  # fmt: skip
COUNT_NAMES = (
    "count", "counts", "plays", "playcount", "listens", "listencount", "clicks", "views", "purchases",
    "quantity", "qty", "hours", "hoursplayed", "weight", "interactions", "frequency", "anzahl", "menge",
)  # fmt: skip
EVENT_NAMES = (
    "event", "eventtype", "eventname", "action", "actiontype", "interaction", "interactiontype", "behavior",
    "behaviortype", "behaviour", "behaviourtype", "activity", "activitytype",
)  # fmt: skip
TIME_NAMES = (
    "timestamp", "time", "date", "datetime", "unixreviewtime", "reviewtime", "ratedat", "createdat",
    "ratingdate", "ratingtimestamp", "reviewdate", "ts", "eventtime", "orderdate", "invoicedate", "datum",
    "zeit", "zeitpunkt", "fecha", "дата", "时间", "日期", "日時",
)  # fmt: skip
TITLE_NAMES = (
    "title", "name", "movietitle", "itemname", "booktitle", "producttitle", "itemtitle", "productname",
    "filmtitle", "gametitle", "gamename", "songtitle", "trackname", "artistname", "originaltitle", "titel",
    "bezeichnung", "titre", "titulo", "titolo", "название", "标题", "名称", "タイトル",
)  # fmt: skip
ITEM_WORDS = (
    "movies", "items", "books", "films", "games", "products", "songs", "tracks", "artists", "anime", "animes",
    "titles", "recipes", "beers", "metadata",
)  # fmt: skip
"""How the name of a table of items ends."""
GENRE_NAMES = ("genres", "genre", "categories", "category", "maincategory", "tags", "tag")
TAG_NAMES = ("tag", "tags", "keyword", "label")
YEAR_NAMES = ("year", "releaseyear", "yearofpublication", "releasedate", "publicationyear")

_OTHER_NAMES = {
    "", "index", "row", "rownumber", "unnamed", "price", "unitprice", "amount", "total", "revenue", "cost",
    "age", "zip", "zipcode", "postcode", "latitude", "longitude", "lat", "lon", "lng", "duration", "length",
    "helpful", "helpfulvotes", "votes", "upvotes", "downvotes", "likes", "page", "pages", "position",
}  # fmt: skip
"""Columns of numbers that are neither ratings nor counts of what somebody did."""

NONE = "none"
BASKETS = "If a row holds a user and all their items, say --layout baskets."
MISSING = (
    "", "NA", "N/A", "n/a", "NaN", "nan", "-nan", "<NA>", "NULL", "null", "None", "none", "#N/A", "\\N",
    "-", "--", "?", ".",
)  # fmt: skip
"""How an empty cell of numbers or times may be written; in a column of ids these are ids."""


_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")
_RECBOLE = re.compile(r":(token|float|token_seq|float_seq)$")
_SIGNS = re.compile(r"[\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_number(text: str) -> bool:
    """Say whether a field is written as a number."""
    return _NUMBER.fullmatch(text) is not None


def plain(name: str) -> str:
    """Reduce a column name to its letters and digits in lower case: "User-ID" is "userid"."""
    return _SIGNS.sub("", _without_accents(_RECBOLE.sub("", name)).casefold())


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    import unicodedata

    apart = unicodedata.normalize("NFKD", text)
    kept = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFC", kept)


def is_usual(name: str) -> bool:
    """Say whether a cell is a usual name of a column."""
    return plain(name) in _USUAL


_USUAL = {
    *USER_NAMES, *ITEM_NAMES, *RATING_NAMES, *COUNT_NAMES, *EVENT_NAMES, *TIME_NAMES, *TITLE_NAMES,
    *GENRE_NAMES, *YEAR_NAMES, "id",
}  # fmt: skip


def guess(names: tuple[str, ...], usual: tuple[str, ...]) -> str | None:
    """Find the first column with a usual name, the more usual name first, else one that ends with one."""
    by_plain = {plain(name): name for name in reversed(names)}
    whole = next((by_plain[word] for word in usual if word in by_plain), None)
    return whole or _ending(names, usual)


def _ending(names: tuple[str, ...], usual: tuple[str, ...]) -> str | None:
    """A name whose last words are a usual name, as in review_profilename; only where no other is like it."""
    found = [name for name in names if any(end in usual for end in _endings(name))]
    return found[0] if len(found) == 1 else None


def _endings(name: str) -> list[str]:
    words = [word for word in _SIGNS.split(_CAMEL.sub(" ", _RECBOLE.sub("", name))) if word]
    return [plain("".join(words[place:])) for place in range(1, len(words))]


def is_other(name: str) -> bool:
    """Say whether a column of numbers is known to hold no ratings: an id, a year, a price, a row number."""
    word = plain(name)
    known = {*TIME_NAMES, *YEAR_NAMES, *TITLE_NAMES, *GENRE_NAMES, *_OTHER_NAMES}
    return word in known or word.endswith("id") or word.startswith("unnamed")


_MEASURED = ("hours", "hoursplayed", "weight")


def is_counted(name: str) -> bool:
    """Say whether a column is named like one of counts, which have no parts: hours and weights have."""
    return plain(name) in COUNT_NAMES and plain(name) not in _MEASURED


def is_title(name: str) -> bool:
    """Say whether a column is named like one of titles, beyond any doubt."""
    return plain(name) in _SURE_TITLES


_SURE_TITLES = {word for word in TITLE_NAMES if word != "name"}


def listed(names: tuple[str, ...]) -> str:
    """Name the columns that there are, for an error message."""
    return ", ".join(repr(name) for name in names[:20]) + (", …" if len(names) > 20 else "")


def find_column(
    names: tuple[str, ...], wanted: str, usual: tuple[str, ...], what: str, location: Location
) -> int:
    """Give the position (from 0) of a column asked for by name or position, or guessed.

    Raises DataError that names the columns there are.
    """
    name = wanted or guess(names, usual)
    if name is not None and names.count(name) > 1:
        raise _named_twice(names, name, what, location)
    if name in names:
        return names.index(name)
    lower = [other.lower() for other in names]
    if name and name.lower() in lower:
        return lower.index(name.lower())
    if name and name.isdecimal() and 1 <= int(name) <= len(names):
        return int(name) - 1
    raise _missing_column(names, wanted, what, location)


def _named_twice(names: tuple[str, ...], name: str, what: str, location: Location) -> DataError:
    """The error for a name that two columns have, with the positions that tell them apart."""
    places = [str(place) for place, other in enumerate(names, 1) if other == name]
    flag = f"--{what.replace('_', '-')}-column"
    message = f"{len(places)} columns are named {name!r}."
    hint = f"Name one by its position: {flag} {f' or {flag} '.join(places)}."
    return ColumnsError(message, path=str(location), row=1, hint=hint)


def _missing_column(names: tuple[str, ...], wanted: str, what: str, location: Location) -> DataError:
    """The error for a column that isn't there, with those that are."""
    near = suggest(wanted, names) if wanted else ""
    hint = near if near.startswith("Did") else f"Name one with --{what.replace('_', '-')}-column."
    if not wanted and not any(map(is_usual, names)):
        hint = f"{hint} If the first line is a row, say --header no; lines before the table: --skip-lines."
    if what in ("user", "item") and not wanted:
        hint = f"{hint} {BASKETS}"
    asked = f"no column {wanted!r} for the {what}" if wanted else f"no {what} column recognized"
    return ColumnsError(f"{asked}; the columns are {listed(names)}.", path=str(location), row=1, hint=hint)
