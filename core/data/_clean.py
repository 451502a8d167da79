"""Checks and repairs ratings, times and duplicates; every repair is counted and stated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray, RowArray
from core.contract import ReadingOptions, Repair
from core.data.ratings import RatingScale
from core.data.reading import MISSING
from core.errors import DataError

_MILLISECONDS = 100_000_000_000
_MOST_STEPS = 1000
COUNT_LIMIT = 100
"""Whole numbers from 0 up and above this are taken for counts: rating scales end at 100 at most."""


class BadValueError(Exception):
    """A value that can't be used: `index` is its row from 0, `what` it is (rating, time or pair)."""

    def __init__(self, index: int, reason: str, value: object, what: str = "rating") -> None:
        super().__init__(reason)
        self.index, self.reason, self.value, self.what = index, reason, value, what


def clean_ratings(column: Any) -> FloatArray:
    """Turn a column of numbers into float32, shape (n,); raises BadValueError for one that isn't finite."""
    import pyarrow as pa

    try:
        ratings: FloatArray = _chunked(column).cast(pa.float32(), safe=False).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise BadValueError(*_first_non_number(column)) from error
    finite = np.isfinite(ratings)
    if not finite.all():
        index = int(np.argmin(finite))
        value = float(ratings[index])
        reason = "the rating is missing (not a number)" if np.isnan(value) else "the rating is not finite"
        raise BadValueError(index, reason, value)
    return ratings


def _chunked(column: Any) -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        return column
    return pa.chunked_array([column if isinstance(column, pa.Array) else pa.array(column)])


def _first_non_number(column: Any) -> tuple[int, str, object]:
    for index, value in enumerate(column.to_pylist() if hasattr(column, "to_pylist") else list(column)):
        try:
            float(value)
        except (TypeError, ValueError):
            return index, f"the rating {str(value)[:60]!r} is not a number", value
    return 0, "the ratings are not numbers", None


def clean_times(column: Any) -> tuple[LongArray | None, tuple[Repair, ...]]:
    """Turn a column of seconds, milliseconds or dates into int64 seconds, shape (n,), or None if all miss.

    Missing times count as the earliest. Raises BadValueError for a text that is no date.
    """
    import pandas as pd
    import pyarrow as pa

    if column is None:
        return None, ()
    array = _chunked(column)
    if array.null_count == len(array):
        return None, ()
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        seconds, missing = _numeric_times(array)
    else:
        seconds, missing = _dates(pd.Series(array.to_pandas()))
    return (None, ()) if missing.all() else _fill(seconds, missing)


def _numeric_times(array: Any) -> tuple[LongArray, npt.NDArray[np.bool_]]:
    missing = array.is_null(nan_is_null=True).to_numpy()
    values = array.fill_null(0).to_numpy()
    if missing.any() or values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        values = np.clip(values, -(2.0**62), 2.0**62)
    return values.astype(np.int64, copy=False), missing


def _dates(texts: Any) -> tuple[LongArray, npt.NDArray[np.bool_]]:
    import pandas as pd

    dates = pd.to_datetime(texts, errors="coerce", utc=True, format="mixed")
    missing = dates.isna().to_numpy()
    unread = texts[missing].fillna("").astype(str).str.strip()
    wrong = np.flatnonzero(missing)[~unread.isin(MISSING).to_numpy()]
    if len(wrong):
        written = str(texts.iloc[wrong[0]])
        raise BadValueError(int(wrong[0]), f"the time {written[:60]!r} is not a date", written, "time")
    seconds = dates.dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds, missing


def _fill(seconds: LongArray, missing: npt.NDArray[np.bool_]) -> tuple[LongArray, tuple[Repair, ...]]:
    repairs = []
    if np.abs(seconds[~missing]).max() > _MILLISECONDS:
        seconds = seconds // 1000
        repairs.append(Repair("milliseconds", len(seconds), "times in milliseconds: turned into seconds"))
    count = int(missing.sum())
    if count:
        seconds = np.where(missing, seconds[~missing].min(), seconds)
        repairs.append(Repair("times", count, f"{count} ratings without a time: taken as the earliest"))
    return seconds, tuple(repairs)


def find_scale(ratings: FloatArray) -> RatingScale:
    """The observed scale; the step is 0 where the values are no regular grid."""
    values = np.unique(ratings).astype(np.float64)
    low, high = float(values[0]), float(values[-1])
    if len(values) < 2 or len(values) > _MOST_STEPS or np.abs(values).max() > 1e9:
        return RatingScale(low, high)
    thousandths = values * 1000
    whole = np.round(thousandths).astype(np.int64)
    if np.abs(thousandths - whole).max() > 0.01:
        return RatingScale(low, high)
    step = int(np.gcd.reduce(np.diff(whole))) / 1000
    return RatingScale(low, high, step if (high - low) / step <= _MOST_STEPS else 0.0)


def handle_counts(
    ratings: FloatArray, options: ReadingOptions, named_so: bool
) -> tuple[FloatArray, tuple[Repair, ...]]:
    """Refuse or transform counts (plays, purchases) as `options.implicit` says.

    Raises DataError for counts under "refuse": a count is no opinion on a scale.
    """
    if options.implicit == "refuse":
        if named_so or _looks_counted(ratings):
            raise _counts_refused(ratings)
        return ratings, ()
    if options.implicit == "binarize":
        threshold = options.threshold or float(np.median(ratings))
        message = f"counts binarized: above {threshold:g} became 1, the others 0"
        return (ratings > threshold).astype(np.float32), (Repair("binarized", len(ratings), message),)
    if options.implicit == "log":
        if ratings.min() <= -1:
            raise DataError("the logarithm of counts needs values above -1.", value=float(ratings.min()))
        message = "counts replaced by log(1 + count)"
        return np.log1p(ratings), (Repair("logarithm", len(ratings), message),)
    return ratings, ()


