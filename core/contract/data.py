"""The contract of data plugins: readers of file forms, and named data sets that can be fetched.

```python
class JsonLines(Reader):
    name = "json-lines"
    description = "One rating a line, as a JSON object."

    def recognizes(self, location):
        return location.name.endswith(".jsonl")

    def read(self, location, options):
        rows = [json.loads(line) for line in location.open("rb")]
        return RawTable([r["user"] for r in rows], [r["item"] for r in rows], [r["stars"] for r in rows])
```
"""

from __future__ import annotations

import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.contract.reading_options import ReadingOptions
from core.data.ratings import Repair

Location = Path | zipfile.Path
"""A file or folder on disk or inside a zip archive; both offer name, iterdir, joinpath, is_file and open."""


@dataclass(frozen=True)
class RawItems:
    """Items as read: `ids`, `titles`, `genres` (each a tuple) and `years` (0: unknown), all of length n."""

    ids: Sequence[str]
    titles: Sequence[str]
    genres: Sequence[tuple[str, ...]]
    years: Sequence[int]


def row_number(index: int) -> int:
    """Number rows from 1: the place of a row where the reader knows of no lines."""
    return index + 1


def no_path(_: int) -> str | None:
    """Name no file of its own for a row: the source stands for it."""
    return None


@dataclass(frozen=True)
class RawTable:
    """Ratings as read, before ids become rows: four columns of one length n.

    `users`, `items`: anything pyarrow takes (lists, NumPy or Arrow arrays) of integers or texts.
    `ratings`: numbers. `timestamps`: integer or decimal seconds, dates, or None.
    `found` says what the reader chose, under the names of `ReadingOptions`. `files` are those it read.
    `line_of` turns a row (from 0) into a line of the file (from 1) for error messages,
    `path_of` names its file. The last `held_out` rows are an official test part. `tags` gives the tags of
    an item by its id as text; `core.data.reading.items.shared_tags` makes them from what each person wrote.
    """

    users: Any
    items: Any
    ratings: Any
    timestamps: Any = None
    item_table: RawItems | None = None
    found: dict[str, object] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()
    files: tuple[Path, ...] = ()
    line_of: Callable[[int], int] = row_number
    path_of: Callable[[int], str | None] = no_path
    held_out: int = 0
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class DataSource(ABC):
    """What `register_datasets` returns: a `Reader` or a `NamedDataset`, with a unique `name`."""

    name: str
    description: str


class Reader(DataSource):
    """Reads one form of ratings table."""

    @abstractmethod
    def recognizes(self, location: Location) -> bool:
        """Say whether this file or folder has the reader's form; quick, and never raising for a bad file."""

    @abstractmethod
    def read(self, location: Location, options: ReadingOptions) -> RawTable:
        """Read the table; raises DataError for one that can't be used."""


@dataclass(frozen=True)
class Edition:
    """One downloadable edition: mirrors in the order to try, and the SHA-256 where it is known for sure."""

    urls: tuple[str, ...]
    file_name: str
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class NamedDataset(DataSource):
    """A data set with a name, fetched on request and then read by the reader that recognizes its file."""

    name: str
    description: str
    edition: Edition
    licence: str
    homepage: str = ""
    reading: dict[str, object] = field(default_factory=dict)
