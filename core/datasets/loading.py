"""Loads ratings from wherever they are: the demo set, a named data set, a file or a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.datasets.building import build
from core.datasets.contract import DataSource, Location, Reader
from core.datasets.opening import check_location
from core.datasets.options import ReadingOptions
from core.datasets.ratings import Ratings
from core.datasets.readers import builtin_readers
from core.errors import DataError, UsageError
from core.options import suggest

DEMO = "demo"


def load_ratings(
    source: str | Path,
    reading: Mapping[str, object] | None = None,
    sources: Sequence[DataSource] = (),
) -> Ratings:
    """Load ratings from "demo", a named data set, a file or a folder.

    `reading` holds values of `ReadingOptions`; `sources` are those that plugins brought, asked before the
    built-in ones. `load_ratings(r.reading["source"], r.reading)` reads the table of `r` again.
    Raises DataError for a table that can't be used and UsageError for unknown options.
    """
    options = ReadingOptions.parse(reading or {})
    if str(source) == DEMO:
        from core.datasets.demo import demo_ratings

        return demo_ratings()
    path = Path(source).expanduser()
    check_location(path)
    reader = find_reader(path, options, sources)
    table = reader.read(path, options)
    table.found.setdefault("reader", reader.name)
    return build(table, path.stem if path.is_file() else path.name, str(path.absolute()), options)


def find_reader(location: Location, options: ReadingOptions, sources: Sequence[DataSource] = ()) -> Reader:
    """Find the reader named in the options, or the first that recognizes the file."""
    readers = [*(source for source in sources if isinstance(source, Reader)), *builtin_readers()]
    if options.reader:
        return _named(options.reader, readers)
    for reader in readers:
        if reader.recognizes(location):
            return reader
    hint = "Expected is a file of ratings or a folder with ratings.csv, u.data or ratings.dat."
    raise DataError("no ratings found in it.", path=str(location), hint=hint)


def _named(name: str, readers: Sequence[Reader]) -> Reader:
    by_name = {reader.name: reader for reader in readers}
    if name not in by_name:
        raise UsageError(f"There is no reader {name!r}.", hint=suggest(name, by_name))
    return by_name[name]
