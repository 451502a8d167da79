"""Says what looks wrong in a table that was read: codes among ratings, one rating a user, odd times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.array_types import FloatArray
from core.contract import Repair
from core.data import Ratings, day_of
from core.data.checking._clean import levels_of

_SCALE = 3
"""A scale has so many values at least: -1 and 1 alone are a scale of their own."""

_MANY = 0.25
_EARLY = 100_000_000
_DAY, _YEAR_1900, _YEAR_2100 = 86_400, -2_208_988_800, 4_102_444_800
_FEW_USERS = 10


def warnings_of(ratings: Ratings) -> tuple[Repair, ...]:
    """What a person should look at before training on this table."""
    found: list[Repair] = []
    if ratings.has_ratings:
        found += _codes(ratings.ratings)
        found += _other_scale(ratings)
    found += _strangers(ratings)
    found += _single_rows(ratings)
    found += _early_times(ratings)
    found += _odd_times(ratings)
    return tuple(found)


def _codes(values: FloatArray) -> Iterator[Repair]:
    """Values at an end of the scale that stand apart from it, and zeros that are very many."""
    levels, counts = levels_of(values)
    if len(levels) <= _SCALE:
        return
    low, high = float(levels[0]), float(levels[-1])
    shares = counts / len(values)
    if _is_code_below(levels, shares):
        yield _code(low, int(counts[0]), levels[1:], len(values))
    if high - levels[-2] > levels[-2] - levels[0 if not _is_code_below(levels, shares) else 1]:
        yield _code(high, int(counts[-1]), levels[:-1], len(values))


def _is_code_below(levels: FloatArray, shares: Any) -> bool:
    low, second, rest = levels[0], levels[1], levels[-1] - levels[1]
    if low < 0 <= second:
        return True  # no scale has one value below zero and several from zero up
    apart = second - low > rest > 0
    return bool(apart or (low == 0 and second >= 1 and shares[0] >= _MANY))


def _code(value: float, count: int, others: FloatArray, total: int) -> Repair:
    message = (
        f"{count} ratings ({count / total:.0%}) are {value:g}, apart from {others[0]:g} … {others[-1]:g}: "
        f"if {value:g} stands for no rating or is a slip, leave it out with --missing-rating {value:g}"
    )
    return Repair("codes", count, message, warning=True)


def _other_scale(ratings: Ratings) -> Iterator[Repair]:
    """An official test part on another scale than training."""
    if not ratings.held_out:
        return
    border = len(ratings) - ratings.held_out
    train, test = ratings.ratings[:border], ratings.ratings[border:]
    span = float(max(np.ptp(train), np.ptp(test)))
    apart = max(abs(train.min() - test.min()), abs(train.max() - test.max()))
    if span and apart > span / 4 and len(np.unique(test)) > 1:
        message = (
            f"ratings of the test part run from {test.min():g} to {test.max():g}, those of training from "
            f"{train.min():g} to {train.max():g}: are they on one scale?"
        )
        yield Repair("scales", len(test), message, warning=True)


def _strangers(ratings: Ratings) -> Iterator[Repair]:
    """An official test part none of whose users, or none of whose items, training knows."""
    border = len(ratings) - ratings.held_out
    if not ratings.held_out or not border:
        return
    for rows, what in ((ratings.users, "user"), (ratings.items, "item")):
        if not np.isin(rows[border:], rows[:border]).any():
            message = f"training has none of the test part's {what}s: are their ids written alike?"
            yield Repair("strangers", ratings.held_out, message, warning=True)


def _single_rows(ratings: Ratings) -> Iterator[Repair]:
    for rows, count, what, other in (
        (ratings.users, ratings.user_count, "user", "item"),
        (ratings.items, ratings.item_count, "item", "user"),
    ):
        if count >= _FEW_USERS and count == len(rows):
            column = ratings.reading.get(f"{what}_column", "")
            message = (
                f"every {what} has one row: is {str(column)!r} really the {what}, or does it count the rows? "
                f"--{what}-column and --{other}-column name others"
            )
            yield Repair("single", count, message, warning=True)


def _odd_times(ratings: Ratings) -> Iterator[Repair]:
    """Times that no clock has shown yet, and a few at 1970 or before among others: they stand for none."""
    times = ratings.timestamps
    if times is None:
        return
    way_out = "if they stand for none, or are written in another unit, --time-column none reads without times"
    late = int((times >= _YEAR_2100).sum())
    if late:
        last = day_of(int(times.max()))
        yield Repair(
            "late",
            late,
            f"times after 2100 in {late} of {len(times)} rows (up to {last}): {way_out}",
            warning=True,
        )
    early = int(((np.abs(times) < _DAY) | (times < _YEAR_1900)).sum())
    if 0 < early < len(times) / 2 and np.median(times) >= _EARLY:
        first = day_of(int(times.min()))
        where = f"{early} of {len(times)} rows (from {first} on)"
        message = f"times of 1970's start or before 1900 in {where}: {way_out}"
        yield Repair("zero", early, message, warning=True)


def _early_times(ratings: Ratings) -> Iterator[Repair]:
    times = ratings.timestamps
    if times is None or times.max() >= _EARLY or times.min() < 0:
        return
    message = (
        f"all times lie near 1970 ({times.min()} … {times.max()} seconds after its start): is "
        f"{str(ratings.reading.get('time_column', ''))!r} a time? --time-column names another, or none"
    )
    yield Repair("early", len(times), message, warning=True)
