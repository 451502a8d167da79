"""Reads dates written as texts: one order of day, month and year for a whole column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.array_types import LongArray
from core.contract import Repair

_TRIPLE = re.compile(r"(\d{1,2})([./\- ])\s?(\d{1,2})(?:[./\-]|,? )\s?(\d{4}|\d{2})(?:[ T,]+(.*))?")
_ORDERS = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}

_NOTHING: tuple[Repair, ...] = ()

Dates = tuple[LongArray, int | None, tuple[Repair, ...]]
"""Seconds since 1970, the place of the first text that is no date, and what was chosen."""


def read_dates(texts: Sequence[str], order: str) -> Dates:
    """Read distinct texts as dates; `order` (dmy, mdy, ymd) is that asked for, or empty."""
    iso = _seconds(texts, "ISO8601")
    if iso is not None and order in ("", "ymd"):
        return iso, None, ()
    parts = [_TRIPLE.fullmatch(text) for text in texts]
    if any(parts):
        return _numbered(texts, parts, order)
    return _named(texts)


def _seconds(texts: Sequence[str], form: str) -> LongArray | None:
    import pandas as pd

    dates = pd.to_datetime(pd.Series(list(texts), dtype=object), errors="coerce", utc=True, format=form)
    return None if dates.isna().any() else _whole(dates)


def _whole(dates: object) -> LongArray:
    import pandas as pd

    assert isinstance(dates, pd.Series), dates  # noqa: S101 - of to_datetime
    seconds: LongArray = dates.dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds


_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?")


def _has_day(text: str) -> bool:
    """Whether a text says a day or a year: pandas takes what lacks, as of 12:30 or May, from today."""
    numbers = re.findall(r"\d+", _TIME_OF_DAY.sub("", text))
    return len(numbers) > 1 or any(len(number) >= 4 for number in numbers)


def _named(texts: Sequence[str]) -> Dates:
    """Months by name, and other forms that leave no doubt."""
    import pandas as pd

    dates = pd.to_datetime(pd.Series(list(texts), dtype=object), errors="coerce", utc=True, format="mixed")
    wrong = np.flatnonzero(dates.isna().to_numpy() | ~np.array([_has_day(text) for text in texts], bool))
    if len(wrong):
        return np.zeros(len(texts), dtype=np.int64), int(wrong[0]), ()
    return _whole(dates), None, ()


def _numbered(texts: Sequence[str], parts: Sequence[re.Match[str] | None], order: str) -> Dates:
    """Dates of mere numbers: the order that all of them allow, or the usual one where several do."""
    nothing = np.zeros(len(texts), dtype=np.int64)
    wrong = next((place for place, part in enumerate(parts) if part is None), None)
    if wrong is not None:
        return nothing, wrong, ()
    numbers = [(int(part[1]), int(part[3]), int(part[4]), part[2]) for part in parts if part is not None]
    allowed = [name for name in _ORDERS if all(_fits(name, *triple[:3]) for triple in numbers)]
    if order:
        chosen, told = order, _NOTHING
    else:
        chosen, told = _chosen(allowed, numbers, texts)
    written = [_iso(part, chosen) for part in parts if part is not None]
    seconds = _seconds(written, "mixed")
    if seconds is not None:
        return seconds, None, told
    bad = next(place for place, text in enumerate(written) if _seconds([text], "mixed") is None)
    return nothing, bad, ()


Triple = tuple[int, int, int, str]


def _fits(order: str, first: int, second: int, third: int) -> bool:
    if order == "ymd":
        return second <= 12 and 1 <= third <= 31
    day, month = (first, second) if order == "dmy" else (second, first)
    return 1 <= month <= 12 and 1 <= day <= 31


def _chosen(
    allowed: list[str], numbers: Sequence[Triple], texts: Sequence[str]
) -> tuple[str, tuple[Repair, ...]]:
    """Day first with dots or dashes, month first with slashes or spaces, unless the numbers say otherwise."""
    usual = "dmy" if numbers[0][3] in ".-" else "mdy"
    likely = [name for name in allowed if name != "ymd"]
    if len(likely) == 1 or not likely:
        only = likely[0] if likely else usual
        return only, (Repair("dates", len(texts), f"dates read as {_ORDERS[only]}, as in {texts[0]}"),)
    other = "mdy" if usual == "dmy" else "dmy"
    message = (
        f"dates such as {texts[0]} read as {_ORDERS[usual]}; they may be {_ORDERS[other]}: "
        f"--date-order {other} reads them so"
    )
    return usual, (Repair("dates", len(texts), message, warning=usual == "mdy"),)


def _iso(part: re.Match[str], order: str) -> str:
    first, second, third = part[1], part[3], part[4]
    day, month, year = {
        "dmy": (first, second, third),
        "mdy": (second, first, third),
        "ymd": (third, second, first),
    }[order]
    full = year if len(year) == 4 else f"{'19' if int(year) > 68 else '20'}{int(year):02}"
    clock = f" {part[5]}" if part[5] else ""
    return f"{full}-{int(month):02}-{int(day):02}{clock}"