def _looks_counted(ratings: FloatArray) -> bool:
    whole = bool((ratings == np.floor(ratings)).all())
    return whole and ratings.min() >= 0 and ratings.max() > COUNT_LIMIT


def _counts_refused(ratings: FloatArray) -> DataError:
    message = (
        f"these values (from {ratings.min():g} to {ratings.max():g}) look like counts, not ratings: "
        "how often somebody played or bought a thing is no opinion on a scale, so predicting it as a rating "
        "would mislead."
    )
    hint = "Choose with implicit: binarize, log, or keep if they are ratings after all."
    return DataError(message, hint=hint)


@dataclass(frozen=True)
class Columns:
    """The four columns of a table as rows and values, all of shape (n,)."""

    users: RowArray
    items: RowArray
    ratings: FloatArray
    timestamps: LongArray | None

    def take(self, rows: LongArray) -> Columns:
        """Keep some rows."""
        times = None if self.timestamps is None else self.timestamps[rows]
        return Columns(self.users[rows], self.items[rows], self.ratings[rows], times)


def _settle(columns: Columns, item_count: int, how: str) -> tuple[Columns, tuple[Repair, ...]]:
    """Leave one rating a pair, in file order; `how` is last, mean or error (raises BadValueError)."""
    keys = _keys(columns, item_count)
    repeated = _repeated(keys)
    if not len(repeated):
        return columns, ()
    rows = _rows_with(keys, repeated)
    order, starts = _groups(keys[rows], None if columns.timestamps is None else columns.timestamps[rows])
    order = rows[order]
    count = len(rows) - len(repeated)
    if how == "error":
        raise _first_duplicate(order, starts)
    ends = np.append(starts[1:], len(order)) - 1
    kept = np.ones(len(keys), dtype=bool)
    kept[rows] = False
    kept[order[ends]] = True
    if how == "last":
        settled, message = columns, f"{_many(count)}: the last one kept"
    else:
        settled, message = _averaged(columns, order, starts, ends), f"{_many(count)}: their mean taken"
    return settled.take(np.flatnonzero(kept)), (Repair("duplicates", count, message),)


def _averaged(columns: Columns, order: LongArray, starts: LongArray, ends: LongArray) -> Columns:
    """Put the mean of each pair where its last rating is."""
    sums = np.add.reduceat(columns.ratings[order].astype(np.float64), starts)
    ratings = columns.ratings.copy()
    ratings[order[ends]] = sums / (ends - starts + 1)
    return replace(columns, ratings=ratings)


def settle_parts(
    columns: Columns, held_out: int, item_count: int, how: str
) -> tuple[Columns, int, tuple[Repair, ...]]:
    """Settle training and official test part each for itself; a test pair that training has too is stated."""
    border = len(columns.users) - held_out
    if not held_out:
        settled, repairs = _settle(columns, item_count, how)
        return settled, 0, repairs
    rows = np.arange(len(columns.users))
    train, train_repairs = _settle(columns.take(rows[:border]), item_count, how)
    try:
        test, test_repairs = _settle(columns.take(rows[border:]), item_count, how)
    except BadValueError as bad:
        raise BadValueError(bad.index + border, bad.reason, bad.value, bad.what) from None
    leaks = int(np.isin(_keys(test, item_count), _keys(train, item_count)).sum())
    message = f"{leaks} test ratings are of pairs that training has too: kept in both"
    leaked = (Repair("leaks", leaks, message),) if leaks else ()
    return _joined(train, test), len(test.users), (*train_repairs, *test_repairs, *leaked)


def _joined(first: Columns, second: Columns) -> Columns:
    times = None
    if first.timestamps is not None and second.timestamps is not None:
        times = np.concatenate([first.timestamps, second.timestamps])
    return Columns(
        np.concatenate([first.users, second.users]),
        np.concatenate([first.items, second.items]),
        np.concatenate([first.ratings, second.ratings]),
        times,
    )


def _keys(columns: Columns, item_count: int) -> LongArray:
    keys: LongArray = columns.users.astype(np.int64) * item_count + columns.items
    return keys


def _many(count: int) -> str:
    return "1 duplicate rating" if count == 1 else f"{count} duplicate ratings"


def _repeated(keys: LongArray) -> LongArray:
    """The pairs that occur more than once; sorting a copy is quicker than any hashing here."""
    arranged = np.sort(keys)
    again: LongArray = np.unique(arranged[1:][arranged[1:] == arranged[:-1]])
    return again


def _rows_with(keys: LongArray, wanted: LongArray) -> LongArray:
    import pandas as pd

    return np.flatnonzero(pd.Series(keys).isin(wanted).to_numpy())


def _groups(keys: LongArray, timestamps: LongArray | None) -> tuple[LongArray, LongArray]:
    """Order rows by pair, then by time, then by place in the file; say where each pair starts."""
    columns = (keys,) if timestamps is None else (timestamps, keys)
    order = np.lexsort(columns)
    arranged = keys[order]
    starts = np.flatnonzero(np.append(True, arranged[1:] != arranged[:-1]))
    return order, starts


def _first_duplicate(order: LongArray, starts: LongArray) -> BadValueError:
    sizes = np.diff(np.append(starts, len(order)))
    group = np.repeat(np.arange(len(starts)), sizes)
    first_of_group = np.minimum.reduceat(order, starts)
    again = order[order != first_of_group[group]]
    index = int(again.min())
    return BadValueError(index, "this user has rated this item before", None, "pair")
