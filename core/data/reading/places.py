"""Finds the table in a folder or archive: the one named, or the one that holds ratings; and its titles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contract import Location, ReadingOptions
from core.data.reading.columns import (
    COUNT_NAMES,
    EVENT_NAMES,
    ITEM_NAMES,
    ITEM_WORDS,
    RATING_NAMES,
    USER_NAMES,
    guess,
    plain,
)
from core.data.reading.location import listing, reading_errors
from core.data.reading.text import sniff
from core.data.reading.typed import open_typed
from core.errors import DataError, SeveralTablesError
from core.options import suggest

_MOST = 200
"""Files of a folder that are looked at."""


def find_table(place: Location, options: ReadingOptions) -> tuple[Location, Location | None]:
    """The table of a folder that no reader knows, and the items table beside it, if there is one.

    It is the member that `--member` names, the only file, or the only one with users, items and ratings
    among its columns. Raises DataError that names the files where it can't be told.
    """
    files = _files(place)
    if options.member:
        return _member(place, files, options.member), _items(files)
    files = {name: file for name, file in files.items() if _is_table(file)}
    if not files:
        inside = listing(place)
        message = f"no ratings found in it; it holds {inside}." if inside else "no ratings found in it."
        hint = "Expected is a file of ratings or a folder with ratings.csv, u.data or ratings.dat."
        raise DataError(message, path=str(place), hint=hint)
    if len(files) == 1:
        return next(iter(files.values())), None
    fitting: list[str] = []
    for wanted in ((USER_NAMES, ITEM_NAMES, _VALUES), (USER_NAMES, ITEM_NAMES)):
        fitting = [name for name, file in files.items() if _fits(file, wanted)]
        if len(fitting) == 1:
            return files[fitting[0]], _items({name: one for name, one in files.items() if name != fitting[0]})
        if fitting:
            break
    listed = ", ".join(list(files)[:10]) + (", …" if len(files) > 10 else "")
    message = f"which table holds the ratings can't be told; it holds {listed}."
    raise SeveralTablesError(
        message, path=str(place), option="member", choices=tuple(files), hint=_naming(place, fitting)
    )


def _naming(place: Location, fitting: list[str]) -> str:
    """What to do about several tables: name one or, where they may be parts of one, a pattern."""
    endings = {name.rpartition(".")[2] for name in fitting}
    if len(fitting) < 2 or len(endings) > 1 or not isinstance(place, Path):
        return "Name one with --member."
    return f"Name one with --member; all of them together are '{place}/*.{endings.pop()}'."


_VALUES = (*RATING_NAMES, *COUNT_NAMES, *EVENT_NAMES)


def _files(place: Location, before: str = "") -> dict[str, Location]:
    """The files in a folder and its folders, by their path inside; readmes and hidden ones are no data."""
    found: dict[str, Location] = {}
    with reading_errors(place):
        entries: list[Any] = sorted(place.iterdir(), key=lambda one: one.name)
    for one in entries:
        name = one.name
        if name.startswith((".", "_")) or name.lower().startswith(("readme", "licen")):
            continue
        if one.is_file():
            found[before + name] = one
        elif before.count("/") < 2 and one.is_dir():
            found.update(_files(one, f"{before}{name}/"))
        if len(found) > _MOST:
            break
    return found


def _member(place: Location, files: dict[str, Location], name: str) -> Location:
    matching = [path for path in files if path == name or path.rpartition("/")[2] == name]
    if len(matching) == 1:
        return files[matching[0]]
    raise DataError(f"there is no file {name!r} in it.", path=str(place), hint=suggest(name, files))


def _is_table(file: Location) -> bool:
    """Say whether a file can be a table at all."""
    try:
        return open_typed(file, ReadingOptions()) is not None or sniff(file, ReadingOptions()).width > 1
    except DataError:
        return False


def _fits(file: Location, wanted: tuple[tuple[str, ...], ...]) -> bool:
    """Say whether a file's columns have the usual names of all these roles."""
    try:
        typed = open_typed(file, ReadingOptions())
        names = typed.names if typed is not None else _header(file)
    except DataError:
        return False
    return all(guess(names, usual) is not None for usual in wanted)


def _header(file: Location) -> tuple[str, ...]:
    dialect = sniff(file, ReadingOptions())
    return dialect.names if dialect.header == "yes" else ()


def _items(files: dict[str, Location]) -> Location | None:
    """The only file whose name ends like a table of items: BX-Books.csv, movies.csv."""
    fitting = [
        one
        for name, one in files.items()
        if plain(name.rpartition("/")[2].partition(".")[0]).endswith(ITEM_WORDS)
    ]
    return fitting[0] if len(fitting) == 1 else None
