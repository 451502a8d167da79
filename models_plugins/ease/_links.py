"""Item–item weights in closed form, pruned and sparse, and the scores that they give."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core import FloatArray, TastemapError

_FEW_USERS = 16
"""For fewer users it doesn't pay to turn the links round."""
_MOST_DENSE = 64_000_000
"""Numbers of a dense matrix of links: 256 MB."""
_CLOSE_TO_SINGULAR = 1e-3
_SAMPLED = 500_000
FEWEST_LINKS, MOST_LINKS, _TOLD = 500, 5000, 0.99
"""From so many to so many weights are kept for each item on average: those that hold this share of all
squares. On carved parts of six tables, made ones and MovieLens, no more was lost than chance moves; of
few users and many items all weights matter a little, and 94 % of the squares lost a twentieth of nDCG@10."""


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
    count, towards = len(weights), np.ascontiguousarray(weights.T).ravel()
    strength = np.abs(towards)
    least = _least_of(strength, min(links, count) * count)
    places = np.flatnonzero(strength >= least if least else strength)
    targets, sources = np.divmod(places, count)
    starts = np.concatenate([[0], np.cumsum(np.bincount(targets, minlength=count))]).astype(np.int64)
    return Links(starts, sources.astype(_index_kind(count)), towards[places].astype(np.float16))


def telling_links(weights: FloatArray) -> int:
    """How many weights for each item, on average, hold nearly all that they say, by a sample of them."""
    squares = np.square(weights.ravel(order="K")[:: max(1, weights.size // _SAMPLED)], dtype=np.float64)
    held = np.cumsum(np.sort(squares)[::-1])
    share = (int(np.searchsorted(held, _TOLD * held[-1])) + 1) / len(held)
    return min(MOST_LINKS, max(FEWEST_LINKS, math.ceil(share * len(weights))))


def _least_of(strength: FloatArray, most: int) -> float:
    """The `most`-th largest number, 0 where there are no more than that.

    A sample says between which two numbers it lies, so that few have to be put in order.
    """
    if most >= len(strength):
        return 0.0
    sample = np.sort(strength[:: max(1, len(strength) // _SAMPLED)])
    place = (1 - most / len(strength)) * len(sample)
    near = 6 * np.sqrt(len(sample)) + 1
    low, high = (sample[int(np.clip(at, 0, len(sample) - 1))] for at in (place - near, place + near))
    above, among = int((strength > high).sum()), strength[(strength >= low) & (strength <= high)]
    if not above < most <= above + len(among):
        among, above = strength, 0
    place = len(among) - (most - above)
    return float(np.partition(among, place)[place])


@dataclass(frozen=True)
class Links:
    """Item j's score sums weight × what was taken of each source; its own are `starts[j]:starts[j + 1]`."""

    starts: npt.NDArray[np.int64]
    sources: npt.NDArray[np.integer]
    weights: npt.NDArray[np.float16]

    def matrix(self) -> Any:
        """The links as a scipy.sparse matrix (targets, sources); raises ValueError where they don't fit."""
        import scipy.sparse

        parts = self.weights.astype(np.float32), self.sources, self.starts
        count = len(self.starts) - 1
        matrix = scipy.sparse.csr_array(parts, (count, count))
        matrix.check_format(full_check=True)
        return matrix


def link_scores(histories: Any, links: Any) -> FloatArray:
    """What was taken, a scipy.sparse matrix (users, n), times the weights (targets, sources), both n.

    The weights are sparse, or dense as `ready_links` has them; in neither case have they to be turned round.
    """
    if isinstance(links, np.ndarray):
        dense: FloatArray = histories.toarray() @ links.T
        return dense
    if histories.shape[0] < _FEW_USERS:
        few: FloatArray = (links @ histories.T.toarray()).T
        return few
    ready = ready_links(links)
    if isinstance(ready, np.ndarray):
        return link_scores(histories, ready)
    sparse: FloatArray = (histories @ links.T).toarray()
    return sparse


def ready_links(links: Any) -> Any:
    """Sparse links as they are fastest for many users: dense, where there is room for that."""
    return links.toarray() if links.shape[0] ** 2 <= _MOST_DENSE else links


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
    """The weights that an inverse holds, shape (n, n), those towards an item side by side in memory."""
    towards: FloatArray = np.ascontiguousarray(inverse.T) / -np.diag(inverse)[:, None]
    towards[np.diag_indices(len(towards))] = 0
    return towards.T


def item_inverse(taken: Any, l2: float, more: Any = None) -> FloatArray:
    """The inverse of takenᵀ · taken + l2, shape (n, n), for `taken`, a scipy.sparse matrix (users, n).

    `more` counts beside how often two items were taken by one user: a scipy.sparse matrix (n, n), positive
    semidefinite. Raises TastemapError where the system can't be solved.
    """
    taken = taken[np.flatnonzero(np.diff(taken.indptr))]
    fewer_users = more is None and 2 * taken.shape[0] < taken.shape[1]
    inverse = _inverse_by_users(taken, l2) if fewer_users else None
    if inverse is None:
        inverse = _inverse(taken.T @ taken if more is None else taken.T @ taken + more, l2)
    return inverse


def _inverse(gram: Any, l2: float) -> FloatArray:
    """(gram + l2)⁻¹ of a scipy.sparse matrix, by a Cholesky decomposition in the size of the items."""
    from scipy.linalg import lapack

    factor = _cholesky(gram.toarray().astype(np.float32), l2)
    factor, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise _unsolvable()
    inverse: FloatArray = np.tril(factor)
    inverse += np.tril(factor, -1).T
    return inverse


def _inverse_by_users(taken: Any, l2: float) -> FloatArray | None:
    """(takenᵀ · taken + l2)⁻¹ in the size of the users, by the matrix inversion lemma; None where digits
    would be lost."""
    from scipy.linalg import blas

    gram = (taken @ taken.T).toarray().astype(np.float32)
    if l2 < _CLOSE_TO_SINGULAR * gram.sum(axis=1).max(initial=0):
        return None
    half = blas.strsm(1.0, _cholesky(gram, l2), np.asfortranarray(taken.toarray(), np.float32), lower=1)
    inverse: FloatArray = half.T @ half
    np.negative(inverse, out=inverse)
    inverse[np.diag_indices(len(inverse))] += 1
    inverse /= np.float32(l2)
    return inverse


def _cholesky(gram: FloatArray, l2: float) -> FloatArray:
    """The lower factor of gram + l2; what is above the diagonal means nothing."""
    from scipy.linalg import lapack

    gram = np.asfortranarray(gram)
    gram[np.diag_indices(len(gram))] += np.float32(l2)
    factor, failed = lapack.spotrf(gram, lower=1, overwrite_a=1)
    if failed:
        raise _unsolvable()
    found: FloatArray = factor
    return found


def _unsolvable() -> TastemapError:
    return TastemapError("The item–item weights can't be solved for.", hint="Raise --l2.")
