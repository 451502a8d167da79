"""A ranking to be measured: for whom, what is passed over, what is relevant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.array_types import FloatArray, LongArray, Mask
from core.ranking.figures import PerUser, RankingFigures, figures_of, sum_up
from core.ranking.ordering import first_of_block, popularity_scores
from core.ranking.sets import ItemSets

Blocks = Iterable[tuple[LongArray, FloatArray]]
"""Users, shape (block,), and their scores of all items, shape (block, items), which may be written to."""

BLOCK_SCORES = 4_000_000
DEEPER = 20


@dataclass(frozen=True)
class RankingTask:
    """All items are ranked for every user of `users`, but for those `seen`; `relevant` says what is sought.

    `item_counts` are those of training, shape (items,), over `trained_users`.
    """

    seen: ItemSets
    relevant: ItemSets
    item_counts: LongArray
    trained_users: int

    @classmethod
    def of(
        cls,
        seen: ItemSets,
        relevant: ItemSets,
        item_counts: LongArray,
        trained_users: int | None = None,
    ) -> RankingTask:
        """A task by what users have already and what they took later; known pairs aren't sought.

        Without `trained_users` those are who have anything.
        """
        trained = int((seen.sizes > 0).sum()) if trained_users is None else trained_users
        return cls(seen, relevant.without(seen), item_counts, trained)

    @cached_property
    def users(self) -> LongArray:
        """Users with something relevant."""
        return np.flatnonzero(self.relevant.sizes > 0).astype(np.int64)

    def sample(self, count: int, seed: int = 0) -> LongArray:
        """At most `count` of the users, always the same ones, ascending."""
        if len(self.users) <= count:
            return self.users
        return np.sort(np.random.default_rng(seed).choice(self.users, count, replace=False))

    def measure(self, blocks: Blocks, k: int) -> PerUser:
        """Rank by scores, given block by block, and judge the first `k` (and 20) of each user."""
        parts = [self._measure_block(users, scores, k) for users, scores in blocks]
        return PerUser(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def figures(self, blocks: Blocks, k: int) -> RankingFigures:
        """`measure`, averaged."""
        return sum_up(self.measure(blocks, k), self.item_counts, self.trained_users)

    def popularity(self, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
        """Blocks of scores that rank by how often training has an item."""
        scores = popularity_scores(self.item_counts)
        size = max(1, BLOCK_SCORES // max(1, len(scores)))
        for start in range(0, len(users), size):
            block = users[start : start + size]
            yield block, np.tile(scores, (len(block), 1))

    def _measure_block(self, users: LongArray, scores: FloatArray, k: int) -> tuple[np.ndarray, ...]:
        places, pairs = self.seen.pairs_of(users)
        scores[places, self.seen.items[pairs]] = -np.inf
        top = first_of_block(scores, max(k, DEEPER))
        hits = self._hits(users, top)
        counts = self.relevant.sizes[users]
        ndcg, recall, precision = figures_of(hits[:, :k], counts).T
        deeper = hits[:, :DEEPER].sum(axis=1) / counts
        return users, top[:, :k], ndcg, recall, deeper, precision

    def _hits(self, users: LongArray, top: LongArray) -> Mask:
        """Which of the shown are relevant, by binary search among the user's ascending items."""
        places, pairs = self.relevant.pairs_of(users)
        keys = places * self.relevant.item_count + self.relevant.items[pairs]
        asked = np.arange(len(users))[:, None] * self.relevant.item_count + top
        found = np.searchsorted(keys, asked)
        hits: Mask = keys[np.minimum(found, len(keys) - 1)] == asked
        return hits
