"""Looks into zip archives, so that they are read without unpacking."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from core.contract.data import Location
from core.data.reading.location import first_bytes, reading_errors
from core.errors import DataError

_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError, OverflowError)
"""What zipfile raises for the directory of a damaged archive."""

_ZIP = b"PK\x03\x04"


def enter(path: Path) -> Location:
    """Give the place that holds the data: the path itself or, for a zip archive, the folder or file inside.

    Raises DataError for a damaged archive or an empty one.
    """
    if path.is_dir() or first_bytes(path, 4) != _ZIP:
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
        return zipfile.Path(path)
    except _UNREADABLE as error:
        raise DataError(f"the archive is damaged or of an unknown kind ({error}).", path=str(path)) from error


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
