"""Item–item weights in closed form, pruned and sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core import FloatArray, TastemapError


def kept_items(counts: npt.NDArray[np.int64], least: int, most: int) -> npt.NDArray[np.int64]:
    """Rows of items with `least` likes at least, the `most` liked of them, ascending."""
    order = np.argsort(-counts, kind="stable")[:most]
    return np.sort(order[counts[order] >= least]).astype(np.int64)


VECTORS = 32
"""Numbers of an item's vector."""
_MORE, _TURNS = 16, 4


def item_links(taken: Any, l2: float, links: int, more: Any = None) -> Links:
    """Solve EASE as `item_weights` does, and keep `links` × n weights."""
    return strongest(item_weights(taken, l2, more), links)


def strongest(weights: FloatArray, links: int) -> Links:
    """Keep the `links` × n strongest of weights (n, n): of all, not of each item, since items that many took
    have more to say."""
    count = len(weights)
    most = min(links, count) * count
    strength = np.abs(weights).ravel()
    least = np.partition(strength, len(strength) - most)[len(strength) - most] if most < len(strength) else 0
    targets, sources = np.nonzero((np.abs(weights) >= least).T & (weights.T != 0))
    starts = np.concatenate([[0], np.cumsum(np.bincount(targets, minlength=count))]).astype(np.int64)
    return Links(starts, sources.astype(_index_kind(count)), weights[sources, targets].astype(np.float16))


@dataclass(frozen=True)
class Links:
    """Item j's score sums weight × what was taken of each source; its own are `starts[j]:starts[j + 1]`."""

    starts: npt.NDArray[np.int64]
    sources: npt.NDArray[np.integer]
    weights: npt.NDArray[np.float16]


def _index_kind(count: int) -> type[np.integer]:
    return np.uint16 if count <= np.iinfo(np.uint16).max else np.int32


def item_vectors(weights: FloatArray) -> FloatArray:
    """Vectors of items, shape (n, `VECTORS`), whose products come near the items' partial correlations.

    Those are how two items go together where all others are known: the geometric mean of EASE's weights both
    ways. The vectors are their leading eigenvectors, found by subspace iteration (Halko, Martinsson & Tropp
    2011), so that neighbours and maps follow from the same weights as the ranking.
    """
    related = weights * weights.T
    np.sqrt(related, out=related)
    np.copysign(related, weights, out=related)
    width = min(VECTORS + _MORE, len(related))
    basis = np.random.default_rng(0).standard_normal((len(related), width), np.float32)
    for _ in range(_TURNS):
        basis, _ = np.linalg.qr(related @ basis)
    strengths, axes = np.linalg.eigh(basis.T @ (related @ basis))
    kept = np.argsort(-strengths)[:VECTORS]
    scales = np.sqrt(np.maximum(strengths[kept], 0))
    vectors = np.zeros((len(related), VECTORS), np.float32)
    vectors[:, : len(kept)] = basis @ (axes[:, kept] * scales)
    return vectors


def item_weights(taken: Any, l2: float, more: Any = None) -> FloatArray:
    """Solve EASE for `taken`, a scipy.sparse matrix (users, n): weights from item to item, shape (n, n), by
    `item_inverse`."""
    return weights_of(item_inverse(taken, l2, more))


def weights_of(inverse: FloatArray) -> FloatArray:
    """The weights that an inverse holds, shape (n, n)."""
    weights: FloatArray = inverse / -np.diag(inverse)
    weights[np.diag_indices(len(weights))] = 0
    return weights


def item_inverse(taken: Any, l2: float, more: Any = None) -> FloatArray:
    """The inverse of takenᵀ · taken + l2, shape (n, n), for `taken`, a scipy.sparse matrix (users, n).

    `more` counts beside how often two items were taken by one user: a scipy.sparse matrix (n, n), positive
    semidefinite. Raises TastemapError where the system can't be solved.
    """
    from scipy.linalg import lapack

    together = taken.T @ taken if more is None else taken.T @ taken + more
    gram = np.asfortranarray(together.toarray().astype(np.float32))
    gram[np.diag_indices(len(gram))] += np.float32(l2)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if not failed:
        factor, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise TastemapError("The item–item weights can't be solved for.", hint="Raise --l2.")
    inverse: FloatArray = np.tril(factor)
    inverse += np.tril(factor, -1).T
    return inverse
