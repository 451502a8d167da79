"""The items that a batch is scored on: all, or a sample that its users share, with its correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.array_types import FloatArray, RowArray
from core.ranking import ItemSets
from core.training.ranking._batches import Batch, BatchSize

EXACT_SCORES = 4_500_000
"""Scores of a batch, users × items, up to which all items are candidates where scores are matrix products."""
EXACT_ITEMS = 20_000
"""Items up to which all of them are."""
DRAWN = 4096
"""Items drawn for a batch beside those that its users took; for heads that score pair by pair, `DRAWN_PAIRS`
pairs in all."""
DRAWN_PAIRS = 200_000
_FEWEST_DRAWN = 256
_NEVER = np.float32(1e30)


@dataclass(frozen=True)
class Candidates:
    """Rows of items, shape (candidates,); `log_share` is the logarithm of the probability of being there, a
    huge number for what only pads; `columns` (pairs,) says which candidate each pair of the batch is."""

    items: RowArray
    log_share: FloatArray
    columns: RowArray


class AllItems:
    """Every item is a candidate for every batch."""

    exact = True

    def __init__(self, item_count: int) -> None:
        self.size = item_count
        self._items = np.arange(item_count, dtype=np.int32)
        self._log_share = np.zeros(item_count, np.float32)

    def of(self, batch: Batch, generator: np.random.Generator) -> Candidates:
        """All items, in their order."""
        del generator
        return Candidates(self._items, self._log_share, batch.items)


class SharedSample:
    """What a batch's users took, and `drawn` items more: half by popularity, half evenly, each once."""

    exact = False

    def __init__(self, likes: ItemSets, batch: BatchSize, drawn: int) -> None:
        counts = likes.item_sizes
        self.size = min(likes.item_count, batch.pairs + drawn)
        self._drawn, self._items = drawn, likes.item_count
        self._taken = likes.items
        share = 0.5 * counts / max(1, counts.sum()) + 0.5 / likes.item_count
        users = max(1, int((likes.sizes > 0).sum()))
        # Not drawn in any of the draws, and taken by none of the batch's other users.
        absent = drawn * np.log1p(-np.minimum(share, 1 - 1e-9))
        absent += counts * np.log1p(-min((batch.users - 1) / users, 1 - 1e-9))
        self._log_share = np.log(-np.expm1(absent)).astype(np.float32)

    def of(self, batch: Batch, generator: np.random.Generator) -> Candidates:
        """Draw, sort out what is double, and find the batch's pairs among the candidates."""
        half = self._drawn // 2
        popular = self._taken[generator.integers(0, len(self._taken), half)]
        evenly = generator.integers(0, self._items, self._drawn - half).astype(np.int32)
        taken = batch.items[: batch.pairs]
        items = np.unique(np.concatenate([taken, popular, evenly]))[: self.size]
        columns = np.zeros(len(batch.items), np.int32)
        columns[: batch.pairs] = np.searchsorted(items, taken)
        padded, log_share = np.zeros(self.size, np.int32), np.full(self.size, _NEVER)
        padded[: len(items)], log_share[: len(items)] = items, self._log_share[items]
        return Candidates(padded, log_share, columns)


def choose_candidates(likes: ItemSets, batch: BatchSize, products: bool) -> AllItems | SharedSample:
    """All items where they fit, else a sample; heads that score pair by pair take smaller ones."""
    scores = batch.users * likes.item_count
    if products and likes.item_count <= EXACT_ITEMS and scores <= EXACT_SCORES:
        return AllItems(likes.item_count)
    if not products and scores <= DRAWN_PAIRS:
        return AllItems(likes.item_count)
    drawn = DRAWN if products else max(_FEWEST_DRAWN, DRAWN_PAIRS // batch.users)
    if drawn >= likes.item_count:
        return AllItems(likes.item_count)
    return SharedSample(likes, batch, drawn)
