"""Loads ratings from wherever they are: the demo set, a named data set, a file, folder or archive."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.contract import DataSource, Location, RawTable, Reader, ReadingOptions
from core.data import _cache as cache
from core.data._build import build
from core.data._legacy import as_recorded, without_implicit
from core.data.fetching import all_datasets, fetched_file, find_named
from core.data.ratings import Ratings
from core.data.reading import builtin_readers, check_location, enter, listing
from core.errors import DataError, TastemapError, UsageError
from core.options import suggest

DEMO = "demo"


def load_ratings(
    source: str | Path,
    reading: Mapping[str, object] | None = None,
    sources: Sequence[DataSource] = (),
) -> Ratings:
    """Load ratings from "demo", a named data set that was fetched, a file, a folder or a zip archive.

    `reading` holds values of `ReadingOptions`; `sources` are those that plugins brought, asked before the
    built-in ones. `load_ratings(r.reading["source"], r.reading)` reads the table of `r` again.
    Raises DataError for a table that can't be used and UsageError for unknown options.
    """
    reading, old = without_implicit(reading or {})
    options = ReadingOptions.parse(reading)
    if str(source) == DEMO:
        from core.data._demo import demo_ratings

        return demo_ratings()
    named = find_named(str(source), sources)
    if named is not None:
        options = ReadingOptions.parse({**named.reading, **reading})
    path = fetched_file(named) if named is not None else _path(source, sources)
    ratings = _load(path, options, sources)
    if named is not None:
        ratings = dataclasses.replace(ratings, name=named.name)
        ratings.reading["source"] = named.name
    return as_recorded(ratings, old)


def _path(source: str | Path, sources: Sequence[DataSource]) -> Path:
    path = Path(source).expanduser()
    if len(path.parts) == 1 and not path.suffix and not path.exists():
        known = [DEMO, *all_datasets(sources)]
        raise DataError(
            f"no data set, file or folder is named {str(source)!r}.", hint=suggest(str(source), known)
        )
    check_location(path)
    return path


def _load(path: Path, options: ReadingOptions, sources: Sequence[DataSource]) -> Ratings:
    """Open the cached table or read the file; a cache that can't be used is stated among the repairs."""
    cached, broken = cache.lookup(path, options)
    if cached is not None:
        return cached
    table = _read(path, options, sources)
    ratings = build(
        table, path.stem if path.is_file() else path.absolute().name, str(path.absolute()), options
    )
    notes = (*broken, *cache.store(ratings, path, options, table.files))
    return dataclasses.replace(ratings, repairs=(*ratings.repairs, *notes)) if notes else ratings


def _read(path: Path, options: ReadingOptions, sources: Sequence[DataSource]) -> RawTable:
    table = _read_one(path, options, sources)
    if not options.test_file:
        return table
    test = Path(options.test_file).expanduser()
    check_location(test)
    joined = join(table, _read_one(test, dataclasses.replace(options, items="none"), sources))
    joined.found["test_file"] = str(test.absolute())
    return joined


def _read_one(path: Path, options: ReadingOptions, sources: Sequence[DataSource]) -> RawTable:
    location = enter(path)
    reader = _find_reader(location, options, sources)
    table = _ask(reader, location, options)
    table.found.setdefault("reader", reader.name)
    if options.items not in ("", "none"):
        table.found["items"] = str(Path(options.items).absolute())
    return dataclasses.replace(table, files=tuple({path: None, **dict.fromkeys(table.files)}))


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


def _find_reader(location: Location, options: ReadingOptions, sources: Sequence[DataSource] = ()) -> Reader:
    """Find the reader named in the options, or the first that recognizes the file."""
    readers = _all_readers(sources)
    if options.reader:
        return _named(options.reader, readers)
    for reader in readers:
        if _recognizes(reader, location):
            return reader
    inside = listing(location)
    message = f"no ratings found in it; it holds {inside}." if inside else "no ratings found in it."
    hint = "Expected is a file of ratings or a folder with ratings.csv, u.data or ratings.dat."
    raise DataError(message, path=str(location), hint=hint)


def _recognizes(reader: Reader, location: Location) -> bool:
    try:
        return reader.recognizes(location)
    except Exception as error:
        message = f"the reader {reader.name!r} failed ({type(error).__name__}: {error})."
        raise DataError(message, path=str(location), hint="This is a fault of the reader.") from error


def _all_readers(sources: Sequence[DataSource] = ()) -> list[Reader]:
    """List the readers in the order in which they are asked; raises UsageError for a name given twice."""
    readers = [*(source for source in sources if isinstance(source, Reader)), *builtin_readers()]
    names = [reader.name for reader in readers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"Two readers are named {twice[0]!r}.", hint="Remove one of the plugins.")
    return readers


def _named(name: str, readers: Sequence[Reader]) -> Reader:
    by_name = {reader.name: reader for reader in readers}
    if name not in by_name:
        raise UsageError(f"There is no reader {name!r}.", hint=suggest(name, by_name))
    return by_name[name]


def join(train: RawTable, test: RawTable) -> RawTable:
    """Append the test table to the training table; `held_out` counts its rows."""
    border = _length(train)
    if (train.ratings is None) != (test.ratings is None):
        hint = "Name its column with --rating-column, or read both as interactions with --rating-column none."
        raise DataError(
            "only one of the training and the test file has ratings.", path=_first(test), hint=hint
        )

    def line_of(index: int) -> int:
        return train.line_of(index) if index < border else test.line_of(index - border)

    def path_of(index: int) -> str | None:
        return train.path_of(index) if index < border else str(test.files[0]) if test.files else None

    return dataclasses.replace(
        train,
        users=_append(train.users, test.users),
        items=_append(train.items, test.items),
        ratings=_both(train.ratings, test.ratings),
        events=_both(train.events, test.events),
        timestamps=_both(train.timestamps, test.timestamps),
        item_table=train.item_table or test.item_table,
        tags=train.tags or test.tags,
        repairs=(*train.repairs, *test.repairs),
        files=(*train.files, *test.files),
        line_of=line_of,
        path_of=path_of,
        held_out=_length(test),
    )


def _first(table: RawTable) -> Path | None:
    return table.files[0] if table.files else None


def _length(table: RawTable) -> int:
    return len(table.users)


def _both(first: Any, second: Any) -> Any:
    return None if first is None or second is None else _append(first, second)


def _append(first: Any, second: Any) -> Any:
    import pyarrow as pa

    chunks = [chunk for column in (first, second) for chunk in _chunks(column)]
    if len({str(chunk.type) for chunk in chunks}) > 1:
        chunks = [chunk.cast(pa.string()) for chunk in chunks]
    return pa.chunked_array(chunks)


def _chunks(column: Any) -> list[Any]:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return list(column.chunks)
    return [column if isinstance(column, pa.Array) else pa.array(column)]
