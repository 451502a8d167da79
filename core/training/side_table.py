"""All embeddings of one side in one wide table: a batch then costs one gather and one scatter a side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.architecture import EmbeddingSpec
from core.trainer import Arrays, FloatArray
from core.training.backend import tf
from core.training.table_optimizers import TableOptimizer


@dataclass(frozen=True)
class SideTable:
    """The embeddings of users or of items, side by side in their specs' order.

    `table` and each of `slots` are TensorFlow variables of shape (rows, sum of dimensions); `l2` and `mean`
    have shape (sum of dimensions,).
    """

    side: str
    specs: tuple[EmbeddingSpec, ...]
    table: Any
    slots: tuple[Any, ...]
    slot_starts: tuple[float, ...]

    @property
    def dimensions(self) -> list[int]:
        """The width of each embedding."""
        return [spec.dimension for spec in self.specs]

    @property
    def l2(self) -> FloatArray:
        """The l2 of each column."""
        return np.repeat(np.array([spec.l2 for spec in self.specs], np.float32), self.dimensions)

    @property
    def mean(self) -> FloatArray:
        """The number towards which each column is pulled."""
        return np.repeat(np.array([spec.initial_mean for spec in self.specs], np.float32), self.dimensions)

    def split(self, rows: Any) -> list[Any]:
        """Cut gathered rows, shape (batch, sum of dimensions), into one tensor an embedding."""
        return list(tf.split(rows, self.dimensions, axis=1))

    def arrays(self) -> Arrays:
        """Copy each embedding under its name, as in `user_factors`."""
        ends = np.cumsum(self.dimensions)[:-1]
        parts = np.split(self.table.numpy(), ends, axis=1)
        return {spec.name: np.ascontiguousarray(part) for spec, part in zip(self.specs, parts, strict=True)}

    def assign(self, arrays: Sequence[Any]) -> None:
        """Take embeddings back, in the specs' order."""
        self.table.assign(np.concatenate(arrays, axis=1))

    def start(self, seed: int) -> None:
        """Draw start values from the seed, and put the optimizer's slots where they start."""
        self.assign([start_rows(spec, self.table.shape[0], seed) for spec in self.specs])
        for slot, value in zip(self.slots, self.slot_starts, strict=True):
            slot.assign(np.full(slot.shape, value, np.float32))


def make_side_table(
    side: str, specs: Sequence[EmbeddingSpec], rows: int, optimizer: TableOptimizer
) -> SideTable:
    """Make room for a side's table and the optimizer's slots; `start` fills them."""
    shape = (rows, sum(spec.dimension for spec in specs))
    table, *slots = (tf.Variable(tf.zeros(shape), name=side) for _ in range(1 + len(optimizer.slot_starts)))
    return SideTable(side, tuple(specs), table, tuple(slots), optimizer.slot_starts)


def start_rows(spec: EmbeddingSpec, rows: int, seed: int) -> FloatArray:
    """Draw an embedding's start values, shape (rows, dimension), from the seed and the embedding's name."""
    generator = np.random.default_rng([seed, *spec.name.encode()])
    drawn = generator.standard_normal((rows, spec.dimension), np.float32)
    return (np.float32(spec.initial_mean) + np.float32(spec.initial_spread) * drawn).astype(np.float32)
