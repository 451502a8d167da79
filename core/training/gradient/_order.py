"""The order in which an epoch meets the ratings: random, and kind to a CPU's cache where tables outgrow it.

Rows of large tables lie in main memory, and meeting ratings in any order waits for it twice a rating. Here
the ratings are cut into tiles, blocks of users × blocks of items whose rows fit the cache together; an epoch
meets the tiles in random order and the ratings of each in random order, as LIBMF does (Chin et al. 2015,
after Gemulla et al. 2011). Ratings lie tile by tile, so that to shuffle them is kind to the cache as well.
Tables that fit the cache make one tile: a plain shuffle.

A GPU trains an epoch in less time than the host needs to shuffle it, so it shuffles itself, in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import RowArray
from core.contract import TrainingData
from core.startup import tf

BLOCK_BYTES = 2 << 20
"""Rows of one side's block: both sides' fit the second-level cache of one core, or nearly."""


@dataclass(frozen=True)
class EpochOrder:
    """Tiles of ratings that lie one after another: `starts` (tiles + 1,) says where each begins.

    `bands` (tiles,) numbers the block that a tile shares with its neighbours.
    """

    starts: npt.NDArray[np.int64]
    bands: npt.NDArray[np.int64]

    @classmethod
    def of_one_tile(cls, ratings: int) -> EpochOrder:
        """A plain shuffle of so many ratings."""
        return cls(np.array([0, ratings], np.int64), np.zeros(1, np.int64))

    def shuffled(self, generator: np.random.Generator) -> RowArray:
        """Draw an epoch's order, shape (ratings,): bands shuffled, tiles of a band, and ratings of a tile."""
        order = np.empty(self.starts[-1], np.int32)
        filled = 0
        for tile in self._tiles(generator):
            start, end = self.starts[tile : tile + 2]
            part = order[filled : filled + end - start]
            part[:] = generator.permutation(end - start)
            part += start
            filled += len(part)
        return order

    def _tiles(self, generator: np.random.Generator) -> list[int]:
        if len(self.bands) == 1:
            return [0]
        rank = generator.permutation(self.bands[-1] + 1)[self.bands]
        tiles: list[int] = np.lexsort((generator.random(len(self.bands)), rank)).tolist()
        return tiles


def arranged(data: TrainingData, row_bytes: tuple[int, int]) -> tuple[list[npt.NDArray[Any]], EpochOrder]:
    """Lay users, items and targets tile by tile, for rows of so many bytes (users', items').

    Bands are blocks of the side with fewer rows: each of its rows is met more often, so it pays most to keep
    them in the cache from tile to tile.
    """
    columns = [data.users, data.items, data.targets]
    counts = data.user_count, data.item_count
    blocks = [max(1, BLOCK_BYTES // max(1, size)) for size in row_bytes]
    sides = list(zip((data.users, data.items), counts, blocks, strict=True))
    (high, high_count, high_rows), (wide, wide_count, wide_rows) = (
        sides if counts[0] <= counts[1] else sides[::-1]
    )
    width, bands = -(-wide_count // wide_rows), -(-high_count // high_rows)
    if width * bands == 1:
        return columns, EpochOrder.of_one_tile(len(data))

    def tiles_of(part: slice) -> npt.NDArray[np.int64]:
        bands = (high[part] // high_rows).astype(np.int64)
        return np.asarray(bands * width + wide[part] // wide_rows)

    by_tile, order = _by_tile(tiles_of, len(data), bands * width, width)
    return [column[by_tile] for column in columns], order


_PART = 1 << 23
"""Ratings that are put in order together: copies of a long table would be dear."""


def _by_tile(
    tiles_of: Callable[[slice], npt.NDArray[np.int64]], count: int, most: int, width: int
) -> tuple[RowArray, EpochOrder]:
    """Put `count` ratings in the order of their tiles, of which there are at most `most`, `width` a band."""
    parts = [slice(start, min(start + _PART, count)) for start in range(0, count, _PART)]
    ratings = np.zeros(most, np.int64)
    for part in parts:
        ratings += np.bincount(tiles_of(part), minlength=most)
    places, by_tile = np.cumsum(ratings) - ratings, np.empty(count, np.int32)
    narrow = np.uint16 if most < 1 << 16 else np.int64  # NumPy sorts 16 bits in linear time
    for part in parts:
        tiles = tiles_of(part)
        order = np.argsort(tiles.astype(narrow), kind="stable")
        here = np.bincount(tiles, minlength=most)
        within = np.arange(len(order)) - np.repeat(np.cumsum(here) - here, here)
        by_tile[places[tiles[order]] + within] = part.start + order
        places += here
    filled = np.flatnonzero(ratings)  # tiles without ratings don't count
    starts = np.concatenate([[0], np.cumsum(ratings[filled])])
    return by_tile, EpochOrder(starts, filled // width)


@tf.function(jit_compile=True, autograph=False)
def shuffled_on_device(ratings: int, shape: tuple[int, int], seed: Any) -> Any:
    """Draw a random order of so many ratings by `seed`, shape (2,), repeated to fill `shape` (int32)."""
    numbers = tf.random.stateless_uniform([ratings], seed, None, None, tf.int32, alg="philox")
    order, filled = tf.argsort(numbers), shape[0] * shape[1]
    return tf.reshape(tf.tile(order, [-(-filled // ratings)])[:filled], shape)
