"""Moods: what a rating's moment adds to its prediction, from what was left of ratings given about then.

Who rates a list of films on one evening is in one mood, and what stands side by side in a list is alike:
predictions of ratings given within minutes err the same way. An item's standing moves too, more slowly. That
is what time-aware models draw on (Koren 2009), here whatever the model is. Where no moment is known its
predictions stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.data import Ratings
from core.model.moments._timeline import Timeline

_USER_SPANS, _ITEM_SPANS = (30.0, 600.0), (90 * 86_400.0,)
SPANS = len(_USER_SPANS) + len(_ITEM_SPANS)
"""So many surroundings are told of a moment: the user's of two spans, the item's of one (seconds)."""


@dataclass(frozen=True)
class Moods:
    """What each of the surroundings that `Moments` tells counts, one number a span."""

    weights: tuple[float, ...]

    def added(self, surroundings: DoubleArray) -> DoubleArray:
        """What moments add to raw predictions, shape (n,); `surroundings` have shape (n, spans)."""
        added: DoubleArray = surroundings @ np.array(self.weights)
        return added


@dataclass(frozen=True)
class Moments:
    """The rows of a table that are known (training's), whose ratings and moments tell of others'."""

    table: Ratings
    known: LongArray

    def around_rows(self, rows: LongArray, left: DoubleArray) -> DoubleArray:
        """What surrounds rows of the table, as `around` tells it."""
        assert self.table.timestamps is not None  # noqa: S101 - asked for where there are times
        users, items = (side[rows].astype(np.int64) for side in (self.table.users, self.table.items))
        return self.around(users, items, self.table.timestamps[rows], left)

    def around(self, users: LongArray, items: LongArray, times: LongArray, left: DoubleArray) -> DoubleArray:
        """What was left of the known ratings around the moments of pairs, shape (n, spans, k).

        The user's, within half a minute and ten minutes, and the item's, within a season. `left` are the
        known rows' ratings minus their raw predictions, or several such columns, shape (known, k).
        """
        assert self.table.timestamps is not None  # noqa: S101 - asked for where there are times
        given = self.table.timestamps[self.known]
        sides = ((self.table.users, users, _USER_SPANS), (self.table.items, items, _ITEM_SPANS))
        return np.concatenate(
            [
                Timeline.of(own[self.known], given, left).around(asked, times, spans)
                for own, asked, spans in sides
            ],
            axis=1,
        )
