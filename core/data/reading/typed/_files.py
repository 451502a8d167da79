"""Reads Parquet and Arrow files, and folders of Parquet parts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from core.contract import Location, RawTable, Reader, ReadingOptions
from core.data.reading import check_parquet, first_bytes, reading_errors
from core.data.reading.typed._raw import raw_table
from core.data.reading.typed._source import FIRST, TypedSource
from core.errors import DataError

_MOST_PARTS = 50_000
"""Files of one table; in a folder with more (a whole disk, say) nobody would wait for its walk's end."""


class ParquetTable(Reader):
    """A Parquet file, or a folder of its parts, with one rating a row."""

    name = "parquet"
    description = "Parquet: a file, or a folder of parts (also in folders named column=value)."

    def recognizes(self, location: Location) -> bool:
        """A file that starts as Parquet files do, or a folder that holds nothing else."""
        return is_parquet(location) or bool(parts_of(location))

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the columns; raises DataError for a damaged file or a column of another kind."""
        return raw_table(open_parquet(location), options)


class ArrowFile(Reader):
    """An Arrow (IPC) or Feather file with one rating a row."""

    name = "arrow"
    description = "Arrow (IPC) or Feather file with one rating a row."

    def recognizes(self, location: Location) -> bool:
        """A file that starts as Arrow files do."""
        return is_arrow(location)

    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the columns; raises DataError for a damaged file or a column of another kind."""
        return raw_table(open_arrow(location), options)


def is_parquet(location: Location) -> bool:
    """Say whether a file starts as Parquet files do."""
    return location.is_file() and first_bytes(location, 4) == b"PAR1"


def is_arrow(location: Location) -> bool:
    """Say whether a file starts as Arrow files do."""
    return location.is_file() and first_bytes(location, 6) == b"ARROW1"


def parts_of(location: Location) -> list[Path]:
    """The Parquet parts in a folder (of any depth), in order; none where it holds other tables too."""
    if not isinstance(location, Path) or not location.is_dir():
        return []
    with reading_errors(location):
        found = list(islice(location.rglob("*"), _MOST_PARTS + 1))
    if len(found) > _MOST_PARTS:
        hint = "Name the folder of the table itself, or a file."
        raise DataError(f"it holds more than {_MOST_PARTS:,} files.", path=str(location), hint=hint)
    files = [path for path in sorted(found) if path.is_file() and _counts(path, location)]
    return files if files and all(is_parquet(path) for path in files) else []


def _counts(path: Path, folder: Path) -> bool:
    """Spark leaves _SUCCESS and hidden checksums beside the parts."""
    return not any(part.startswith(("_", ".")) for part in path.relative_to(folder).parts)


def open_parquet(location: Location) -> TypedSource:
    """Open a Parquet file or a folder of parts; columns of its folders' names (column=value) count too."""
    if not isinstance(location, Path):
        return _open_stream(location)
    from pyarrow import dataset, parquet

    parts = parts_of(location) if location.is_dir() else [location]
    with _errors(location, "Parquet"):
        for part in parts:
            with parquet.ParquetFile(part) as file:
                check_parquet(part, file, file.schema_arrow.names)
        found = dataset.dataset(
            [str(part) for part in parts],
            format="parquet",
            partitioning=dataset.partitioning(flavor="hive"),
            partition_base_dir=str(location if location.is_dir() else location.parent),
        )
        first = found.head(FIRST)

    def blocks(names: Sequence[str]) -> Iterator[Any]:
        with _errors(location, "Parquet"):
            yield from found.to_batches(columns=list(names), batch_size=_ROWS, **_AHEAD)

    return TypedSource(location, tuple(found.schema.names), first, blocks, files=tuple(parts))


_ROWS = 1 << 20
_AHEAD: dict[str, Any] = {"batch_readahead": 2, "fragment_readahead": 1}
"""What is decoded before it is asked for: enough for the cores, and no memory to speak of."""


def _open_stream(location: Location) -> TypedSource:
    """A Parquet file inside an archive."""
    import pyarrow as pa
    from pyarrow import parquet

    with _errors(location, "Parquet"), location.open("rb") as stream:
        file = parquet.ParquetFile(pa.PythonFile(stream, mode="r"))
        names = tuple(file.schema_arrow.names)
        check_parquet(location, file, names)
        table = file.read()
    return TypedSource(location, names, table.slice(0, FIRST), lambda wanted: [table.select(list(wanted))])


def open_arrow(location: Location) -> TypedSource:
    """Open an Arrow or Feather file; one on disk is mapped into memory and read batch by batch."""
    import pyarrow as pa

    with _errors(location, "Arrow"):
        if isinstance(location, Path):
            file = pa.ipc.open_file(pa.memory_map(str(location)))
        else:
            with location.open("rb") as stream:
                file = pa.ipc.open_file(pa.BufferReader(stream.read()))
        batches = file.num_record_batches
        first = pa.Table.from_batches([file.get_batch(0)] if batches else [], file.schema).slice(0, FIRST)

    def blocks(names: Sequence[str]) -> Iterator[Any]:
        with _errors(location, "Arrow"):
            for number in range(batches):
                yield file.get_batch(number).select(list(names))

    files = (location,) if isinstance(location, Path) else ()
    return TypedSource(location, tuple(file.schema.names), first, blocks, files=files)


@contextlib.contextmanager
def _errors(location: Location, form: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        message = f"can't be read as {form} ({str(error).splitlines()[0]})."
        raise DataError(message, path=str(location), hint="Is the file complete?") from error
