"""The ratings table in memory: rows of users, items and ratings, and the ids they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.array_types import (
    FloatArray as FloatArray,  # noqa: PLC0414 - also taken from here
    LongArray as LongArray,  # noqa: PLC0414 - also taken from here
    RowArray,
    arrow_numbers,
)
from core.contract import ItemTable, Repair
from core.readable import readable

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class Vocabulary:
    """External ids by row: `ids` has shape (n,), dtype int64 or str, each id once, in order of appearance."""

    ids: npt.NDArray[np.int64] | npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, identifier: object) -> int | None:
        """Find the row of an external id; text and numbers are the same id where the ids are numbers."""
        return self._rows.get(str(identifier))

    def identifier(self, row: int) -> int | str:
        """Give the external id of a row as a plain Python value."""
        value: int | str = self.ids[row].item()
        return value

    def to_arrow(self) -> pyarrow.Array:
        """The ids as an Arrow array of int64 or text."""
        import pyarrow as pa

        return pa.array(self.ids.tolist() if self.ids.dtype.kind == "U" else self.ids)

    @classmethod
    def from_arrow(cls, column: pyarrow.ChunkedArray) -> Vocabulary:
        """Read the ids back from a column of `to_arrow`."""
        import pyarrow as pa

        if pa.types.is_integer(column.type):
            return cls(arrow_numbers(column))
        return cls(np.array(column.to_pylist(), dtype=np.str_))

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(identifier): row for row, identifier in enumerate(self.ids.tolist())}


@dataclass(frozen=True)
class RatingScale:
    """The lowest and highest rating, and the step between neighbouring ratings (0 if there is none)."""

    minimum: float
    maximum: float
    step: float = 0.0


@dataclass(frozen=True, repr=False)
class Ratings:
    """A table of ratings or interactions: `users`, `items` (int32 rows into the vocabularies), `ratings`
    (float32) and `timestamps` (int64 seconds, or None), all of shape (n,), in file order, each pair once.
    `kind` says what the rows are: "ratings" are opinions on the `scale`; of "interactions" (bought, played,
    clicked) `ratings` are the weights, above 0 and 1 for a single one. Where there is an official test part,
    it is the last `held_out` rows. `repairs` say what was done to the rows, `warnings` what looks wrong."""

    name: str
    source: str
    users: RowArray
    items: RowArray
    ratings: FloatArray
    timestamps: LongArray | None
    user_vocabulary: Vocabulary
    item_vocabulary: Vocabulary
    item_table: ItemTable
    scale: RatingScale
    repairs: tuple[Repair, ...] = ()
    reading: dict[str, object] = field(default_factory=dict)
    held_out: int = 0
    kind: str = "ratings"
    warnings: tuple[Repair, ...] = ()

    def __len__(self) -> int:
        return len(self.ratings)

    def __repr__(self) -> str:
        return "\n".join(f"{name:<8} {value}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        from html import escape

        rows = (f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in self._facts())
        return f'<div class="tastemap"><table>{"".join(rows)}</table></div>'

    def _facts(self) -> Iterator[tuple[str, str]]:
        """What the table is, for people."""
        yield "table", f"{readable(self.name)} ({self.kind})"
        yield "users", f"{self.user_count:,}"
        yield "items", f"{self.item_count:,}"
        yield "rows", f"{len(self):,}"
        if self.has_ratings:
            yield "scale", f"{self.scale.minimum:g} to {self.scale.maximum:g}"
        for told in (*self.repairs, *self.warnings):
            yield "note", readable(told.message)

    @property
    def has_ratings(self) -> bool:
        """Whether the rows are opinions, not interactions."""
        return self.kind == "ratings"

    @property
    def user_count(self) -> int:
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
        """SHA-256 (hex) over kind, ids, pairs and ratings in order: equal only for equal tables."""
        import hashlib

        digest = hashlib.sha256(b"" if self.has_ratings else self.kind.encode())
        for vocabulary in (self.user_vocabulary, self.item_vocabulary):
            digest.update(_id_bytes(vocabulary.ids.tolist()))
        for column in (self.users, self.items, self.ratings):
            digest.update(np.ascontiguousarray(column).data)
        return digest.hexdigest()


def _id_bytes(ids: Sequence[object]) -> bytes:
    """Length-prefixed, so that no two lists of ids look alike."""
    return b"".join(len(text).to_bytes(4, "little") + text for text in (str(i).encode() for i in ids))
