"""The tables of a protocol, read from one's own copy of the data."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.contract import ItemTable
from core.data import Ratings, Vocabulary
from core.data.fetching import fetched_file, find_named
from core.errors import DataError

_PAIRS = [(f"u{number}.base", f"u{number}.test") for number in range(1, 6)]
_LARGEST = 64 * 2**20
LIKED_FROM, FEWEST = 4.0, 5


@contextmanager
def official_pairs(source: str, sources: Sequence[Any]) -> Iterator[list[tuple[str, Path, Path]]]:
    """The official pairs of MovieLens 100K in a folder or zip archive: names and files, as long as it lasts.

    Raises DataError where they aren't there.
    """
    place = _place(source, sources)
    if place.is_dir():
        folder = next((file.parent for file in sorted(place.rglob("u1.base"))), place)
        yield _named(folder, source)
        return
    with tempfile.TemporaryDirectory(prefix="tastemap-bench-") as temporary:
        _unpack(place, Path(temporary))
        yield _named(Path(temporary), source)


def _place(source: str, sources: Sequence[Any]) -> Path:
    named = find_named(source, sources)
    return Path(source).expanduser() if named is None else fetched_file(named)


def _unpack(archive: Path, folder: Path) -> None:
    """Take the pairs out of an archive under their own names alone, whatever paths it holds."""
    wanted = {name for pair in _PAIRS for name in pair}
    try:
        with zipfile.ZipFile(archive) as opened:
            for member in opened.infolist():
                name = member.filename.rpartition("/")[2]
                if name in wanted and member.file_size <= _LARGEST:
                    (folder / name).write_bytes(opened.read(member))
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        hint = "Name the folder that holds u1.base and u1.test, or the archive that it comes in."
        raise DataError(f"it can't be opened: {error}.", path=archive, hint=hint) from None


def _named(folder: Path, source: str) -> list[tuple[str, Path, Path]]:
    pairs = [(base.partition(".")[0], folder / base, folder / test) for base, test in _PAIRS]
    missing = next((file.name for _, *files in pairs for file in files if not file.is_file()), None)
    if missing is not None:
        hint = "Name the folder that holds u1.base and u1.test to u5, or the archive that it comes in."
        raise DataError(f"it holds no {missing}.", path=source, hint=hint)
    return pairs


def refuse_lacking(source: str, holds: str) -> None:
    """Raise DataError for a folder that doesn't hold, at any depth, the file that the published data has."""
    place = Path(source).expanduser()
    if place.is_dir() and not any(place.rglob(holds)):
        hint = f"Name the folder that holds {holds}, that file itself, or the archive that it comes in."
        raise DataError(f"it holds no {holds}.", path=source, hint=hint)


def liked_rows(ratings: Ratings) -> Ratings:
    """Ratings from 4 as interactions, of users with five such at least.

    Raises DataError where there are none.
    """
    rows = np.flatnonzero(ratings.ratings >= LIKED_FROM)
    rows = rows[np.bincount(ratings.users[rows], minlength=ratings.user_count)[ratings.users[rows]] >= FEWEST]
    if not len(rows):
        raise DataError(f"no user has {FEWEST} ratings from {LIKED_FROM:g}.", path=ratings.source)
    users, items = (np.unique(side[rows], return_inverse=True) for side in (ratings.users, ratings.items))
    table, kept = ratings.item_table, items[0]
    return replace(
        ratings,
        name=f"{ratings.name}, ratings from {LIKED_FROM:g}",
        users=users[1].astype(np.int32),
        items=items[1].astype(np.int32),
        ratings=np.ones(len(rows), np.float32),
        timestamps=None if ratings.timestamps is None else ratings.timestamps[rows],
        user_vocabulary=Vocabulary(ratings.user_vocabulary.ids[users[0]]),
        item_vocabulary=Vocabulary(ratings.item_vocabulary.ids[kept]),
        item_table=ItemTable(
            tuple(table.titles[row] for row in kept),
            tuple(table.genres[row] for row in kept),
            table.years[kept],
        ),
        kind="interactions",
        held_out=0,
    )
