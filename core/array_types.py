"""The arrays that go from room to room, each kind under one name."""

from __future__ import annotations

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
