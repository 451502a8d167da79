"""How much a small file may turn into: what unpacks to far more than it is gets refused before it does.

Text packs about tenfold, sorted ids perhaps fiftyfold; what claims more was made to fill the memory.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from core.contract import Location
from core.errors import DataError, UsageError

VARIABLE = "TASTEMAP_LARGEST"
"""The environment variable that says how many bytes a table may have unpacked, whatever its file's size."""

RATIO, LEAST = 200, 128 * 2**20
"""A table may unpack to `RATIO` times its file, and to `LEAST` bytes in any case."""

DEEPEST, MOST_MEMBERS = 64, 200_000
"""Folders within folders, and members, of an archive that holds data."""


def allowed_bytes(stored: int) -> int:
    """The bytes that `stored` bytes may unpack to; raises UsageError for a setting that is no number."""
    asked = os.environ.get(VARIABLE, "")
    if not asked:
        return max(LEAST, RATIO * stored)
    if not asked.isdecimal():
        raise UsageError(f"{VARIABLE} takes a number of bytes, not {asked!r}.")
    return int(asked)


def too_large(location: Location, allowed: int, stored: int) -> DataError:
    """The error of a table that unpacks to more than it may."""
    return DataError(
        f"its {stored:,} bytes unpack to more than {allowed:,}: was it made to fill the memory?",
        path=str(location),
        hint=f"Where you trust it, set {VARIABLE} to the bytes that it may have.",
    )


def stored_bytes(location: Location) -> int:
    """The size of a file as it is stored, in an archive its packed one."""
    if isinstance(location, zipfile.Path):
        return int(location.root.getinfo(location.at).compress_size)
    return location.stat().st_size


class BoundedStream(io.RawIOBase):
    """Reads a stream of unpacked bytes up to what its file may unpack to; then raises DataError."""

    def __init__(self, stream: IO[bytes], location: Location) -> None:
        self._stream, self._location = stream, location
        self._stored = stored_bytes(location)
        self._allowed = self._left = allowed_bytes(self._stored)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read a block."""
        block = self._stream.read(len(buffer))
        self._left -= len(block)
        if self._left < 0:
            raise too_large(self._location, self._allowed, self._stored)
        buffer[: len(block)] = block
        return len(block)


def bounded_blocks(location: Location, blocks: Iterable[Any]) -> Iterator[Any]:
    """Pass a database's Arrow blocks on up to what its file may hold: a view makes rows up without end."""
    stored = stored_bytes(location)
    allowed = left = allowed_bytes(stored)
    for block in blocks:
        left -= block.nbytes
        if left < 0:
            raise too_large(location, allowed, stored)
        yield block


def check_members(location: Location, names: Iterable[str]) -> None:
    """Refuse an archive whose directory alone would take minutes to look through; raises DataError."""
    for number, name in enumerate(names, 1):
        if name.count("/") > DEEPEST or number > MOST_MEMBERS:
            deep = f"over {DEEPEST} folders within each other"
            what = deep if number <= MOST_MEMBERS else f"over {MOST_MEMBERS:,} members"
            hint = "Unpack it, and name the table inside."
            raise DataError(f"the archive has {what}.", path=str(location), hint=hint)


def check_parquet(location: Location, file: Any, columns: Iterable[str]) -> None:
    """Refuse a Parquet file whose columns decode to more than its size lets expect; raises DataError.

    Its own account is looked at: rows, and the length of the longest text of each column where it tells one.
    """
    stored, rows = stored_bytes(location), file.metadata.num_rows
    allowed = allowed_bytes(stored)
    wanted = set(columns)
    bytes_told = 0
    for group in map(file.metadata.row_group, range(file.metadata.num_row_groups)):
        chunks = [group.column(number) for number in range(group.num_columns)]
        read = [one for one in chunks if one.path_in_schema.partition(".")[0] in wanted]
        bytes_told += sum(_decoded(one, group.num_rows) for one in read)
    if max(bytes_told, rows) > allowed:
        raise too_large(location, allowed, stored)


def _decoded(chunk: Any, rows: int) -> int:
    """The bytes of a chunk of a column in memory: for repeated texts the longest one, for each row."""
    longest, statistics = 8, chunk.statistics
    if chunk.physical_type == "BYTE_ARRAY" and statistics is not None and statistics.has_min_max:
        longest += max(len(str(statistics.max)), len(str(statistics.min)))
    return max(int(chunk.total_uncompressed_size), rows * longest)
