"""Item–item weights in closed form, pruned and sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core import FloatArray, TastemapError

_BLOCK = 512


def kept_items(counts: npt.NDArray[np.int64], least: int, most: int) -> npt.NDArray[np.int64]:
    """Rows of items with `least` likes at least, the `most` liked of them, ascending."""
    order = np.argsort(-counts, kind="stable")[:most]
    return np.sort(order[counts[order] >= least]).astype(np.int64)


def item_links(taken: Any, l2: float, links: int) -> tuple[npt.NDArray[np.int64], Any, FloatArray]:
    """Solve EASE for `taken`, a scipy.sparse matrix (users, n), and keep each item's `links` strongest weights.

    Returns starts (n + 1,), sources (int32) and weights: item j's score is the sum of weight × what was taken
    of each source. Raises TastemapError where the system can't be solved.
    """
    weights = _solve(taken, l2)
    count = len(weights)
    links = min(links, count)
    starts, sources, values = np.arange(count + 1, dtype=np.int64) * links, [], []
    for first in range(0, count, _BLOCK):
        columns = weights[:, first : first + _BLOCK].T
        best = np.argpartition(-np.abs(columns), links - 1, axis=1)[:, :links]
        best.sort(axis=1)
        sources.append(best.astype(np.int32).ravel())
        values.append(np.take_along_axis(columns, best, axis=1).astype(np.float32).ravel())
    return starts, np.concatenate(sources), np.concatenate(values)


def _solve(taken: Any, l2: float) -> FloatArray:
    from scipy.linalg import lapack

    gram = np.asfortranarray((taken.T @ taken).toarray().astype(np.float32))
    gram[np.diag_indices(len(gram))] += np.float32(l2)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if not failed:
        factor, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise TastemapError("The item–item weights can't be solved for.", hint="Raise --l2.")
    inverse: FloatArray = np.tril(factor)
    inverse += np.tril(factor, -1).T
    weights = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(weights))] = 0
    return weights
