"""Popularity at the time of asking: what was taken lately counts more, what comes later doesn't count.

As a baseline it beats plain popularity by far where taste moves (Ji, Sun, Zhang & Li 2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.array_types import DoubleArray, FloatArray, LongArray
from core.ranking.sets import ItemSets
from core.ranking.task import BLOCK_SCORES, RankingTask

_HALF_LIVES = (1.0, 1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 1024)
"""Half-lives that are tried, as shares of the time that training spans."""
_CARVED, _MOST_USERS, _FIRST = 0.1, 500, 10
_Rows = npt.NDArray[np.integer]


@dataclass(frozen=True)
class RecentPopularity:
    """Rows of training by rising time; each counts for its item, half as much every `half_life` seconds.

    `items` and `times` have shape (n,); an infinite half-life counts all that came before alike.
    """

    items: _Rows
    times: LongArray
    item_count: int
    half_life: float = float("inf")

    @classmethod
    def of(cls, items: _Rows, times: LongArray, item_count: int) -> RecentPopularity:
        """Sort rows of training, each of shape (n,)."""
        order = np.argsort(times, kind="stable")
        return cls(items[order], times[order], item_count)

    def blocks(self, users: LongArray, moments: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
        """Users and what is popular at the moment of each (both of shape (users,)), block by block.

        Users come in the order of their moments. Only rows before a moment count.
        """
        order = np.argsort(moments, kind="stable")
        size = max(1, BLOCK_SCORES // max(1, self.item_count))
        state = _Fading(self)
        for start in range(0, len(order), size):
            block = order[start : start + size]
            scores = np.stack([state.at(int(moment)) for moment in moments[block]])
            yield users[block], scores.astype(np.float32)


class _Fading:
    """Counts of items at a moment that only moves forward."""

    def __init__(self, popularity: RecentPopularity) -> None:
        self._all, self._done = popularity, 0
        self._now = int(popularity.times[0]) if len(popularity.times) else 0
        self._counts: DoubleArray = np.zeros(popularity.item_count)

    def at(self, moment: int) -> DoubleArray:
        """The counts at a moment."""
        rows = self._all
        stop = int(np.searchsorted(rows.times, moment, side="left"))
        new = slice(self._done, max(stop, self._done))
        self._counts *= self._left(moment - self._now)
        fresh = self._left(moment - rows.times[new])
        self._counts += np.bincount(rows.items[new], weights=fresh, minlength=rows.item_count)
        self._now, self._done = moment, new.stop
        return self._counts.copy()

    def _left(self, seconds: npt.ArrayLike) -> DoubleArray:
        """What is left of a row after so many seconds."""
        return np.asarray(0.5 ** (np.asarray(seconds, np.float64) / self._all.half_life))


def learn_recent_popularity(
    users: _Rows, items: _Rows, times: LongArray, counts: tuple[int, int], *, latest: bool
) -> RecentPopularity:
    """Popularity at the time from rows of training, each of shape (n,); `counts`: users and items.

    The half-life is that which ranks best on a tenth of training: its `latest`, where what will be ranked
    lies after all of it, else a random one.
    """
    whole = RecentPopularity.of(items, times, counts[1])
    order = np.argsort(times, kind="stable") if latest else np.random.default_rng(0).permutation(len(times))
    kept, carved = np.split(order, [round(len(order) * (1 - _CARVED))])
    if not len(kept) or not len(carved) or times.min() == times.max():
        return whole
    seen, sought = (ItemSets.of(users[rows], items[rows], counts) for rows in (kept, carved))
    task = RankingTask.of(seen, sought, seen.item_sizes)
    asked = task.sample(_MOST_USERS)
    if not len(asked):
        return whole
    moments = first_moments(users[carved], times[carved], counts[0])[asked]
    part = RecentPopularity.of(items[kept], times[kept], counts[1])
    tried = [replace(part, half_life=float(share * np.ptp(times))) for share in _HALF_LIVES]
    reached = [task.measure(one.blocks(asked, moments), _FIRST).ndcg.mean() for one in (part, *tried)]
    best = (part, *tried)[int(np.argmax(reached))]
    return replace(whole, half_life=best.half_life)


def first_moments(users: _Rows, times: LongArray, user_count: int) -> LongArray:
    """When each user's first of some rows came, shape (users,); the largest number for who has none."""
    first = np.full(user_count, np.iinfo(np.int64).max)
    np.minimum.at(first, users, times)
    return first
