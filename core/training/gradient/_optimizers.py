"""Optimizers of embedding tables that touch only the rows of a batch.

Gradients come one row per rating and are applied as a sum over the batch, not a mean: each rating moves its
rows as in classic stochastic matrix factorization (Koren, Bell & Volinsky 2009), whatever the batch size.

A row that a batch meets k times gets k steps, each computed without the others. `repeats` is the k that its
share of all ratings lets expect, and k steps together go as far as k steps in turn would, never past the
target (`_together`). In small batches k is 1 and nothing changes; in batches of thousands it keeps popular
items and busy users from overshooting.

Ratings that only pad the batch have zero gradients and `valid` 0, and must change nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.startup import tf

Slots = Sequence[Any]


@dataclass(frozen=True)
class ColumnGroups:
    """Embeddings side by side in a row; `widths` are their dimensions: (50, 1) for factors and a bias."""

    widths: tuple[int, ...]

    @property
    def columns(self) -> int:
        """All columns of a row."""
        return sum(self.widths)

    def split(self, rows: Any) -> list[Any]:
        """Cut rows, shape (batch, columns), into one tensor (batch, width) an embedding."""
        return list(tf.split(rows, list(self.widths), axis=1))

    def columns_of(self, numbers: Any) -> list[Any]:
        """Cut a number an embedding, shape (batch, embeddings), into columns of shape (batch, 1)."""
        return list(tf.split(numbers, len(self.widths), axis=1))


def mean_of(block: Any) -> Any:
    """Average over columns: (batch, width) → (batch, 1); by a product, for which XLA uses vectors."""
    width = int(block.shape[1])
    return block if width == 1 else tf.matmul(block, np.full((width, 1), 1 / width, np.float32))


@dataclass(frozen=True)
class Gathered:
    """What a batch gathered of one side's table, a row a rating.

    `slots` have shape (ratings, slot numbers) each, `gradients`, one an embedding, (ratings, width),
    `repeats` and `valid` (ratings, 1); `groups` says which columns are which embedding's.
    """

    slots: Slots
    gradients: Sequence[Any]
    repeats: Any
    valid: Any
    groups: ColumnGroups

    @property
    def gradient(self) -> Any:
        """The gradients side by side, shape (ratings, columns)."""
        return tf.concat(self.gradients, axis=1)


class TableOptimizer(ABC):
    """How tables learn, with slots beside each table row that start at `slot_start`."""

    slot_start = 0.0

    def slot_numbers(self, groups: ColumnGroups) -> tuple[int, ...]:  # noqa: ARG002 - for subclasses
        """How many numbers each of the slots holds."""
        return ()

    def remember(self, batch: Gathered) -> Slots:  # noqa: ARG002 - for subclasses
        """The changes of the slots, which are added up over the batch."""
        return ()

    @abstractmethod
    def step(self, batch: Gathered, rate: Any) -> Any:
        """What to take from the rows, shape (ratings, columns); the slots are those after the batch."""


class _SGD(TableOptimizer):
    """Plain steps down the gradient."""

    def step(self, batch: Gathered, rate: Any) -> Any:
        """The gradient times the rate."""
        return _together(rate, batch.repeats) * batch.gradient


class _Adagrad(TableOptimizer):
    """Duchi, Hazan & Singer 2011; rarely rated rows keep a large step, which suits long tails."""

    slot_start = 0.1

    def slot_numbers(self, groups: ColumnGroups) -> tuple[int, ...]:
        """A sum of squares for each number."""
        return (groups.columns,)

    def remember(self, batch: Gathered) -> Slots:
        """The squares of the gradient."""
        return (batch.gradient * batch.gradient,)

    def step(self, batch: Gathered, rate: Any) -> Any:
        """The gradient over the root of its squares so far."""
        return batch.gradient * _adagrad_rate(batch.slots[0], batch.repeats, rate)


class _RowwiseAdagrad(TableOptimizer):
    """Adagrad with one sum of squares an embedding row, not one a number (Gupta, Bengio & Weston 2014).

    It learns as well on rating data and moves half the memory.
    """

    slot_start = 0.1

    def slot_numbers(self, groups: ColumnGroups) -> tuple[int, ...]:
        """A sum of mean squares for each embedding."""
        return (len(groups.widths),)

    def remember(self, batch: Gathered) -> Slots:
        """The mean square of each embedding's gradient."""
        return (tf.concat([mean_of(gradient * gradient) for gradient in batch.gradients], axis=1),)

    def step(self, batch: Gathered, rate: Any) -> Any:
        """The gradient over the root of its row's mean squares so far."""
        rates = batch.groups.columns_of(_adagrad_rate(batch.slots[0], batch.repeats, rate))
        return tf.concat(
            [own * gradient for own, gradient in zip(rates, batch.gradients, strict=True)], axis=1
        )


class _LazyAdam(TableOptimizer):
    """Kingma & Ba 2015 without bias correction, with moments that move only when a row is rated."""

    def slot_numbers(self, groups: ColumnGroups) -> tuple[int, ...]:
        """Both moments of each number."""
        return groups.columns, groups.columns

    def remember(self, batch: Gathered) -> Slots:
        """How far the moments move towards the gradient and its square."""
        first, second = batch.slots
        first_change = (batch.gradient - first) * (_together(0.1, batch.repeats) * batch.valid)
        squares = batch.gradient * batch.gradient
        return first_change, (squares - second) * (_together(0.001, batch.repeats) * batch.valid)

    def step(self, batch: Gathered, rate: Any) -> Any:
        """The first moment over the root of the second."""
        first, second = batch.slots
        moved = (_together(rate, batch.repeats) * batch.valid) * first
        return moved / (tf.sqrt(tf.maximum(second, 0.0)) + 1e-7)


def _together(step: Any, repeats: Any) -> Any:
    """The share of `step` that each of `repeats` equal steps takes so that they add up to at most the way."""
    return step / (1 + (repeats - 1) * step)


def _adagrad_rate(squares: Any, repeats: Any, rate: Any) -> Any:
    """`_together` of rate / √squares, written so that a number costs one root and one division."""
    return rate / (tf.sqrt(squares + 1e-7) + (repeats - 1) * rate)


TABLE_OPTIMIZERS: dict[str, TableOptimizer] = {
    "rowwise_adagrad": _RowwiseAdagrad(),
    "adagrad": _Adagrad(),
    "adam": _LazyAdam(),
    "sgd": _SGD(),
}
