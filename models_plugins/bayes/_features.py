"""Side features: the set of items a user rated, the set of users of an item, its genres and its year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core import FloatArray
from models_plugins.bayes._state import Features

_MOST_NUMBERS = 64_000_000
"""A side's feature basis holds at most so many float32 numbers (256 MB)."""
_MORE, _POWERS = 10, 2
"""Directions sampled beyond those sought, and power iterations."""
_YEARS_APART, _MOST_YEAR_COLUMNS = 5.0, 40


def set_columns(rows: npt.NDArray[np.int32], members: npt.NDArray[np.int32], counts: tuple[int, int]) -> Any:
    """Describe each row by its set of members: a sparse matrix of shape `counts` (rows, members).

    As in SVD++ (Koren 2008) each member of a set counts 1 over the square root of the set's size.
    """
    from scipy.sparse import csr_matrix

    sizes = np.maximum(np.bincount(rows, minlength=counts[0]), 1)
    return csr_matrix(((1 / np.sqrt(sizes[rows])).astype(np.float32), (rows, members)), counts)


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


def strongest_features(columns: Sequence[Any], rank: int) -> Features | None:
    """Keep the `rank` strongest directions of feature columns side by side, each of shape (rows, any).

    Returns None for a rank of 0, too small a table, or features that are all 0.
    """
    from scipy.sparse import csr_matrix, hstack

    stacked = csr_matrix(hstack(columns), dtype=np.float32)
    rank = min(rank, min(stacked.shape) - 1, _MOST_NUMBERS // stacked.shape[0])
    if rank < 1 or not stacked.nnz:
        return None
    basis, strengths = _left_directions(stacked, rank)
    kept = strengths > 1e-4 * strengths[0]
    return Features(basis[:, kept].astype(np.float32), strengths[kept].astype(np.float64) ** 2)


def _left_directions(matrix: Any, rank: int) -> tuple[FloatArray, FloatArray]:
    """The strongest left singular vectors (rows, rank) of a sparse matrix, and their singular values (rank,).

    By random projections and two power iterations (Halko, Martinsson & Tropp 2011), with the numbers of
    scikit-learn's `randomized_svd`, whose import takes longer than the training on a small table.
    """
    wide = matrix.shape[0] < matrix.shape[1]
    tall = matrix.T.tocsr() if wide else matrix
    sample = np.random.RandomState(0).normal(size=(tall.shape[1], rank + _MORE)).astype(np.float32)
    for _ in range(_POWERS):
        sample = tall.T @ (tall @ sample)
    around = np.linalg.qr(tall @ sample).Q
    left, strengths, right = np.linalg.svd((tall.T @ around).T, full_matrices=False)
    vectors = right[:rank].T if wide else around @ left[:, :rank]
    return vectors, strengths[:rank]
