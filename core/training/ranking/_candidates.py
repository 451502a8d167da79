"""The items that a batch is scored on: all, or a sample that its users share, with its correction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.array_types import FloatArray, RowArray
from core.ranking import ItemSets
from core.training.ranking._batches import Batch, BatchSize
from core.training.ranking._products import Products

EXACT_SCORES = 4_500_000
"""Scores of a batch, users × items, up to which all items are candidates where scores are matrix products."""
EXACT_ITEMS = 20_000
"""Items up to which all of them are."""
EXACT_PAIRS, EXACT_RESTS = 200_000, 700_000
"""Scores of a batch up to which all items are candidates where each pair goes through the head: as a whole,
and for what it adds to products alone."""
DRAWN = 2048
"""Items drawn for a batch."""
NEVER = np.float32(1e30)
_ROOM, _MORE_ROOM = 1.08, 64
"""Rows are padded to what a batch should need and a little more, those of a larger batch to the most."""
_FEW_ROWS = 16_384
"""So few rows at most are padded to the most at once: compiling a second shape takes longer."""


@dataclass(frozen=True)
class Candidates:
    """Rows of items, shape (rows,), that a batch needs, and which of them are what.

    `shared` (candidates,) says which rows all users of the batch are scored on, `log_share` (candidates,) the
    logarithm of the probability that one is there, or a huge number for what only pads. `taken` (pairs,) says
    which row a pair of the batch is, `twice` (pairs,) which candidate it is as well, or −1. `row_share`
    (rows,) is the probability that a row is needed, 0 for what only pads.
    """

    items: RowArray
    shared: RowArray
    log_share: FloatArray
    taken: RowArray
    twice: RowArray
    row_share: FloatArray


class AllItems:
    """Every item is a candidate for every batch."""

    exact = True

    def __init__(self, item_count: int) -> None:
        self._items = np.arange(item_count, dtype=np.int32)
        self._nothing, self._certain = np.zeros(item_count, np.float32), np.ones(item_count, np.float32)

    def of(self, batch: Batch, generator: np.random.Generator) -> Candidates:
        """All items, in their order."""
        del generator
        return Candidates(self._items, self._items, self._nothing, batch.items, batch.items, self._certain)


class SharedSample:
    """`drawn` items, half by popularity and half evenly, each once; what a user took comes beside them."""

    exact = False

    def __init__(self, likes: ItemSets, batch: BatchSize, drawn: int) -> None:
        counts = likes.item_sizes
        self._drawn, self._taken, self._items = drawn, likes.items, likes.item_count
        self._most_rows = min(likes.item_count, batch.pairs + drawn)
        chance = 0.5 * counts / max(1, counts.sum()) + 0.5 / likes.item_count
        undrawn = drawn * np.log1p(-np.minimum(chance, 1 - 1e-9))
        users = max(1, int((likes.sizes > 0).sum()))
        untaken = counts * np.log1p(-min(batch.users / users, 1 - 1e-9))
        self._log_share = np.log(-np.expm1(undrawn)).astype(np.float32)
        self._row_share = (-np.expm1(undrawn + untaken)).astype(np.float32)
        expected = round(_ROOM * float(self._row_share.sum())) + _MORE_ROOM
        self._rows = self._most_rows if self._most_rows <= _FEW_ROWS else min(self._most_rows, expected)

    def of(self, batch: Batch, generator: np.random.Generator) -> Candidates:
        """Draw, sort out what is double, and find the batch's pairs among the rows."""
        half = generator.random(self._drawn) < 0.5
        evenly = generator.integers(0, self._items, self._drawn).astype(np.int32)
        popular = self._taken[generator.integers(0, len(self._taken), self._drawn)]
        drawn = self._each_once(np.where(half, popular, evenly))
        taken = batch.items[: batch.pairs]
        items = self._each_once(drawn, taken)
        row_of, place_of = self._places(items, items), self._places(items, drawn)
        rows = self._rows if len(items) <= self._rows else self._most_rows
        return Candidates(
            items=_padded(items, rows, 0),
            shared=_padded(row_of[drawn], self._drawn, 0),
            log_share=_padded(self._log_share[drawn], self._drawn, NEVER),
            taken=_padded(row_of[taken], len(batch.items), 0),
            twice=_padded(place_of[taken], len(batch.items), -1),
            row_share=_padded(self._row_share[items], rows, np.float32(0)),
        )

    def _each_once(self, *items: RowArray) -> RowArray:
        """The different ones, ascending: marks in an array are found faster than by sorting."""
        marked = np.zeros(self._items, bool)
        for some in items:
            marked[some] = True
        return np.flatnonzero(marked).astype(np.int32)

    def _places(self, among: RowArray, items: RowArray) -> RowArray:
        """An array by item, shape (items,), that says where it lies in `items`, −1 for others of `among`."""
        places = np.empty(self._items, np.int32)
        places[among] = -1
        places[items] = np.arange(len(items), dtype=np.int32)
        return places


def _padded(values: np.ndarray, length: int, filler: int | np.float32) -> np.ndarray:
    kind = np.float32 if isinstance(filler, np.float32) else np.int32
    padded = np.full(length, filler, kind)
    padded[: len(values)] = values
    return padded


def choose_candidates(
    likes: ItemSets, batch: BatchSize, products: Products | None
) -> AllItems | SharedSample:
    """All items where they fit, else a sample; heads that score pair by pair take smaller ones."""
    scores = batch.users * likes.item_count
    if products is None:
        fits = scores <= EXACT_PAIRS
    elif products.has_rest:
        fits = scores <= EXACT_RESTS
    else:
        fits = likes.item_count <= EXACT_ITEMS and scores <= EXACT_SCORES
    return AllItems(likes.item_count) if fits else SharedSample(likes, batch, DRAWN)
