"""Checks and repairs times: every form becomes whole seconds since 1970, one reading for a whole column."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import LongArray, Mask
from core.contract import Repair
from core.data.checking._clean import BadValueError, chunked, whole
from core.data.checking._dates import read_dates
from core.data.reading import MISSING

Times = tuple[LongArray, Mask, tuple[Repair, ...]]


def clean_times(column: Any, order: str = "") -> tuple[LongArray | None, tuple[Repair, ...]]:
    """Turn a column of numbers or dates into int64 seconds, shape (n,), or None if all miss.

    `order` is that of day, month and year where it was asked for. Missing times count as the earliest.
    Raises BadValueError for a text that is no date, and where times can't be told.
    """
    if column is None:
        return None, ()
    array = chunked(column)
    if array.null_count == len(array):
        return None, ()
    seconds, missing, repairs = _read(array, order)
    if missing.all():
        return None, ()
    return (*_fill(seconds, missing, repairs),)


def _read(array: Any, order: str) -> Times:
    import pyarrow as pa

    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(*_as_numbers(array))
    if pa.types.is_time(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind):
        raise _no_moment(array)
    if pa.types.is_temporal(kind):
        stamps = array.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
        seconds = stamps.cast(pa.int64())
        return seconds.fill_null(0).to_numpy() // 1_000_000, seconds.is_null().to_numpy(), ()
    return _texts(array, order)


def _no_moment(array: Any) -> BadValueError:
    """The error for times of day and spans: they say on no calendar when something happened."""
    index = int(np.argmin(array.is_null().to_numpy()))
    value = str(array[index].as_py())
    return BadValueError(index, f"the time {value!r} is a time of day or a span, no date", value, "time")


def _as_numbers(array: Any) -> tuple[npt.NDArray[Any], Mask]:
    import pyarrow as pa

    if pa.types.is_decimal(array.type):
        array = array.cast(pa.float64())
    array = whole(array)
    missing = array.is_null(nan_is_null=True).to_numpy(zero_copy_only=False)
    values = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
    if values.dtype.kind == "u":
        values = np.minimum(values, np.uint64(2**62)).astype(np.int64)
    if values.dtype.kind == "f":
        missing = missing | ~np.isfinite(values)
        values = np.where(missing, 0.0, np.clip(np.nan_to_num(values), -(2.0**62), 2.0**62))
    return values, missing


_UNITS = (
    ("seconds", 1),
    ("milliseconds", 1_000),
    ("microseconds", 1_000_000),
    ("nanoseconds", 1_000_000_000),
)
_FIRST_MILLISECOND = 100_000_000_000
"""Seconds reach this in the year 5138; each finer unit reaches a thousand times as far."""


def _numbers(values: npt.NDArray[Any], missing: Mask) -> Times:
    """Numbers in one unit, told by their size; where a few differ, each by its own."""
    dated = _calendar_numbers(values, missing)
    if dated is not None:
        return dated
    if len(values) and values.min() > -_FIRST_MILLISECOND and values.max() < _FIRST_MILLISECOND:
        return values.astype(np.int64, copy=False), missing, ()
    sizes = np.zeros(len(values), dtype=np.int8)
    for border in (_FIRST_MILLISECOND, _FIRST_MILLISECOND * 1_000, _FIRST_MILLISECOND * 1_000_000):
        sizes += (values >= border) | (values <= -border)
    units, counts = np.unique(sizes[~missing & (values != 0)], return_counts=True)
    if not len(units) or (len(units) == 1 and units[0] == 0):
        return values.astype(np.int64), missing, ()
    divisors = np.array([divisor for _, divisor in _UNITS], dtype=np.int64)
    seconds = (values // divisors[sizes]).astype(np.int64)
    if len(units) == 1:
        unit = _UNITS[units[0]][0]
        return seconds, missing, (Repair(unit, len(values), f"times in {unit}: turned into seconds"),)
    told = ", ".join(f"{count} in {_UNITS[unit][0]}" for unit, count in zip(units, counts, strict=True))
    repair = Repair(
        "times", int(counts.sum() - counts.max()), f"times of several units ({told}): each by its size"
    )
    return seconds, missing, (repair,)


_FIRST_YEAR, _LAST_DAY = 1900, 21_001_231


def _calendar_numbers(values: npt.NDArray[Any], missing: Mask) -> Times | None:
    """Numbers like 20200413 are dates, and 1998 is a year; None where any is neither."""
    there = values[~missing] if missing.any() else values
    if not len(there) or there.min() < _FIRST_YEAR or there.max() > _LAST_DAY * 1_000_000:
        return None
    if there.dtype.kind == "f" and not (there == np.floor(there)).all():
        return None
    found = _moments(there.astype(np.int64))
    if found is None:
        return None
    seconds = np.zeros(len(values), dtype=np.int64)
    seconds[~missing], what = found
    return seconds, missing, (Repair("dates", len(there), f"times are {what}"),)


def _moments(numbers: LongArray) -> tuple[LongArray, str] | None:
    """Seconds of numbers that are years, days or moments, digit by digit; None where any is none."""
    low, high = int(numbers.min()), int(numbers.max())
    if low >= _FIRST_YEAR and high <= _LAST_DAY // 10_000:
        years = (numbers - 1970).astype("datetime64[Y]").astype("datetime64[s]")
        return years.astype(np.int64), "years: taken as their first day"
    for scale, what in (
        (1, "whole numbers that are dates (year, month, day)"),
        (10_000, "whole numbers that are moments (year, month, day, hour, minute)"),
        (1_000_000, "whole numbers that are moments (year, month, day, hour, minute, second)"),
    ):
        if low // scale >= _FIRST_YEAR * 10_000 and high // scale <= _LAST_DAY:
            days, clock = numbers // scale, numbers % scale * (1_000_000 // scale)
            hours, minutes, seconds = clock // 10_000, clock // 100 % 100, clock % 100
            dates = _dates(days)
            if dates is None or hours.max() > 23 or minutes.max() > 59 or seconds.max() > 60:
                return None
            return dates + 3600 * hours + 60 * minutes + seconds, what
    return None


def _dates(days: LongArray) -> LongArray | None:
    """Seconds of days such as 20200413; None where one isn't on the calendar."""
    distinct, places = np.unique(days, return_inverse=True)
    texts = [f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}" for day in distinct.tolist()]
    try:
        dates = np.array(texts, dtype="datetime64[D]")
    except ValueError:
        return None
    found: LongArray = dates.astype("datetime64[s]").astype(np.int64)[places]
    return found


