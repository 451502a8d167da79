"""Side features from the ratings table alone: the set of items a user rated, the set of users of an item."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models_plugins.bayes_state import Features

_MOST_NUMBERS = 64_000_000
"""A side's feature basis holds at most so many float32 numbers (256 MB)."""


def set_features(
    rows: npt.NDArray[np.int32], members: npt.NDArray[np.int32], counts: tuple[int, int], rank: int
) -> Features | None:
    """Turn each row's set of members into features; `counts` are the numbers of rows and members.

    As in SVD++ (Koren 2008) a row is the sum of its members' vectors over the square root of their number;
    only the `rank` strongest directions of those sums are kept. Returns None for a rank of 0 or too small a
    table.
    """
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
    from sklearn.utils.extmath import randomized_svd

    rank = min(rank, min(counts) - 1, _MOST_NUMBERS // counts[0])
    if rank < 1:
        return None
    sizes = np.maximum(np.bincount(rows, minlength=counts[0]), 1)
    values = (1 / np.sqrt(sizes[rows])).astype(np.float32)
    basis, strengths, _ = randomized_svd(csr_matrix((values, (rows, members)), counts), rank, random_state=0)
    kept = strengths > 1e-4 * strengths[0]
    return Features(basis[:, kept].astype(np.float32), strengths[kept].astype(np.float64) ** 2)
