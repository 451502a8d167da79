"""What was left of ratings, in the order of time: sums around a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.array_types import DoubleArray, LongArray

_NEAREST = 30
"""So many ratings before a moment and so many after it are looked at."""
_SHRUNK = 4.0
"""A mean of few ratings is drawn to 0 as if so many more had left nothing."""
_REACH = 16.0
"""Ratings so many spans away count nothing: e^−16."""
_CHUNK, _MOST_KEYS = 65_536, 2**62


class _Near(NamedTuple):
    """Moments of owners, and their places among the ratings, each of shape (n,)."""

    owners: LongArray
    times: LongArray
    places: LongArray


@dataclass(frozen=True)
class Timeline:
    """Ratings of owners (users, or items) in the order of time: `owners`, `times` (seconds), shape (n,), and
    what was `left` of each, shape (n, k)."""

    owners: LongArray
    times: LongArray
    left: DoubleArray

    @classmethod
    def of(cls, owners: Any, times: LongArray, left: DoubleArray) -> Timeline:
        """Put ratings in order, whatever order they come in.

        What an owner's ratings leave at any time says nothing of a moment, so their mean is taken away.
        """
        order = np.lexsort((times, owners))
        owners, left = owners[order].astype(np.int64), left[order]
        counts = np.maximum(np.bincount(owners), 1)
        means = [np.bincount(owners, column) / counts for column in left.T]
        return cls(owners, times[order], left - np.stack(means, axis=1)[owners])

    def around(self, owners: LongArray, times: LongArray, spans: tuple[float, ...]) -> DoubleArray:
        """What was left, on average, of an owner's ratings around moments, shape (moments, spans, k).

        A rating counts e^(−seconds away / span), the shorter the span the less it reaches.
        """
        asked = np.lexsort((times, owners))  # in the order of the ratings: what is near in memory is read
        places = self._places(owners[asked], times[asked])
        found = np.zeros((len(owners), len(spans), self.left.shape[1]))
        for start in range(0, len(owners), _CHUNK):
            part = asked[start : start + _CHUNK]
            near = _Near(owners[part], times[part], places[start : start + _CHUNK])
            found[part] = self._averaged(near, spans)
        return found

    def _places(self, owners: LongArray, times: LongArray) -> LongArray:
        """Where moments would stand, before the ratings of the same moment: shape (moments,)."""
        first, last = int(self.times.min(initial=0)), int(self.times.max(initial=0))
        own, asked = self.times, np.clip(times, first, last + 1)
        stride = last + 2 - first
        if stride * (int(self.owners.max(initial=0)) + 2) < _MOST_KEYS:
            own, asked = own - first, asked - first
        else:  # seconds too far apart to fit a number with the owner: their ranks do
            moments = np.unique(own)
            own, asked, stride = (
                np.searchsorted(moments, own),
                np.searchsorted(moments, asked),
                len(moments) + 1,
            )
        places: LongArray = np.searchsorted(self.owners * stride + own, owners * stride + asked)
        return places

    def _averaged(self, near: _Near, spans: tuple[float, ...]) -> DoubleArray:
        """What is left around some moments, nearest ratings first, those before them and those after."""
        sums = np.zeros((len(near.places), len(spans), self.left.shape[1]))
        weights = np.zeros((len(near.places), len(spans)))
        reach = _REACH * max(spans)
        for direction in (-1, 1):
            rows, at = np.arange(len(near.places)), near.places - (direction < 0)
            for _ in range(_NEAREST):
                inside = (at >= 0) & (at < len(self.owners))
                rows, at = rows[inside], at[inside]
                away = np.abs(self.times[at].astype(np.float64) - near.times[rows])
                reached = (self.owners[at] == near.owners[rows]) & (away < reach)
                rows, at, away = rows[reached], at[reached], away[reached]
                counted = np.exp(-away[:, None] / np.array(spans))
                weights[rows] += counted
                sums[rows] += counted[:, :, None] * self.left[at][:, None, :]
                at = at + direction
        return sums / (weights + _SHRUNK)[:, :, None]