def _texts(array: Any, order: str) -> Times:
    """Each distinct text is read once, by one reading for all."""
    import pyarrow as pa

    if not pa.types.is_dictionary(array.type):
        array = array.cast(pa.string()).dictionary_encode()
    coded = whole(array.unify_dictionaries())
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    texts = [(text or "").strip() for text in coded.dictionary.cast(pa.string()).to_pylist()]
    known = np.array([text not in MISSING for text in texts], dtype=bool)
    there = [text for text, is_known in zip(texts, known, strict=True) if is_known]
    missing = np.append(~known, True)[codes]
    numbers = _all_numbers(there)
    if numbers is not None:
        seconds, _, repairs = _numbers(numbers, np.zeros(len(numbers), dtype=bool))
    else:
        wrong = _first_odd(there)
        if wrong is None:
            seconds, wrong, repairs = read_dates(there, order)
        if wrong is not None:
            code = texts.index(there[wrong])
            index = int(np.argmax(codes == code))
            raise BadValueError(index, f"the time {texts[code][:60]!r} is not a date", texts[code], "time")
    by_text = np.zeros(len(texts) + 1, dtype=np.int64)
    by_text[:-1][known] = seconds
    return by_text[codes], missing, repairs


_LARGEST = 2.0**62


def _is_number(text: str) -> bool:
    """Whether a text is a number of seconds or of finer units that the time can be."""
    return text.lstrip("-").replace(".", "", 1).isdecimal() and abs(float(text)) < _LARGEST


def _first_odd(texts: list[str]) -> int | None:
    """Where most are numbers, the first that is none is the fault, not the first of the numbers."""
    numbers = [_is_number(text) for text in texts]
    return numbers.index(False) if not all(numbers) and 2 * sum(numbers) > len(texts) else None


def _all_numbers(texts: list[str]) -> npt.NDArray[Any] | None:
    if not all(map(_is_number, texts)):
        return None
    return np.array([int(text) if text.lstrip("-").isdecimal() else float(text) for text in texts])


def _fill(
    seconds: LongArray, missing: Mask, repairs: tuple[Repair, ...]
) -> tuple[LongArray, tuple[Repair, ...]]:
    count = int(missing.sum())
    if not count:
        return seconds, repairs
    told = Repair("times", count, f"{count} ratings without a time: taken as the earliest")
    return np.where(missing, seconds[~missing].min(), seconds), (*repairs, told)
