"""All embeddings of one side in one wide table: a batch then costs one gather and one scatter a side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.architecture import EmbeddingSpec
from core.trainer import Arrays, FloatArray
from core.training.backend import tf
from core.training.column_groups import ColumnGroups
from core.training.table_optimizers import TableOptimizer

Values = tuple[Any, list[Any]]
"""A side's table and slots as tensors."""


@dataclass(frozen=True)
class SideTable:
    """The embeddings of users or of items, side by side in their specs' order.

    TensorFlow variables: `table`, shape (rows, columns); `slots`, what the optimizer remembers of each row,
    each of shape (rows, slot numbers); `repeats`, shape (rows,), how often a batch is expected to meet the
    row, at least once. A spec of dimension d holds `groups.members` embeddings of dimension d / members, which learn
    apart.
    """

    side: str
    specs: tuple[EmbeddingSpec, ...]
    groups: ColumnGroups
    optimizer: TableOptimizer
    table: Any
    slots: tuple[Any, ...]
    repeats: Any

    def learn(
        self, values: Values, index: Any, rows: Any, gradients: list[Any], valid: Any, rate: Any
    ) -> Values:
        """Update (table, slots) by a batch: the gradients (one tensor an embedding) of the gathered `rows`.

        `index` and `valid` have shape (batch, 1). Slots are added to before they are read for the step, so
        that XLA need not copy them.
        """
        table, slots = values
        l2 = self.groups.row([spec.l2 for spec in self.specs])
        mean = self.groups.row([spec.initial_mean for spec in self.specs])
        gradient = self.groups.join(gradients) + l2 * (rows - mean) * valid
        repeats = tf.gather(self.repeats, index)
        before = [tf.gather_nd(slot, index) for slot in slots]
        changes = self.optimizer.remember(before, gradient, repeats, valid, self.groups)
        slots = [
            tf.tensor_scatter_nd_add(slot, index, change) for slot, change in zip(slots, changes, strict=True)
        ]
        now = [tf.gather_nd(slot, index) for slot in slots]
        step = self.optimizer.step(now, gradient, repeats, valid, rate, self.groups)
        return tf.tensor_scatter_nd_sub(table, index, step), slots

    def arrays(self) -> Arrays:
        """Copy each embedding under its name, as in `user_factors`: shape (rows, dimension)."""
        by_member = self.table.numpy().reshape(self.table.shape[0], self.groups.members, -1)
        parts = np.split(by_member, np.cumsum(self.groups.widths)[:-1], axis=2)
        flat = [np.ascontiguousarray(part.reshape(len(part), -1)) for part in parts]
        return {spec.name: part for spec, part in zip(self.specs, flat, strict=True)}

    def assign(self, arrays: Mapping[str, Any]) -> None:
        """Take embeddings back by their names."""
        shape = self.table.shape[0], self.groups.members, -1
        parts = [np.reshape(arrays[spec.name], shape) for spec in self.specs]
        self.table.assign(np.concatenate(parts, axis=2).reshape(self.table.shape))

    def start(self, seed: int, repeats: FloatArray) -> None:
        """Draw start values from the seed, and put slots and the expected `repeats` where they start."""
        rows, members = self.table.shape[0], self.groups.members
        self.assign({spec.name: start_rows(spec, rows, seed, members) for spec in self.specs})
        for slot in self.slots:
            slot.assign(np.full(slot.shape, self.optimizer.slot_start, np.float32))
        self.repeats.assign(repeats)


def make_side_table(
    side: str, specs: Sequence[EmbeddingSpec], members: int, rows: int, optimizer: TableOptimizer
) -> SideTable:
    """Make room for a side's table; `start` fills it."""
    groups = ColumnGroups(tuple(spec.dimension // members for spec in specs), members)
    table, *slots, repeats = (
        tf.Variable(tf.zeros(shape), name=side)
        for shape in (
            (rows, groups.columns),
            *((rows, numbers) for numbers in optimizer.slot_numbers(groups.columns, groups.groups)),
            (rows,),
        )
    )
    return SideTable(side, tuple(specs), groups, optimizer, table, tuple(slots), repeats)


def start_rows(spec: EmbeddingSpec, rows: int, seed: int, members: int = 1) -> FloatArray:
    """Draw an embedding's start values, shape (rows, dimension), from its name and the seed.

    Each member draws from a seed of its own: `seed`, `seed` + 1, …
    """
    shape = (rows, spec.dimension // members)
    drawn = [
        np.random.default_rng([seed + member, *spec.name.encode()]).standard_normal(shape, np.float32)
        for member in range(members)
    ]
    wide: npt.NDArray[np.float32] = np.concatenate(drawn, axis=1)
    return (np.float32(spec.initial_mean) + np.float32(spec.initial_spread) * wide).astype(np.float32)


def expected_repeats(rows: npt.NDArray[np.int32], row_count: int, batch_size: int) -> FloatArray:
    """How often a batch meets each row, at least once: its share of ratings times the size of a batch."""
    counts = np.bincount(rows, minlength=row_count)
    repeats: FloatArray = np.maximum(counts * (min(batch_size, len(rows)) / max(len(rows), 1)), 1).astype(
        "f4"
    )
    return repeats
