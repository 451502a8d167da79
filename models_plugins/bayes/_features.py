"""Side features: the items a user rated, the users of an item, what was rated beside it, genres and year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core import FloatArray
from models_plugins.bayes._state import Features

_MOST_NUMBERS = 64_000_000
"""The basis of a kind of features holds at most so many float32 numbers (256 MB)."""
_MORE, _POWERS = 10, 2
"""Directions sampled beyond those sought, and power iterations."""
_SITTING, _BESIDE, _MOST_BESIDE = 600, 5, 20_000_000
"""Ratings of a user at most so many seconds and so many ratings apart lie beside each other; of long tables
fewer apart, so that no more than so many pairs do."""
_TELLING, _SURELY = 0.03, 4.0
"""An order tells something where sums of squares are larger than by chance by so much, and beyond noise."""
_YEARS_APART, _MOST_YEAR_COLUMNS = 5.0, 40


def set_columns(rows: npt.NDArray[np.int32], members: npt.NDArray[np.int32], counts: tuple[int, int]) -> Any:
    """Describe each row by its set of members: a sparse matrix of shape `counts` (rows, members).

    As in SVD++ (Koren 2008) each member of a set counts 1 over the square root of the set's size.
    """
    from scipy.sparse import csr_matrix

    sizes = np.maximum(np.bincount(rows, minlength=counts[0]), 1)
    return csr_matrix(((1 / np.sqrt(sizes[rows])).astype(np.float32), (rows, members)), counts)


def beside_columns(
    users: npt.NDArray[np.int32], items: npt.NDArray[np.int32], times: npt.NDArray[np.int64], item_count: int
) -> Any:
    """Describe items by what users rated just before and after: a sparse matrix of shape (items, items).

    `users`, `items` and `times` (seconds) have shape (n,). A row's sum is the root of what it would be, as a
    set's is. Returns None where the order tells nothing: where the same items lie beside each other hardly
    more often than where each user's order is mixed.
    """
    order = np.lexsort((times, users))
    user, item, time = users[order], items[order], times[order]
    generator = np.random.default_rng(0)
    mixed = [item[np.lexsort((generator.random(len(user)), user))] for _ in range(2)]
    found, *chance = (_beside(user, one, time, item_count) for one in (item, *mixed))
    told, (first, second) = _strength(found), map(_strength, chance)
    if told - max(first, second) <= max(_TELLING * first, _SURELY * abs(first - second)):
        return None
    return found


def _strength(columns: Any) -> float:
    return float(columns.multiply(columns).sum())


def _beside(user: Any, item: Any, time: Any, item_count: int) -> Any:
    """How often items lie beside each other: sparse, (items, items). Neighbours at distance k count 1 / k."""
    from scipy.sparse import csr_matrix, diags

    ends, weights = [np.zeros((2, 0), np.int32)], [np.zeros(0, np.float32)]
    for apart in range(1, min(_BESIDE, max(1, _MOST_BESIDE // max(1, len(user)))) + 1):
        near = (user[apart:] == user[:-apart]) & (time[apart:] - time[:-apart] <= _SITTING)
        ends.append(np.stack([item[:-apart][near], item[apart:][near]]))
        weights.append(np.full(ends[-1].shape[1], 1 / apart, np.float32))
    (left, right), weight = np.concatenate(ends, axis=1), np.concatenate(weights)
    one_way = csr_matrix((weight, (left, right)), (item_count, item_count))
    both = one_way + one_way.T
    roots = np.sqrt(np.maximum(np.asarray(both.sum(axis=1)).ravel(), 1))
    return csr_matrix(diags((1 / roots).astype(np.float32)) @ both)


def genre_columns(genres: Sequence[Sequence[str]]) -> Any:
    """Describe items by their sets of genres: a sparse matrix of shape (items, genres)."""
    known = sorted({name for names in genres for name in names})
    columns = {name: column for column, name in enumerate(known)}
    pairs = [(row, columns[name]) for row, names in enumerate(genres) for name in set(names)]
    rows, members = np.array(pairs, np.int32).reshape(-1, 2).T
    return set_columns(rows, members, (len(genres), max(1, len(columns))))


def year_columns(years: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    """Describe items by bumps around every fifth year, so that years near each other are alike.

    `years` has shape (items,), 0 where unknown; the result (items, bumps) has rows of length 1, or 0 there.
    """
    known = years > 0
    if not known.any():
        return np.zeros((len(years), 1), np.float32)
    first, last = float(years[known].min()), float(years[known].max())
    apart = max(_YEARS_APART, (last - first) / _MOST_YEAR_COLUMNS)
    centers = np.arange(first, last + apart, apart)
    bumps = np.exp(-0.5 * ((years[:, None] - centers) / apart) ** 2)
    lengths = np.sqrt((bumps**2).sum(axis=1, keepdims=True))
    return np.where(known[:, None], bumps / np.maximum(lengths, 1e-9), 0).astype(np.float32)


def strongest_features(columns: Sequence[Any], rank: int, contrast: float = 1.0) -> tuple[Features, ...]:
    """Keep the `rank` strongest directions of feature columns side by side, each of shape (rows, any).

    Rows are as alike as the products of their columns, or for a `contrast` above 1 as that power of their
    matrix, where strong directions count more. Empty for a rank of 0, too small a table, or features that
    are all 0.
    """
    from scipy.sparse import csr_matrix, hstack

    stacked = csr_matrix(hstack(columns), dtype=np.float32)
    rank = min(rank, min(stacked.shape) - 1, _MOST_NUMBERS // stacked.shape[0])
    if rank < 1 or not stacked.nnz:
        return ()
    basis, strengths = _left_directions(stacked, rank)
    kept = strengths > 1e-4 * strengths[0]
    squares = strengths[kept].astype(np.float64) ** 2
    variances = squares * (squares / np.median(squares)) ** (contrast - 1)
    return (Features(basis[:, kept].astype(np.float32), variances),)


def _left_directions(matrix: Any, rank: int) -> tuple[FloatArray, FloatArray]:
    """The strongest left singular vectors (rows, rank) of a sparse matrix, and their singular values (rank,).

    By random projections and two power iterations (Halko, Martinsson & Tropp 2011), as scikit-learn's
    `randomized_svd` does, whose import takes longer than the training on a small table.
    """
    from scipy.linalg import qr

    wide = matrix.shape[0] < matrix.shape[1]
    tall = matrix.T.tocsr() if wide else matrix
    sample = np.random.RandomState(0).normal(size=(tall.shape[1], rank + _MORE)).astype(np.float32)
    for _ in range(_POWERS):
        sample = tall.T @ (tall @ sample)
    around, _ = qr(tall @ sample, mode="economic", overwrite_a=True, check_finite=False)
    within: FloatArray = tall.T @ around
    exactly = within.astype(np.float64)  # squares of what is far weaker than the strongest
    squares, axes = np.linalg.eigh(exactly.T @ exactly)
    strengths = np.sqrt(np.maximum(squares[::-1], 0)).astype(np.float32)[:rank]
    axes = axes[:, ::-1][:, :rank].astype(np.float32)
    if wide:
        return within @ axes / np.maximum(strengths, np.finfo(np.float32).tiny), strengths
    return around @ axes, strengths
