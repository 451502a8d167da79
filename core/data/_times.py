"""Checks and repairs times: every form becomes whole seconds since 1970."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import LongArray
from core.contract import Repair
from core.data._clean import BadValueError, chunked
from core.data.reading import MISSING

_MILLISECONDS = 100_000_000_000


def clean_times(column: Any) -> tuple[LongArray | None, tuple[Repair, ...]]:
    """Turn a column of seconds, milliseconds or dates into int64 seconds, shape (n,), or None if all miss.

    Missing times count as the earliest. Raises BadValueError for a text that is no date.
    """
    import pandas as pd
    import pyarrow as pa

    if column is None:
        return None, ()
    array = chunked(column)
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
