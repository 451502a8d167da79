"""The arrays that go from room to room, each kind under one name."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
"""Ratings, scores, embeddings."""
DoubleArray = npt.NDArray[np.float64]
"""Figures and factors where float32 would lose digits."""
RowArray = npt.NDArray[np.int32]
"""Rows of users or items, and years."""
LongArray = npt.NDArray[np.int64]
"""Rows of a ratings table, ids and seconds."""
Mask = npt.NDArray[np.bool_]
"""Yes or no for each row."""


def arrow_numbers(column: Any) -> npt.NDArray[Any]:
    """The numbers of an Arrow column without nulls, shape (n,), read-only.

    Arrow's own `to_numpy` imports pandas first, which takes as long as the rest of a small command.
    """
    whole = column.combine_chunks()
    numbers: npt.NDArray[Any] = np.from_dlpack(whole) if len(whole) else column.to_numpy()
    return numbers
