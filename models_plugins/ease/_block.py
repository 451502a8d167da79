"""The inverse behind the weights brought up to date by a block (Woodbury 1950), where that pays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core import FloatArray

_PAYS = 0.2
"""Up to so many rows that differ, as a share of the items, a block costs less than solving anew."""
_CLOSE = 1e-3
_CHECKED = 16


def updated_inverse(
    inverse: FloatArray, places: npt.NDArray[np.int64], before: Any, now: Any, l2: float
) -> FloatArray | None:
    """The inverse of nowᵀ · now + l2, given that of beforeᵀ · before + l2; None where it doesn't pay.

    `before` and `now` are scipy.sparse matrices (users, n) of the same items, of which those at `places` were
    in the inverse, shape (len(places), len(places)), and no other had been taken into it. With d users who
    differ it costs n² · d, not n³. Some columns are checked: where rounding has added up over many updates,
    None says to solve anew.
    """
    count = now.shape[1]
    different = np.flatnonzero(np.diff((now != before).tocsr().indptr))
    if 2 * len(different) > _PAYS * count:
        return None
    whole = np.zeros((count, count), np.float32)
    whole[np.ix_(places, places)] = inverse
    new = np.setdiff1d(np.arange(count), places)
    whole[new, new] = 1 / np.float32(l2)
    rows = np.vstack([now[different].toarray(), before[different].toarray()]).astype(np.float32)
    signs = np.repeat([1.0, -1.0], len(different))
    spread = whole @ rows.T
    small = np.diag(signs) + (rows @ spread).astype(np.float64)
    try:
        whole -= spread @ np.linalg.solve(small, spread.T).astype(np.float32)
    except np.linalg.LinAlgError:
        return None
    return whole if _inverts(whole, now, l2) else None


def _inverts(inverse: FloatArray, taken: Any, l2: float) -> bool:
    """Whether it is the inverse still, by some of its columns."""
    count = len(inverse)
    columns = np.random.default_rng(0).choice(count, min(_CHECKED, count), replace=False)
    wanted = np.zeros((count, len(columns)), np.float32)
    wanted[columns, np.arange(len(columns))] = 1
    found = taken.T @ (taken @ inverse[:, columns]) + np.float32(l2) * inverse[:, columns]
    return bool(np.abs(found - wanted).max() < _CLOSE)
