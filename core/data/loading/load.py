"""Loads ratings from wherever they are: the demo set, a named data set, a file, folder or archive."""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.contract import DataSource, Location, RawTable, Reader, ReadingOptions, Repair
from core.data import Ratings, RatingScale
from core.data.checking import build
from core.data.fetching import fetched_file, find_named
from core.data.loading import _cache as cache
from core.data.loading._finding import DEMO, FRAME, enter_table, find_path, find_reader, is_pattern
from core.data.loading._legacy import as_recorded, without_implicit
from core.data.loading._parts import join, stack
from core.data.reading import check_location, enter, is_title, items_location, with_items
from core.data.reading.text import header_of_file
from core.data.reading.typed import (
    address_name,
    is_address,
    is_frame,
    open_address,
    raw_table,
    read_frame,
    without_password,
)
from core.errors import DataError, TastemapError, UsageError
from core.files import expanded
from core.options import suggest


def load_ratings(
    source: Any,
    reading: Mapping[str, object] | None = None,
    sources: Sequence[DataSource] = (),
    **columns: str,
) -> Ratings:
    """Load ratings or interactions from wherever they are.

    `source` is "demo", a named data set that was fetched, a file, folder, glob or zip archive, the address
    of a database (postgresql://…), or a frame (pandas, polars, pyarrow). `reading` holds values of
    `ReadingOptions`; `columns` are short for its columns, as in `user="uid", rating="stars"`. `sources` are
    those that plugins brought, asked before the built-in ones. `load_ratings(r.reading["source"], r.reading)`
    reads the table of `r` again. Raises DataError for a table that can't be used and UsageError for unknown
    options.
    """
    return _loaded(source, {**(reading or {}), **_columns(columns)}, sources)


def load_part(
    source: Any, scale: RatingScale, reading: Mapping[str, object], sources: Sequence[DataSource] = ()
) -> Ratings:
    """Load rows that belong to another table, on its rating scale, as `load_ratings` does.

    They may be few, of one user or item, and all alike. Raises DataError for a rating off the scale too.
    """
    return _loaded(source, reading, sources, scale)


def _loaded(
    source: Any,
    reading: Mapping[str, object],
    sources: Sequence[DataSource],
    part_of: RatingScale | None = None,
) -> Ratings:
    reading, old = without_implicit(reading)
    options = ReadingOptions.parse(reading)
    if is_frame(source):
        table = _with_test(read_frame(source, options), options, sources)
        return as_recorded(build(table, "frame", FRAME, options, part_of), old)
    if not isinstance(source, str | os.PathLike):
        hint = "It takes a path, a name, an address or a frame: pandas.DataFrame(…) makes one of columns."
        raise UsageError(f"load_ratings takes no {type(source).__name__}.", hint=hint)
    if str(source) == DEMO:
        from core.data import demo_ratings

        return demo_ratings()
    if is_address(str(source)):
        return as_recorded(_from_server(str(source), options, sources, part_of), old)
    named = find_named(str(source), sources)
    if named is not None:
        options = ReadingOptions.parse({**named.reading, **reading})
    path = fetched_file(named) if named is not None else find_path(source, sources)
    ratings = _load(path, options, sources, part_of)
    if named is not None:
        ratings = dataclasses.replace(ratings, name=named.name)
        ratings.reading["source"] = named.name
    return as_recorded(ratings, old)


def shown_source(source: str) -> str:
    """A source as it may be said and written down: the address of a database without its password."""
    return without_password(source)


def may_be_read_again(ratings: Ratings, sources: Sequence[DataSource] = ()) -> bool:
    """Whether a table's source is still there; a frame in memory, or a table made by a program, is not."""
    source = str(ratings.reading.get("source", ""))
    if source == DEMO or is_address(source) or find_named(source, sources) is not None:
        return True
    return source not in ("", FRAME) and (expanded(source).exists() or is_pattern(source))


_SHORT = ("user", "item", "rating", "time", "event", "title")


def _columns(columns: Mapping[str, str]) -> dict[str, str]:
    for name in columns:
        if name not in _SHORT:
            raise UsageError(f"load_ratings takes no {name!r}.", hint=suggest(name, _SHORT))
    return {f"{name}_column": column for name, column in columns.items()}


def _from_server(
    address: str, options: ReadingOptions, sources: Sequence[DataSource], part_of: RatingScale | None
) -> Ratings:
    shown = without_password(address)
    table = raw_table(open_address(address, options), options)
    table = _with_test(_with_items(table, None, options, address), options, sources)
    return build(table, address_name(address), shown, options, part_of)


def _load(
    path: Path, options: ReadingOptions, sources: Sequence[DataSource], part_of: RatingScale | None
) -> Ratings:
    """Open the cached table or read the file; a cache that can't be used is stated among the repairs.

    Parts of other tables are checked otherwise, and aren't kept.
    """
    cached, broken = cache.lookup(path, options) if part_of is None else (None, ())
    if cached is not None:
        return cached
    table = _with_test(_read_one(path, options, sources), options, sources)
    name, source = path.stem if path.is_file() else path.absolute().name, str(path.absolute())
    ratings = build(table, name, source, options, part_of)
    if part_of is not None:
        return ratings
    files = table.files
    del table  # large columns are mapped into memory from the cache instead
    ratings = cache.store(ratings, path, options, files)
    return dataclasses.replace(ratings, repairs=(*ratings.repairs, *broken)) if broken else ratings


