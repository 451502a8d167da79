"""The first of many by score, and the order of mere popularity; ties go by row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray


def first_of_block(scores: FloatArray, count: int) -> LongArray:
    """The columns of the `count` largest scores of each row, descending, ties by column: (rows, count)."""
    columns = scores.shape[1]
    count = min(count, columns)
    if count == columns:
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
