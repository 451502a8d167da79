"""Reads tables as versions before interactions did: counts turned into ratings, recorded as `implicit`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from core.array_types import FloatArray
from core.data import Ratings
from core.data.checking import find_scale


def without_implicit(reading: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Part a recorded reading into today's options and what `implicit` and `threshold` said."""
    old = {name: reading[name] for name in ("implicit", "threshold") if name in reading}
    today = {name: value for name, value in reading.items() if name not in old}
    if old:
        today["kind"] = "ratings"
    return today, old


def as_recorded(ratings: Ratings, old: Mapping[str, object]) -> Ratings:
    """Turn the counts of a table into the ratings that they were then."""
    if old.get("implicit") not in ("binarize", "log"):
        return ratings
    values = _turned(ratings.ratings, old)
    reading = {**ratings.reading, **old}
    return dataclasses.replace(ratings, ratings=values, scale=find_scale(values), reading=reading)


def _turned(counts: FloatArray, old: Mapping[str, object]) -> FloatArray:
    if old["implicit"] == "log":
        return np.log1p(counts)
    threshold = float(str(old.get("threshold") or 0)) or float(np.median(counts))
    return (counts > threshold).astype(np.float32)
