"""Checks ratings, and finds the scale that they lie on."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray
from core.data import RatingScale

_MOST_STEPS = 1000


class BadValueError(Exception):
    """A value that can't be used: `index` is its row from 0, `what` it is (rating, time or pair)."""

    def __init__(self, index: int, reason: str, value: object, what: str = "rating") -> None:
        super().__init__(reason)
        self.index, self.reason, self.value, self.what = index, reason, value, what


def clean_ratings(column: Any) -> FloatArray:
    """Turn a column of numbers into float32, shape (n,); raises BadValueError for one that isn't finite."""
    import pyarrow as pa

    try:
        ratings: FloatArray = _numbers(whole(chunked(column).cast(pa.float32(), safe=False)))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise BadValueError(*_first_non_number(column)) from error
    finite = np.isfinite(ratings)
    if not finite.all():
        index = int(np.argmin(finite))
        value = float(ratings[index])
        reason = "the rating is missing (not a number)" if np.isnan(value) else "the rating is not finite"
        raise BadValueError(index, reason, value)
    return ratings


def chunked(column: Any) -> Any:
    """A column as one chunked Arrow array."""
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return column
    return pa.chunked_array([column if isinstance(column, pa.Array) else pa.array(column)])


def whole(column: Any) -> Any:
    """A chunked array as one array; one chunk is taken as it is, without a copy."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _numbers(column: Any) -> FloatArray:
    """The numbers of one Arrow array, NaN where they are missing."""
    numbers: FloatArray = column.to_numpy(zero_copy_only=False)
    return numbers


def _first_non_number(column: Any) -> tuple[int, str, object]:
    for index, value in enumerate(column.to_pylist() if hasattr(column, "to_pylist") else list(column)):
        try:
            float(value)
        except (TypeError, ValueError):
            return index, f"the rating {str(value)[:60]!r} is not a number", value
    return 0, "the ratings are not numbers", None


def levels_of(ratings: FloatArray) -> tuple[FloatArray, LongArray]:
    """The distinct values in ascending order, and how often each occurs; by hashing, not by sorting all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    counted = pc.value_counts(pa.array(ratings))
    values, counts = (counted.field(name).to_numpy() for name in ("values", "counts"))
    order = np.argsort(values)
    return values[order], counts[order]


def find_scale(ratings: FloatArray) -> RatingScale:
    """The observed scale; the step is 0 where the values are no regular grid."""
    values = levels_of(ratings)[0].astype(np.float64)
    low, high = float(values[0]), float(values[-1])
    if len(values) < 2 or len(values) > _MOST_STEPS or np.abs(values).max() > 1e9:
        return RatingScale(low, high)
    thousandths = values * 1000
    whole = np.round(thousandths).astype(np.int64)
    if np.abs(thousandths - whole).max() > 0.01:
        return RatingScale(low, high)
    step = int(np.gcd.reduce(np.diff(whole))) / 1000
    return RatingScale(low, high, step if (high - low) / step <= _MOST_STEPS else 0.0)