def _with_test(table: RawTable, options: ReadingOptions, sources: Sequence[DataSource]) -> RawTable:
    """Append the official test part, where the options name one."""
    if not options.test_file:
        return table
    test = expanded(options.test_file)
    check_location(test)
    part = _read_one(test, _for_test(table, options), sources)
    joined = join(table, part)
    joined.found["test_file"] = str(test.absolute())
    header = part.found.get("header")
    if header in ("no", "numbers") and table.found.get("header") == "yes":
        joined.found["test_header"] = header
    return joined


def _for_test(table: RawTable, options: ReadingOptions) -> ReadingOptions:
    """The options of the test part: without a header of its own, its columns lie where training's do."""
    plain = dataclasses.replace(options, items="none", header=options.test_header, member="", table="")
    if options.header == "no" or options.layout == "wide" or table.found.get("header") != "yes":
        return dataclasses.replace(plain, header=options.test_header or options.header)
    test = expanded(options.test_file)
    if not plain.header and header_of_file(enter(test), plain) == "yes":
        return plain
    roles = ("user_column", "item_column", "rating_column", "time_column", "event_column")
    places = {role: _place(table, role) for role in roles if role in table.found}
    given: dict[str, Any] = {"header": plain.header or "no", **places}
    return dataclasses.replace(plain, **given)


def _place(table: RawTable, role: str) -> str:
    """The position (from 1) of the column that training has for a role."""
    name = str(table.found[role])
    return str(table.names.index(name) + 1) if name in table.names else name


def _read_one(path: Path, options: ReadingOptions, sources: Sequence[DataSource]) -> RawTable:
    if not path.exists():
        return _read_parts(path, options, sources)
    location, beside = enter_table(path, options, sources)
    reader = find_reader(location, options, sources)
    table = _ask(reader, location, options)
    table.found.setdefault("reader", reader.name)
    if table.item_table is None:
        table = _with_items(table, beside, options, location)
    if options.items not in ("", "none"):
        table.found["items"] = str(expanded(options.items).absolute())
    return dataclasses.replace(table, files=tuple({path: None, **dict.fromkeys(table.files)}))


def _read_parts(pattern: Path, options: ReadingOptions, sources: Sequence[DataSource]) -> RawTable:
    """Read the files that a pattern matches, one below the other in the order of their names."""
    anchor = Path(pattern.anchor) if pattern.is_absolute() else Path()
    files = sorted(path for path in anchor.glob(str(pattern.relative_to(anchor))) if path.is_file())
    if not files:
        raise DataError("no file matches.", path=str(pattern), hint="Check the pattern.")
    table = _read_one(files[0], options, sources)
    if len(files) > 1:
        form = dataclasses.replace(options, items="none")
        table = stack([table, *(_read_one(file, form, sources) for file in files[1:])])
    return dataclasses.replace(table, files=tuple(files))


def _with_items(
    table: RawTable, beside: Location | None, options: ReadingOptions, own: Location | str | None = None
) -> RawTable:
    """Add the items table asked for, the one found beside, or the titles in the ratings table itself."""
    if options.items == "none":
        return table
    asked = items_location(options)
    if asked is not None:
        return with_items(table, asked, options)
    if beside is not None:
        return with_items(table, beside, options)
    if own is not None and table.found.get("items_table"):
        return with_items(
            table, own, dataclasses.replace(options, items_table=str(table.found["items_table"]))
        )
    if own is not None and options.title_column and table.found.get("layout") != "wide":
        column = str(table.found["item_column"])
        return with_items(table, own, dataclasses.replace(options, items_id_column=column))
    return _titles_told(table)


def _titles_told(table: RawTable) -> RawTable:
    """Say where the ratings themselves have a column of titles: it is read only where asked for."""
    read = {str(value) for name, value in table.found.items() if name.endswith("_column")}
    names = [name for name in table.names if name not in read and is_title(name)]
    if not names or table.found.get("layout") == "wide":
        return table
    message = f"the column {names[0]!r} may hold titles: --title-column {shlex.quote(names[0])} reads them"
    return dataclasses.replace(table, repairs=(*table.repairs, Repair("titles", 1, message)))


def _ask(reader: Reader, location: Location, options: ReadingOptions) -> RawTable:
    """Let a reader read; readers are plugins, so what else they raise is told as a fault of theirs."""
    try:
        return reader.read(location, options)
    except TastemapError:
        raise
    except Exception as error:
        message = f"the reader {reader.name!r} failed ({type(error).__name__}: {error})."
        hint = "Is the file complete? Otherwise this is a fault of the reader."
        raise DataError(message, path=str(location), hint=hint) from error
