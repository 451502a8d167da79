"""Opens table files, plain, compressed or inside a zip archive, as streams of bytes."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from core.contract import Location
from core.data.reading._limits import BoundedStream, check_members
from core.errors import DataError

LINE_LIMIT = 1 << 20
"""Longest line accepted, in bytes: a longer one is no table, and holding it would fill the memory."""


def too_long(location: Location, line: int) -> DataError:
    """The error for a line over the limit."""
    hint = "Is this a table with one rating a line?"
    return DataError("the line is longer than 1 MiB.", path=str(location), row=line, hint=hint)


_MAGIC = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2"}
_LOCKED = (RuntimeError, NotImplementedError)
"""What zipfile raises for encrypted members and for ways of packing that it doesn't know."""

_BROKEN = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)


def check_location(location: Location) -> None:
    """Raise DataError for a file or folder that isn't there or can't be read."""
    with reading_errors(location):
        if not location.exists():
            raise DataError("not found.", path=str(location), hint=_nearby(location))
        if not _is_utf8(str(location)):
            hint = "Rename it, or name a link to it."
            raise DataError("its name isn't UTF-8, which no run can record.", path=str(location), hint=hint)
        if location.is_file():
            with location.open("rb") as stream:
                if not stream.read(1):
                    raise DataError("the file is empty.", path=str(location))
        elif not location.is_dir():
            hint = "Write what it gives into a file, and name that."
            raise DataError("it is a pipe or a device, not a file.", path=str(location), hint=hint)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def compression_of(location: Location) -> str:
    """Name the compression by the file's first bytes: gzip, xz, zstd, bzip2 or an empty text."""
    head = first_bytes(location, 6)
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def first_bytes(location: Location, count: int) -> bytes:
    """Read the first bytes as they are stored; empty if there is no such readable file."""
    with contextlib.suppress(OSError, *_LOCKED, *_BROKEN), location.open("rb") as stream:
        return bytes(stream.read(count))
    return b""


@contextlib.contextmanager
def open_table(location: Location) -> Iterator[IO[bytes]]:
    """Open a file for reading its uncompressed bytes; raises DataError for a missing or damaged one."""
    with reading_errors(location), contextlib.ExitStack() as stack:
        compression = compression_of(location)
        stream: Any = stack.enter_context(_open(location))
        if compression:
            stream = stack.enter_context(_decompress(stream, compression))
        if compression or isinstance(location, zipfile.Path):
            stream = cast(IO[bytes], io.BufferedReader(BoundedStream(stream, location), 1 << 20))
        yield stream


def _open(location: Location) -> Any:
    """Open a file that may be locked."""
    try:
        return location.open("rb")
    except _LOCKED as error:
        raise DataError(
            f"can't be unpacked ({error}).", path=str(location), hint="Unpack it first."
        ) from error


def _decompress(stream: Any, compression: str) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=stream)
    if compression == "xz":
        return lzma.LZMAFile(stream)
    if compression == "bzip2":
        return bz2.BZ2File(stream)
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


@contextlib.contextmanager
def reading_errors(location: Location) -> Iterator[None]:
    """Turn what the operating system and the decompressors raise into a DataError."""
    try:
        yield
    except PermissionError:
        raise DataError("no permission to read it.", path=str(location)) from None
    except FileNotFoundError:
        raise DataError("not found.", path=str(location), hint=_nearby(location)) from None
    except _BROKEN as error:
        raise DataError(f"the archive is damaged or cut short ({error}).", path=str(location)) from error
    except OSError as error:
        raise DataError(f"can't be read ({error.strerror or error}).", path=str(location)) from error


def _nearby(location: Location) -> str:
    from core.options import suggest

    if not isinstance(location, Path) or not location.absolute().parent.is_dir():
        return "Check the path."
    names = sorted(other.name for other in location.absolute().parent.iterdir())[:1000]
    hint = suggest(location.name, names)
    return hint if hint.startswith("Did") else "Check the path."


_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError, OverflowError)
"""What zipfile raises for the directory of a damaged archive."""

_ZIP = b"PK\x03\x04"


def is_workbook_archive(path: Path) -> bool:
    """Say whether a zip archive is a workbook of Excel or OpenDocument."""
    if not path.is_file() or first_bytes(path, 4) != _ZIP:
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except _UNREADABLE:
        return False
    return "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names


def enter(path: Path) -> Location:
    """Give the place that holds the data: the path itself or, for a zip archive, the folder or file inside.

    Raises DataError for a damaged archive or an empty one.
    """
    if path.is_dir() or first_bytes(path, 4) != _ZIP or is_workbook_archive(path):
        return path
    with reading_errors(path):
        place = _archive(path)
        while len(inside := _contents(place)) == 1:
            place = inside[0]
            if place.is_file():
                return place
    if not inside:
        raise DataError("the archive is empty.", path=str(path))
    return place


def _archive(path: Path) -> zipfile.Path:
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(path, archive.namelist())
            _check_names(path, archive.namelist())
        return zipfile.Path(path)
    except _UNREADABLE as error:
        raise DataError(f"the archive is damaged or of an unknown kind ({error}).", path=str(path)) from error


def _check_names(path: Path, names: list[str]) -> None:
    """Raise DataError where two members have one name, or all lead out of the archive."""
    counts = Counter(name for name in names if not name.endswith("/") and "readme" not in name.lower())
    twice = next((name for name, count in counts.items() if count > 1), None)
    if twice is not None:
        message = f"two of its files are named {twice[:200]!r}."
        raise DataError(message, path=str(path), hint="Unpack the right one.")
    if names and all(name.startswith("/") or ".." in name.split("/") for name in names):
        message = f"all its files lie outside of it ({names[0][:200]!r})."
        raise DataError(message, path=str(path), hint="Pack the files anew, with names alone.")


def _contents(place: zipfile.Path) -> list[zipfile.Path]:
    """What is in a folder of an archive, without the resource forks and readmes that are no data."""
    return [
        other
        for other in place.iterdir()
        if other.name != "__MACOSX"
        and not other.name.startswith(".")
        and not other.name.lower().startswith("readme")
    ]


def listing(location: Location) -> str:
    """Name some of the files in a folder, for an error message."""
    names = sorted(other.name for other in location.iterdir()) if location.is_dir() else []
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
