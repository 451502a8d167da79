"""Nearest neighbours by the cosine of factors, exact, and the largest of many values."""

from __future__ import annotations

import numpy as np

from core.data.ratings import FloatArray, LongArray

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
