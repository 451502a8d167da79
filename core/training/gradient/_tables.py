"""All embeddings of one side in one wide table: a batch then costs one gather and one scatter a side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import Arrays, EmbeddingSpec
from core.startup import tf
from core.training.gradient._optimizers import ColumnGroups, Gathered, TableOptimizer


@dataclass(frozen=True)
class ReplicaStart:
    """What a replica starts from: the seed of its start values, and its embeddings with their pulls."""

    seed: int
    specs: tuple[EmbeddingSpec, ...]


Values = tuple[Any, list[Any]]
"""A side's table and slots as tensors."""


@dataclass(frozen=True)
class SideTable:
    """The embeddings of users or of items, side by side in their specs' order.

    TensorFlow variables: `table`, shape (rows, columns); `slots`, what the optimizer remembers of each row,
    each of shape (rows, slot numbers); `constants`, shape (rows, 1 + embeddings), how often a batch is
    expected to meet the row (at least once), then how strongly a rating pulls each of its embeddings towards
    its initial mean. With several replicas a user or item has as many rows, one after another.
    """

    side: str
    replicas: int
    specs: tuple[EmbeddingSpec, ...]
    groups: ColumnGroups
    optimizer: TableOptimizer
    table: Any
    slots: tuple[Any, ...]
    constants: Any

    def learn(
        self, values: Values, index: Any, rows: Any, gradients: list[Any], valid: Any, rate: Any
    ) -> Values:
        """Update (table, slots) by a batch: the gradients (one tensor an embedding) of the gathered `rows`.

        `index` and `valid` have shape (batch, 1). Slots are added to before they are read for the step, so
        that XLA need not copy them. Embeddings stay apart until they are scattered: side by side, XLA would
        write them out once more. Steps are added with their sign turned: GPUs add with one instruction, but
        subtract by trying again until no other thread was faster, which popular items make many times slower.
        """
        table, slots = values
        constants, before = (
            tf.gather(self.constants, index[:, 0]),
            [tf.gather_nd(slot, index) for slot in slots],
        )
        pulls = [pull * valid for pull in self.groups.columns_of(constants[:, 1:])]
        pulled = [
            gradient + pull * (part - spec.initial_mean)
            for gradient, pull, part, spec in zip(
                gradients, pulls, self.groups.split(rows), self.specs, strict=True
            )
        ]
        batch = Gathered(before, pulled, constants[:, :1], valid, self.groups)
        changes = self.optimizer.remember(batch)
        slots = [
            tf.tensor_scatter_nd_add(slot, index, change) for slot, change in zip(slots, changes, strict=True)
        ]
        batch = replace(batch, slots=[tf.gather_nd(slot, index) for slot in slots])
        step = self.optimizer.step(batch, rate)
        return tf.tensor_scatter_nd_add(table, index, -step), slots

    @property
    def row_bytes(self) -> int:
        """Bytes of a user's or item's rows in the table and its slots."""
        return 4 * self.replicas * sum(int(values.shape[1]) for values in (self.table, *self.slots))

    def rows_of(self, entities: Any) -> Any:
        """Rows of users or items, shape (n,), in all replicas: shape (replicas × n,), replica by replica."""
        if self.replicas == 1:
            return entities
        return tf.reshape(entities * self.replicas + tf.range(self.replicas)[:, None], [-1])

    def arrays(self) -> Arrays:
        """Copy each embedding by name, as in `user_factors`: shape (entities, replicas × dimension)."""
        by_replica = self.table.numpy().reshape(-1, self.replicas, self.groups.columns)
        parts = np.split(by_replica, np.cumsum(self.groups.widths)[:-1], axis=2)
        flat = [np.ascontiguousarray(part.reshape(len(part), -1)) for part in parts]
        return {spec.name: part for spec, part in zip(self.specs, flat, strict=True)}

    def assign(self, arrays: Mapping[str, Any]) -> None:
        """Take embeddings back by their names."""
        shape = self.table.shape[0] // self.replicas, self.replicas, -1
        parts = [np.reshape(arrays[spec.name], shape) for spec in self.specs]
        self.table.assign(np.concatenate(parts, axis=2).reshape(self.table.shape))

    def start(
        self, starts: Sequence[ReplicaStart], counts: LongArray, repeats: FloatArray, noise: float
    ) -> None:
        """Draw each replica's start values by its seed and specs, and put slots where they start.

        `counts` are the training ratings and `repeats` the expected ratings of a batch, both of shape
        (entities,); a row's prior times `noise` is shared out among its ratings.
        """
        own = [[spec for spec in start.specs if spec.side == self.side] for start in starts]
        drawn = {
            spec.name: np.concatenate(
                [
                    start_rows(specs[at], len(repeats), start.seed)
                    for specs, start in zip(own, starts, strict=True)
                ],
                axis=1,
            )
            for at, spec in enumerate(self.specs)
        }
        self.assign(drawn)
        for slot in self.slots:
            slot.assign(np.full(slot.shape, self.optimizer.slot_start, np.float32))
        constants = [_constants(specs, counts, repeats, noise) for specs in own]
        self.constants.assign(np.stack(constants, axis=1).reshape(self.constants.shape))


def _constants(
    specs: Sequence[EmbeddingSpec], counts: LongArray, repeats: FloatArray, noise: float
) -> FloatArray:
    """A replica's constants, shape (entities, 1 + embeddings)."""
    pulls = [spec.l2 + spec.prior * noise / np.maximum(counts, 1) for spec in specs]
    constants: FloatArray = np.stack([repeats, *pulls], axis=1).astype(np.float32)
    return constants


def make_side_table(
    side: str, specs: Sequence[EmbeddingSpec], replicas: int, entities: int, optimizer: TableOptimizer
) -> SideTable:
    """Make room for the table of so many users or items (`entities`); `start` fills it."""
    groups, rows = ColumnGroups(tuple(spec.dimension for spec in specs)), entities * replicas
    shapes = (
        (rows, groups.columns),
        *((rows, numbers) for numbers in optimizer.slot_numbers(groups)),
        (rows, 1 + len(specs)),
    )
    table, *slots, constants = (tf.Variable(tf.zeros(shape), name=side) for shape in shapes)
    return SideTable(side, replicas, tuple(specs), groups, optimizer, table, tuple(slots), constants)


def start_rows(spec: EmbeddingSpec, rows: int, seed: int) -> FloatArray:
    """Draw an embedding's start values, shape (rows, dimension), from the seed and the embedding's name."""
    generator = np.random.default_rng([seed, *spec.name.encode()])
    drawn = generator.standard_normal((rows, spec.dimension), np.float32)
    return (np.float32(spec.initial_mean) + np.float32(spec.initial_spread) * drawn).astype(np.float32)


def expected_repeats(counts: LongArray, batch_size: int) -> FloatArray:
    """How often a batch meets each row, at least once: its share of ratings times the size of a batch."""
    ratings = max(int(counts.sum()), 1)
    repeats: FloatArray = np.maximum(counts * (min(batch_size, ratings) / ratings), 1).astype(np.float32)
    return repeats
