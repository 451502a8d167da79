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

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from core.array_types import RowArray, arrow_numbers
from core.options import OptionSet, option

if TYPE_CHECKING:
    import zipfile

    import pyarrow


Location: TypeAlias = "Path | zipfile.Path"
"""A file or folder on disk or inside a zip archive; both offer name, iterdir, joinpath, is_file and open."""


@dataclass(frozen=True)
class ItemTable:
    """What is known of the items, aligned with the item vocabulary: a title (the id where unknown),
    genres (a tuple, maybe empty) and the year (0 where unknown) of each.

    `tags` are what people called each item, () where the data set has none: distinct, case-folded, without
    spaces around them, in alphabetical order. A tag is kept if at least 2 people used it or at least 5 items
    carry it; what one person wrote of a few items says nothing of the others.
    """

    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]
    years: RowArray
    tags: tuple[tuple[str, ...], ...] = ()

    def to_arrow(self) -> pyarrow.Table:
        """A table with the columns `title`, `genres`, `year` and, where there are any, `tags`."""
        import pyarrow as pa

        texts = pa.list_(pa.string())
        known = {
            "title": pa.array(self.titles, pa.string()),
            "genres": pa.array(map(list, self.genres), texts),
            "year": pa.array(self.years),
        }
        tags = {"tags": pa.array(map(list, self.tags), texts)} if self.tags else {}
        return pa.table({**known, **tags})

    @classmethod
    def from_arrow(cls, table: pyarrow.Table) -> ItemTable:
        """Read it back from a table with these columns; raises KeyError where any but `tags` is missing."""
        return cls(
            titles=tuple(table["title"].to_pylist()),
            genres=_tuples(table["genres"]),
            years=arrow_numbers(table["year"]).astype(np.int32),
            tags=_tuples(table["tags"]) if "tags" in table.column_names else (),
        )


def _tuples(column: Any) -> tuple[tuple[str, ...], ...]:
    return tuple(map(tuple, column.to_pylist()))


@dataclass(frozen=True)
class Repair:
    """A stated, counted repair of the input, as in "12 duplicate ratings: the last one kept".

    A `warning` repairs nothing: it says what looks wrong, and what to do if it is.
    """

    kind: str
    count: int
    message: str
    warning: bool = False


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
    """Ratings or interactions as read, before ids become rows: columns of one length n.

    `users`, `items`: anything pyarrow takes (lists, NumPy or Arrow arrays) of integers or texts.
    `ratings`: numbers (ratings or counts), or None where the table has none: every row is an interaction.
    `timestamps`: integer or decimal seconds, dates, or None. `events`: what happened in each row, or None.
    `found` says what the reader chose, under the names of `ReadingOptions`. `files` are those it read.
    `line_of` turns a row (from 0) into a line of the file (from 1) for error messages,
    `path_of` names its file; `names` are the names of all columns, in order. `forms` say in short how ratings
    are written where they aren't plain numbers, which parts of one table must do alike.
    The last `held_out` rows are an official test part. `tags` gives the tags of
    an item by its id as text; `core.data.reading.items.shared_tags` makes them from what each person wrote.
    """

    users: Any
    items: Any
    ratings: Any = None
    timestamps: Any = None
    item_table: RawItems | None = None
    found: dict[str, object] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()
    files: tuple[Path, ...] = ()
    line_of: Callable[[int], int] = row_number
    path_of: Callable[[int], str | None] = no_path
    held_out: int = 0
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    events: Any = None
    names: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


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


SEPARATORS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "colons": "::", "whitespace": " "}


KINDS = ("ratings", "interactions")
"""What a table's rows may be: opinions on a scale, or things that somebody did."""


