"""Nearest neighbours of an item or a user by the cosine of their factors, exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.ratings import FloatArray, LongArray
from core.errors import UsageError
from core.model.catalogue import ItemCard, factor_table, item_card, item_row, user_row
from core.model.model import Model

_BLOCK = 65_536


@dataclass(frozen=True, kw_only=True)
class SimilarItem(ItemCard):
    """An item and its cosine similarity, from −1 to 1."""

    similarity: float


@dataclass(frozen=True)
class SimilarUser:
    """A user, their count of training ratings and the cosine similarity, from −1 to 1."""

    user: int | str
    ratings: int
    similarity: float


def similar_items(
    model: Model, item: object, count: int = 10, min_ratings: int = 1
) -> tuple[SimilarItem, ...]:
    """Find the items whose factors point most nearly the same way.

    Only items with `min_ratings` training ratings take part. Raises UsageError for an unknown item, one that
    training never saw, and an architecture without item factors.
    """
    row = item_row(model, item)
    counts = model.baseline.item_counts
    _check_trained(int(counts[row]), f"Item {item!r}")
    rows, similarities = nearest(factor_table(model, "item"), row, counts >= max(1, min_ratings), count)
    return tuple(
        SimilarItem(**vars(item_card(model, found)), similarity=similarity)
        for found, similarity in zip(rows.tolist(), similarities.tolist(), strict=True)
    )


def similar_users(
    model: Model, user: object, count: int = 10, min_ratings: int = 1
) -> tuple[SimilarUser, ...]:
    """Find the users whose factors point most nearly the same way; as `similar_items`."""
    row = user_row(model, user)
    counts = model.baseline.user_counts
    _check_trained(int(counts[row]), f"User {user!r}")
    rows, similarities = nearest(factor_table(model, "user"), row, counts >= max(1, min_ratings), count)
    return tuple(
        SimilarUser(model.users.identifier(found), int(counts[found]), similarity)
        for found, similarity in zip(rows.tolist(), similarities.tolist(), strict=True)
    )


def nearest(
    factors: FloatArray, row: int, allowed: np.ndarray[tuple[int], np.dtype[np.bool_]], count: int
) -> tuple[LongArray, FloatArray]:
    """Rows of the `count` largest cosines with `row`, itself left out, and the cosines, both descending.

    `factors` has shape (rows, factors), `allowed` (rows,); zero factors have cosine 0; ties go by row.
    """
    cosines = _cosines(factors, factors[row])
    cosines[~allowed] = -np.inf
    cosines[row] = -np.inf
    best = top_rows(cosines, min(count, int(np.isfinite(cosines).sum())))
    return best, cosines[best]


def top_rows(values: FloatArray, count: int) -> LongArray:
    """Rows of the `count` largest values, shape (count,), descending; ties go by row."""
    if count <= 0:
        return np.zeros(0, np.int64)
    threshold = np.partition(values, len(values) - count)[len(values) - count]
    candidates = np.flatnonzero(values >= threshold)
    return candidates[np.argsort(-values[candidates], kind="stable")][:count]


def _cosines(factors: FloatArray, target: FloatArray) -> FloatArray:
    """Cosines of all rows with a target, block by block so that no second table is made."""
    cosines = np.empty(len(factors), np.float32)
    for start in range(0, len(factors), _BLOCK):
        block = factors[start : start + _BLOCK]
        lengths = np.sqrt(np.einsum("ij,ij->i", block, block)) * np.float32(np.linalg.norm(target))
        dots = block @ target
        cosines[start : start + _BLOCK] = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
    return cosines


def _check_trained(ratings: int, name: str) -> None:
    if not ratings:
        raise UsageError(f"{name} had no training rating, so its factors mean nothing.")
