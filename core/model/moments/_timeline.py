"""What was left of ratings, in the order of time: sums around a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.array_types import DoubleArray, LongArray

_NEAREST = 30
"""So many ratings before a moment and so many after it are looked at."""
_SHRUNK = 4.0
"""A mean of few ratings is drawn to 0 as if so many more had left nothing."""
_CHUNK = 65_536


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
        places = self._places(owners, times)
        sums = np.zeros((len(owners), len(spans), self.left.shape[1]))
        for start in range(0, len(owners), _CHUNK):
            part = slice(start, start + _CHUNK)
            sums[part] = self._averaged(places[part], owners[part], times[part], spans)
        return sums

    def _places(self, owners: LongArray, times: LongArray) -> LongArray:
        """Where moments would stand, before the ratings of the same moment: shape (moments,)."""
        moments = np.unique(self.times)  # ranks in place of seconds: no pair of numbers is too large for one
        stride = len(moments) + 1
        own = self.owners * stride + np.searchsorted(moments, self.times)
        places: LongArray = np.searchsorted(own, owners * stride + np.searchsorted(moments, times))
        return places

    def _averaged(
        self, places: LongArray, owners: LongArray, times: LongArray, spans: tuple[float, ...]
    ) -> DoubleArray:
        sums = np.zeros((len(spans), len(places), self.left.shape[1]))
        weights = np.zeros((len(spans), len(places)))
        for step in range(-_NEAREST, _NEAREST):
            at = np.clip(places + step, 0, max(0, len(self.owners) - 1))
            found = (places + step == at) & (self.owners[at] == owners)
            away, left = np.abs(self.times[at].astype(np.float64) - times), self.left[at]
            for number, span in enumerate(spans):
                weight = np.exp(-away / span) * found
                sums[number] += weight[:, None] * left
                weights[number] += weight
        return (sums / (weights + _SHRUNK)[:, :, None]).transpose(1, 0, 2)
