"""Shows a table as it was understood: its first rows, and how ratings and times are spread."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.array_types import FloatArray, LongArray
from core.data._moments import date_of
from core.data.checking import levels_of
from core.data.ratings import Ratings

_ROWS = 5
_MOST_VALUES = 12
_BINS = 10
_BLOCK = 1 << 22
_DAY = 86_400
_PERIODS = (("%Y", 4 * 365 * _DAY), ("%Y-%m", 90 * _DAY), ("%Y-%m-%d", 2 * _DAY), ("%Y-%m-%d %H:00", 0))

Bars = list[tuple[str, int]]
"""What is counted and how often, in order."""


def preview(ratings: Ratings) -> dict[str, object]:
    """The first rows (user, item, title, rating or weight, time) and two histograms, ready for JSON."""
    value = "rating" if ratings.kind == "ratings" else "weight"
    spread = {f"{value}s": _spread(ratings.ratings)}
    if ratings.timestamps is not None:
        spread["times"] = _periods(ratings.timestamps)
    first = [_row(ratings, row, value) for row in range(min(_ROWS, len(ratings)))]
    return {"first_rows": first, "spread": spread}


def _row(ratings: Ratings, row: int, value: str) -> dict[str, object]:
    item = int(ratings.items[row])
    shown: dict[str, object] = {
        "user": ratings.user_vocabulary.identifier(int(ratings.users[row])),
        "item": ratings.item_vocabulary.identifier(item),
        "title": ratings.item_table.titles[item],
        value: round(float(ratings.ratings[row]), 6),
    }
    if ratings.timestamps is not None:
        shown["time"] = date_of(int(ratings.timestamps[row]))
    return shown


def _spread(values: FloatArray) -> Bars:
    """Each value where there are few, else ten equal bins."""
    levels, counts = levels_of(values)
    if len(levels) <= _MOST_VALUES:
        return [(f"{level:g}", int(count)) for level, count in zip(levels, counts, strict=True)]
    counts, edges = np.histogram(values.astype(np.float64), _BINS)
    return [
        (f"{low:.3g} … {high:.3g}", int(count))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _periods(seconds: LongArray) -> Bars:
    """By years, months, days or hours, whichever gives some bars but not too many."""
    low, high = int(seconds.min()), int(seconds.max())
    form = next(form for form, least in _PERIODS if high - low >= least)
    counts: Counter[int] = Counter()
    for start in range(0, len(seconds), _BLOCK):
        found, often = np.unique(_floor(seconds[start : start + _BLOCK], form), return_counts=True)
        counts.update(dict(zip(found.tolist(), often.tolist(), strict=True)))
    starts = sorted(counts)
    return _joined([_named(start, form) for start in starts], [counts[start] for start in starts])


def _floor(seconds: LongArray, form: str) -> LongArray:
    unit = {"%Y": "Y", "%Y-%m": "M", "%Y-%m-%d": "D", "%Y-%m-%d %H:00": "h"}[form]
    starts = seconds.astype("datetime64[s]").astype(f"datetime64[{unit}]")
    floored: LongArray = starts.astype("datetime64[s]").astype(np.int64)
    return floored


def _named(seconds: int, form: str) -> str:
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime(form)
    except (OverflowError, ValueError, OSError):
        return str(seconds)


def _joined(names: Sequence[str], counts: Sequence[int]) -> Bars:
    """Neighbours put together until there are few enough bars."""
    size = -(-len(names) // _MOST_VALUES)
    bars = []
    for start in range(0, len(names), size):
        group = names[start : start + size]
        name = group[0] if len(group) == 1 else f"{group[0]} … {group[-1]}"
        bars.append((name, sum(counts[start : start + size])))
    return bars
