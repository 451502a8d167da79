"""Who and what a model knows: rows by id, cards of items, ranks by popularity, neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray
from core.contract import replica_count
from core.data import Vocabulary
from core.errors import UsageError
from core.model.model import Model


@dataclass(frozen=True)
class ItemCard:
    """What a list shows of an item; `year` is 0 where unknown, `ratings` counts those of training."""

    item: int | str
    title: str
    year: int
    genres: tuple[str, ...]
    ratings: int

    def cells(self, counted: str = "ratings") -> tuple[str, ...]:
        """The card as cells of a table: id, title, genres, count of ratings, or of what else is `counted`."""
        return str(self.item), self.title, ", ".join(self.genres), f"{self.ratings:,} {counted}"


def item_card(model: Model, row: int) -> ItemCard:
    """Describe the item of a row."""
    table = model.item_table
    count = int(model.baseline.item_counts[row])
    return ItemCard(
        model.items.identifier(row), table.titles[row], int(table.years[row]), table.genres[row], count
    )


def user_row(model: Model, user: object) -> int:
    """Find a user's row; raises UsageError for an id that the run doesn't know."""
    return _row(model.users, "user", user)


def item_row(model: Model, item: object) -> int:
    """Find an item's row; raises UsageError for an id that the run doesn't know."""
    return _row(model.items, "item", item)


def by_popularity(counts: npt.NDArray[np.integer], limit: int | None = None) -> LongArray:
    """Rows with a training rating, the most rated first (ties in the table's order), at most `limit`."""
    order = np.argsort(-counts, kind="stable")
    rated: LongArray = order[counts[order] > 0].astype(np.int64)
    return rated[:limit]


def factor_table(model: Model, side: str) -> FloatArray:
    """The factors of all users or items, shape (rows, factors); raises UsageError where there are none."""
    table = model.table(f"{side}_factors")
    if table is None:
        name = model.architecture.name
        hint = "Choose a run of an architecture with factors, such as bias."
        raise UsageError(f"{name} has no {side} factors, so there is nothing to compare by.", hint=hint)
    return table


def bias_column(model: Model, side: str) -> FloatArray | None:
    """The biases of all users or items, shape (rows,), in units of the rating; None where there are none.

    They are the architecture's own, of replicas the mean, and the damped offsets that it was centred by.
    """
    offsets = model.scorer.offsets[0 if side == "user" else 1]
    table = model.table(f"{side}_bias")
    if table is None or table.shape[1] != replica_count(model.architecture):
        return offsets if model.scoring.means else None
    biases: FloatArray = np.float32(model.scoring.share) * table.mean(axis=1) + offsets
    return biases


def _row(vocabulary: Vocabulary, side: str, identifier: object) -> int:
    row = vocabulary.row(identifier)
    if row is None:
        example = vocabulary.identifier(0) if len(vocabulary) else "none"
        hint = f"Ids are those of the ratings table, such as {example}; search finds them by title."
        raise UsageError(f"There is no {side} {identifier!r} in this run.", hint=hint)
    return row


_BLOCK = 65_536


def nearest(
    factors: FloatArray, row: int, allowed: np.ndarray[tuple[int], np.dtype[np.bool_]], count: int
) -> tuple[LongArray, FloatArray]:
    """Rows of the `count` largest cosines with `row`, itself left out, and the cosines, both descending.

    `factors` has shape (rows, factors), `allowed` (rows,); zero factors have cosine 0; ties go by row.
    """
    cosines = _cosines(factors, factors[row])
    cosines[~allowed] = -np.inf
    cosines[row] = -np.inf
    best = top_rows(cosines, min(count, int((cosines != -np.inf).sum())))
    return best, cosines[best]


def top_rows(values: FloatArray, count: int) -> LongArray:
    """Rows of the `count` largest values, shape (count,), descending; ties go by row.

    NaN counts as the largest: whoever shows the values sees it.
    """
    if count <= 0:
        return np.zeros(0, np.int64)
    keys = np.where(np.isnan(values), np.inf, values)
    threshold = np.partition(keys, len(keys) - count)[len(keys) - count]
    candidates = np.flatnonzero(keys >= threshold)
    return candidates[np.argsort(-keys[candidates], kind="stable")][:count]


def _cosines(factors: FloatArray, target: FloatArray) -> FloatArray:
    """Cosines of all rows with a target, block by block so that no second table is made."""
    cosines = np.empty(len(factors), np.float32)
    for start in range(0, len(factors), _BLOCK):
        block = factors[start : start + _BLOCK]
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block)) * np.float32(np.linalg.norm(target))
        dots = block @ target
        cosines[start : start + _BLOCK] = np.divide(
            dots, lengths, out=np.zeros_like(dots), where=lengths != 0
        )
    return cosines
