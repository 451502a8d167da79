"""Moods: what a rating's moment adds to its prediction, from what was left of ratings given about then.

Who rates a list of films on one evening is in one mood, and what stands side by side in a list is alike:
predictions of ratings given within minutes err the same way. An item's standing moves too, more slowly. That
is what time-aware models draw on (Koren 2009), here whatever the model is. Where no moment is known its
predictions stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.data import Ratings
from core.model.moments._timeline import Timeline

_USER_SPANS, _ITEM_SPANS = (30.0, 600.0), (90 * 86_400.0,)
SURROUNDINGS = 2 * (len(_USER_SPANS) + len(_ITEM_SPANS))
"""So many numbers tell what surrounds a moment: within each span what was left, and what was predicted."""


@dataclass(frozen=True)
class Moods:
    """What each of a moment's surroundings counts: `SURROUNDINGS` weights."""

    weights: tuple[float, ...]

    def added(self, told: DoubleArray) -> FloatArray:
        """What moments add to raw predictions, shape (n,), by what is told of them (see `surroundings`)."""
        added: FloatArray = (surroundings(told) @ np.array(self.weights)).astype(np.float32)
        return added


@dataclass(frozen=True)
class Moments:
    """The rows of a table that are known (training's), whose ratings and moments tell of others'."""

    table: Ratings
    known: LongArray

    def around_rows(self, rows: LongArray, columns: DoubleArray) -> DoubleArray:
        """What is told around the moments of rows of the table, as `around` does."""
        assert self.table.timestamps is not None  # noqa: S101 - asked for where there are times
        users, items = (side[rows].astype(np.int64) for side in (self.table.users, self.table.items))
        return self.around(users, items, self.table.timestamps[rows], columns)

    def around(
        self, users: LongArray, items: LongArray, times: LongArray, columns: DoubleArray
    ) -> DoubleArray:
        """Means of `columns` of the known rows, shape (known, k), around moments of pairs: (n, spans, k).

        Over the user's rows within half a minute and ten minutes, and over the item's within a season.
        """
        assert self.table.timestamps is not None  # noqa: S101 - asked for where there are times
        given = self.table.timestamps[self.known]
        sides = ((self.table.users, users, _USER_SPANS), (self.table.items, items, _ITEM_SPANS))
        return np.concatenate(
            [
                Timeline.of(own[self.known], given, columns).around(asked, times, spans)
                for own, asked, spans in sides
            ],
            axis=1,
        )


def left_and_predicted(ratings: FloatArray, raw: FloatArray) -> DoubleArray:
    """The columns that moods are told by, shape (n, 2): what raw predictions left of ratings, and they."""
    return np.stack([ratings.astype(np.float64) - raw, raw], axis=1)


def surroundings(told: DoubleArray) -> DoubleArray:
    """The numbers that moods weigh, shape (n, SURROUNDINGS), from means of what was left and of what was
    predicted around moments, shape (n, spans, 2)."""
    return np.concatenate([told[:, :, 0], told[:, :, 1]], axis=1)
