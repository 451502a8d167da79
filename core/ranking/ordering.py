"""The first of many by score, and the order of mere popularity; ties go by row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray

_WIDE = 32
"""Columns that one maximum stands for."""
_MANY_NEAR = 32
"""A row with more columns that may be among the first, as a multiple of those asked for, is partitioned."""


def first_of_block(scores: FloatArray, count: int) -> LongArray:
    """The columns of the `count` largest scores of each row, descending, ties by column: (rows, count)."""
    rows, columns = scores.shape
    count = min(count, columns)
    if columns < 2 * _WIDE * count:
        return _by_partition(scores, count)
    places = np.flatnonzero(scores >= _bound(scores, count))
    found = np.bincount(places // columns, minlength=rows)
    fits = (found >= count) & (found <= _MANY_NEAR * count)
    best = np.empty((rows, count), np.int64)
    best[fits] = _of_near(scores, places[fits[places // columns]], found[fits], count)
    best[~fits] = _by_partition(scores[~fits], count)
    return best


def _bound(scores: FloatArray, count: int) -> FloatArray:
    """What the `count`-th largest score of each row reaches at least, shape (rows, 1): of so many maxima of
    columns side by side, the least is no more than that."""
    wide = scores.shape[1] // _WIDE
    maxima = scores[:, : wide * _WIDE].reshape(len(scores), _WIDE, wide).max(axis=1)
    bound: FloatArray = np.partition(maxima, wide - count, axis=1)[:, wide - count, None]
    return bound


def _of_near(scores: FloatArray, places: LongArray, found: LongArray, count: int) -> LongArray:
    """The first among `places` of the flat scores, ascending, `found` of them in each row that has any."""
    who, columns = np.divmod(places, scores.shape[1])
    order = np.lexsort((-scores.ravel()[places], who))
    starts = np.cumsum(found) - found
    chosen: LongArray = columns[order][starts[:, None] + np.arange(count)]
    return chosen


def _by_partition(scores: FloatArray, count: int) -> LongArray:
    if count == scores.shape[1]:
        return np.argsort(-scores, axis=1, kind="stable").astype(np.int64)
    best = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    least = np.take_along_axis(scores, best, axis=1).min(axis=1, keepdims=True)
    tied = np.flatnonzero((scores >= least).sum(axis=1) > count)
    for row in tied.tolist():  # a partition takes any of those that tie at its edge
        best[row] = _first_of(scores[row], float(least[row, 0]), count)
    best.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1).astype(np.int64)


def _first_of(scores: FloatArray, least: float, count: int) -> LongArray:
    above, at = np.flatnonzero(scores > least), np.flatnonzero(scores == least)
    return np.concatenate([above, at[: count - len(above)]]).astype(np.int64)


def popularity_scores(counts: npt.NDArray[np.number]) -> FloatArray:
    """Scores, shape (items,), that rank by falling count, ties by row, no two alike (below 2^24 items)."""
    order = np.argsort(-counts, kind="stable")
    scores = np.empty(len(counts), np.float32)
    scores[order] = np.arange(len(counts), 0, -1, dtype=np.float32)
    return scores
