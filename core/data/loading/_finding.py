"""Finds the place that a source names, the table in it, and the reader that knows its form."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from core.contract import DataSource, Location, Reader, ReadingOptions
from core.data.fetching import all_datasets
from core.data.reading import builtin_readers, check_location, enter, find_table
from core.errors import DataError, UsageError
from core.files import expanded
from core.options import suggest

DEMO, FRAME = "demo", "frame"
_SIGNS = set("*?[")


def is_pattern(source: str | os.PathLike[str]) -> bool:
    """Whether a source may name several files by a pattern."""
    return bool(_SIGNS & set(str(source)))


def find_path(source: str | os.PathLike[str], sources: Sequence[DataSource]) -> Path:
    """The file, folder or pattern that a source names; raises DataError for one that isn't there."""
    if str(source) == FRAME and not Path(FRAME).exists():
        hint = "Give the frame itself in Python, or a file of it with --data."
        raise DataError("the table was a frame in memory, which can't be read again.", hint=hint)
    if _is_web(str(source)):
        raise DataError("tables on the web aren't fetched.", path=str(source), hint="Download it first.")
    path = expanded(source)
    if not path.exists() and is_pattern(source):
        return path
    if len(path.parts) == 1 and not path.suffix and not path.exists():
        known = [DEMO, *all_datasets(sources)]
        raise DataError(
            f"no data set, file or folder is named {str(source)!r}.", hint=suggest(str(source), known)
        )
    check_location(path)
    return path


def _is_web(source: str) -> bool:
    """Whether a source is the address of something that no database server holds."""
    scheme, found, _ = source.partition("://")
    return bool(found) and scheme.isalnum() and len(scheme) > 1


def enter_table(
    path: Path, options: ReadingOptions, sources: Sequence[DataSource]
) -> tuple[Location, Location | None]:
    """The file or folder that a reader knows, and a table of items found beside it."""
    location = enter(path)
    readers = _all_readers(sources)
    if location.is_file() or (not options.member and any(_recognizes(one, location) for one in readers)):
        return location, None
    return find_table(location, options)


def find_reader(location: Location, options: ReadingOptions, sources: Sequence[DataSource] = ()) -> Reader:
    """Find the reader named in the options, or the first that recognizes the file."""
    readers = _all_readers(sources)
    if options.reader:
        return _named(options.reader, readers)
    for reader in readers:
        if _recognizes(reader, location):
            return reader
    raise DataError("no ratings found in it.", path=str(location))


def _recognizes(reader: Reader, location: Location) -> bool:
    try:
        return reader.recognizes(location)
    except UsageError:
        raise
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
