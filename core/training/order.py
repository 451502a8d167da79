"""The order in which an epoch meets the ratings: random, and kind to a CPU's cache where tables outgrow it.

Rows of large tables lie in main memory, and meeting ratings in any order waits for it twice a rating. Here
the ratings are cut into tiles, blocks of users × blocks of items whose rows fit the cache together; an epoch
meets the tiles in random order and the ratings of each in random order, as LIBMF does (Chin et al. 2015,
after Gemulla et al. 2011). Tables that fit the cache make one tile: a plain shuffle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.trainer import RowArray, TrainingData

BLOCK_BYTES = 2 << 20
"""Rows of one side's block: both sides' fit the second-level cache of one core, or nearly."""


@dataclass(frozen=True)
class EpochOrder:
    """Ratings by tile: `by_tile` holds their positions, `starts` (tiles + 1,) where each tile begins."""

    by_tile: RowArray
    starts: npt.NDArray[np.int64]

    def shuffled(self, generator: np.random.Generator) -> RowArray:
        """Draw an epoch's order, shape (ratings,): tiles shuffled, and the ratings of each."""
        if len(self.starts) == 2:
            return generator.permutation(len(self.by_tile)).astype(np.int32)
        order = np.empty_like(self.by_tile)
        filled = 0
        for tile in generator.permutation(len(self.starts) - 1).tolist():
            positions = self.by_tile[self.starts[tile] : self.starts[tile + 1]]
            part = order[filled : filled + len(positions)]
            part[:] = positions
            generator.shuffle(part)
            filled += len(positions)
        return order


def epoch_order(data: TrainingData, row_bytes: tuple[int, int] | None) -> EpochOrder:
    """Cut ratings into tiles for rows of so many bytes (users', items'); None makes one tile of all."""
    everything = np.array([0, len(data)], np.int64)
    if row_bytes is None:
        return EpochOrder(np.arange(len(data), dtype=np.int32), everything)
    user_block, item_block = (max(1, BLOCK_BYTES // max(1, size)) for size in row_bytes)
    item_blocks = -(-data.item_count // item_block)
    tiles = (data.users // user_block).astype(np.int64) * item_blocks + data.items // item_block
    counts = np.bincount(tiles)
    numbers = np.cumsum(counts > 0) - 1  # tiles without ratings don't count
    narrow = np.uint16 if numbers[-1] < 1 << 16 else np.int64  # NumPy sorts 16 bits in linear time
    by_tile = np.argsort(numbers[tiles].astype(narrow), kind="stable").astype(np.int32)
    return EpochOrder(by_tile, np.concatenate([[0], np.cumsum(counts[counts > 0])]))
