"""Optimizers of embedding tables that touch only the rows of a batch.

Gradients come one row per rating and are applied as a sum over the batch, not a mean: each rating moves its
rows as in classic stochastic matrix factorization (Koren, Bell & Volinsky 2009), whatever the batch size.
`index` has shape (batch, 1), `gradient` (batch, dimension); ratings that only pad the batch have zero
gradients and `valid` 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.training.backend import tf

Update = Callable[[Any, Sequence[Any], Any, Any, Any, Any], tuple[Any, list[Any]]]
"""(table, slots, index, gradient, learning rate, valid) → (new table, new slots)."""


@dataclass(frozen=True)
class TableOptimizer:
    """How tables learn: the start value of each slot (a table beside the table), and the update."""

    slot_starts: tuple[float, ...]
    update: Update


def _sgd(
    table: Any, slots: Sequence[Any], index: Any, gradient: Any, rate: Any, valid: Any
) -> tuple[Any, list[Any]]:
    del slots, valid
    return tf.tensor_scatter_nd_sub(table, index, rate * gradient), []


def _adagrad(
    table: Any, slots: Sequence[Any], index: Any, gradient: Any, rate: Any, valid: Any
) -> tuple[Any, list[Any]]:
    """Duchi, Hazan & Singer 2011; rarely rated rows keep a large step, which suits long tails."""
    del valid
    total = tf.tensor_scatter_nd_add(slots[0], index, gradient * gradient)
    step = rate * gradient * tf.math.rsqrt(tf.gather_nd(total, index) + 1e-7)
    return tf.tensor_scatter_nd_sub(table, index, step), [total]


def _lazy_adam(
    table: Any, slots: Sequence[Any], index: Any, gradient: Any, rate: Any, valid: Any
) -> tuple[Any, list[Any]]:
    """Kingma & Ba 2015 without bias correction, with moments that move only when a row is rated."""
    first, second = slots
    old_first, old_second = tf.gather_nd(first, index), tf.gather_nd(second, index)
    first = tf.tensor_scatter_nd_add(first, index, (gradient - old_first) * (0.1 * valid))
    second = tf.tensor_scatter_nd_add(second, index, (gradient * gradient - old_second) * (0.001 * valid))
    scale = tf.sqrt(tf.maximum(tf.gather_nd(second, index), 0.0)) + 1e-7
    step = rate * valid * tf.gather_nd(first, index) / scale
    return tf.tensor_scatter_nd_sub(table, index, step), [first, second]


TABLE_OPTIMIZERS = {
    "sgd": TableOptimizer((), _sgd),
    "adagrad": TableOptimizer((0.1,), _adagrad),
    "adam": TableOptimizer((0.0, 0.0), _lazy_adam),
}