class ReadingOptions(OptionSet):
    """The reading choices; an empty text means "guess". What was guessed is filled in in `Ratings.reading`.

    A column is given by its name or, counted from 1, by its position ("1").
    """

    _only_plain: ClassVar[bool] = False

    source: str = option(default="", help="Where the table was read from (filled in by reading).")
    reader: str = option(default="", help="Name of the reader (guessed from the file).")
    user_column: str = option(default="", help="Column of the user ids.")
    item_column: str = option(default="", help="Column of the item ids.")
    rating_column: str = option(
        default="",
        help="Column of the ratings or counts; 'none' if there is none: then rows are interactions.",
    )
    time_column: str = option(default="", help="Column of the times; 'none' if there is none.")
    separator: str = option(
        default="", help="comma, tab, semicolon, pipe, colons, whitespace or the character itself."
    )
    header: str = option(
        default="", help="Whether the first line names the columns: yes or no.", choices=("", "yes", "no")
    )
    skip_lines: int = option(default=0, help="Lines to leave out before the table.", minimum=0)
    layout: str = option(
        default="",
        help="long: one rating a row; wide: a matrix of users × items; baskets: a user's items in a row.",
        choices=("", "long", "wide", "baskets"),
    )
    basket_separator: str = option(default="", help="What parts the items in one cell of a basket (guessed).")
    member: str = option(default="", help="The file to read in an archive or folder that holds several.")
    table: str = option(default="", help="The table of a database, or the sheet of a workbook.")
    query: str = option(default="", help="A query whose result is the table, for a database.")
    encoding: str = option(default="", help="Text encoding, as in utf-8 or latin-1.")
    decimal: str = option(
        default="",
        help="Decimal sign of the ratings; the other sign parts thousands.",
        choices=("", ".", ","),
    )
    date_order: str = option(
        default="",
        help="Order of day, month and year in dates of mere numbers.",
        choices=("", "dmy", "mdy", "ymd"),
    )
    missing: str = option(
        default="error",
        help="What to do with a row that lacks its rating or an id: stop with an error, or skip the row.",
        choices=("error", "skip"),
    )
    missing_rating: tuple[str, ...] = option(
        default=(),
        help="A number or word that stands for no rating, as in 0, -1, 99 or NR: such rows are left out.",
    )
    rating_word: tuple[str, ...] = option(
        default=(), help="What a word among the ratings stands for, as in good=4."
    )
    items: str = option(default="", help="Path of a table of items with titles; 'none' for none.")
    items_table: str = option(
        default="", help="The table or sheet of items, where the items are in a database or workbook."
    )
    items_separator: str = option(default="", help="What separates the columns of the items table.")
    items_encoding: str = option(default="", help="Text encoding of the items table.")
    items_id_column: str = option(default="", help="Column of the item ids in the items table.")
    title_column: str = option(default="", help="Column of the titles in the items table.")
    genres_column: str = option(default="", help="Column of the genres in the items table.")
    year_column: str = option(default="", help="Column of the years in the items table.")
    test_file: str = option(default="", help="Path of the official test part, read after the source.")
    test_header: str = option(
        default="",
        help="The header of the test part, where it differs.",
        choices=("", "yes", "no", "numbers"),
    )
    duplicates: str = option(
        default="",
        help="What to do with several rows of one pair: keep the last (by time), their mean, add them up, or "
        "stop with an error (ratings: last, interactions: add).",
        choices=("", "last", "mean", "add", "error"),
    )
    kind: str = option(
        default="",
        help="What the rows are: ratings (opinions on a scale) or interactions (bought, played, clicked).",
        choices=("", *KINDS),
    )
    weight: str = option(
        default="",
        help="How counts of interactions become weights: log2(1 + count), the count itself, or one for each "
        "pair (log; a column named weight as it is, unless it counts).",
        choices=("", "log", "count", "one"),
    )
    event_column: str = option(default="", help="Column of the events; 'none' if there is none.")
    event: tuple[str, ...] = option(
        default=(),
        help="An event that counts, with its weight if not 1, as in purchase=3; the others are left out.",
    )

    @property
    def separator_text(self) -> str:
        """The separator itself, empty where it is to be sniffed."""
        return SEPARATORS.get(self.separator, self.separator)
