"""The ratings table in memory: rows of users, items and ratings, and the ids they stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
LongArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Vocabulary:
    """External ids by row: `ids` has shape (n,), dtype int64 or str, each id once, in order of appearance."""

    ids: npt.NDArray[np.int64] | npt.NDArray[np.str_]

    def __len__(self) -> int:
        """Count the ids."""
        return len(self.ids)

    def row(self, identifier: object) -> int | None:
        """Find the row of an external id; text and numbers are the same id where the ids are numbers."""
        return self._rows.get(str(identifier))

    def identifier(self, row: int) -> int | str:
        """Give the external id of a row as a plain Python value."""
        value: int | str = self.ids[row].item()
        return value

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(identifier): row for row, identifier in enumerate(self.ids.tolist())}


@dataclass(frozen=True)
class RatingScale:
    """The lowest and highest rating, and the step between neighbouring ratings (0 if there is none)."""

    minimum: float
    maximum: float
    step: float = 0.0


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
    years: IntArray
    tags: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Repair:
    """A stated, counted repair of the input, as in "12 duplicate ratings: the last one kept"."""

    kind: str
    count: int
    message: str


@dataclass(frozen=True)
class Ratings:
    """A ratings table: `users`, `items` (int32 rows into the vocabularies), `ratings` (float32) and
    `timestamps` (int64 seconds, or None), all of shape (n,), in file order. Where there is an official
    test part, it is the last `held_out` rows."""

    name: str
    source: str
    users: IntArray
    items: IntArray
    ratings: FloatArray
    timestamps: LongArray | None
    user_vocabulary: Vocabulary
    item_vocabulary: Vocabulary
    item_table: ItemTable
    scale: RatingScale
    repairs: tuple[Repair, ...] = ()
    reading: dict[str, object] = field(default_factory=dict)
    held_out: int = 0

    def __len__(self) -> int:
        """Count the ratings."""
        return len(self.ratings)

    @property
    def user_count(self) -> int:
        """Count the users."""
        return len(self.user_vocabulary)

    @property
    def item_count(self) -> int:
        """Count the items that were rated."""
        return len(self.item_vocabulary)

    @property
    def density(self) -> float:
        """The rated share of all user × item pairs, from 0 to 1."""
        return len(self) / (self.user_count * self.item_count)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over ids, pairs and ratings in order: equal only for equal tables."""
        digest = hashlib.sha256()
        for vocabulary in (self.user_vocabulary, self.item_vocabulary):
            digest.update(_id_bytes(vocabulary.ids.tolist()))
        for column in (self.users, self.items, self.ratings):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()


def _id_bytes(ids: Sequence[object]) -> bytes:
    """Length-prefixed, so that no two lists of ids look alike."""
    return b"".join(len(text).to_bytes(4, "little") + text for text in (str(i).encode() for i in ids))
