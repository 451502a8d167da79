"""Optimizers of embedding tables that touch only the rows of a batch.

Gradients come one row per rating and are applied as a sum over the batch, not a mean: each rating moves its
rows as in classic stochastic matrix factorization (Koren, Bell & Volinsky 2009), whatever the batch size.

A row that a batch meets k times gets k steps, each computed without the others. `repeats` is the k that its
share of all ratings lets expect, and k steps together go as far as k steps in turn would, never past the
target (`_together`). In small batches k is 1 and nothing changes; in batches of thousands it keeps popular
items and busy users from overshooting.

Shapes here: gradients and steps (ratings, columns), each of the slots (ratings, slot numbers), `repeats` and
`valid` (ratings, 1). Ratings that only pad the batch have zero gradients and `valid` 0, and must change
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.startup.backend import tf
from core.training.gradient.column_groups import ColumnGroups

Slots = Sequence[Any]
Remember = Callable[[Slots, Any, Any, Any, ColumnGroups], Slots]
"""(slots, gradient, repeats, valid, groups) → changes of slots, which are added up over the batch."""
Step = Callable[[Slots, Any, Any, Any, Any, ColumnGroups], Any]
"""(slots after the batch, gradient, repeats, valid, learning rate, groups) → what to take from the rows."""


@dataclass(frozen=True)
class TableOptimizer:
    """How tables learn.

    `slot_numbers` says how many numbers each of the slots beside a table row holds, given the row's columns
    and the embeddings in it; all start at `slot_start`.
    """

    slot_numbers: Callable[[int, int], tuple[int, ...]]
    slot_start: float
    remember: Remember
    step: Step


def _together(step: Any, repeats: Any) -> Any:
    """The share of `step` that each of `repeats` equal steps takes so that they add up to at most the way."""
    return step / (1 + (repeats - 1) * step)


def _adagrad_rate(squares: Any, repeats: Any, rate: Any) -> Any:
    """`_together` of rate / √squares, written so that a number costs one root and one division."""
    return rate / (tf.sqrt(squares + 1e-7) + (repeats - 1) * rate)


def _nothing(slots: Slots, gradient: Any, repeats: Any, valid: Any, groups: ColumnGroups) -> Slots:
    del slots, gradient, repeats, valid, groups
    return ()


def _sgd(slots: Slots, gradient: Any, repeats: Any, valid: Any, rate: Any, groups: ColumnGroups) -> Any:
    del slots, valid, groups
    return _together(rate, repeats) * gradient


def _squares(slots: Slots, gradient: Any, repeats: Any, valid: Any, groups: ColumnGroups) -> Slots:
    del slots, repeats, valid, groups
    return (gradient * gradient,)


def _adagrad(slots: Slots, gradient: Any, repeats: Any, valid: Any, rate: Any, groups: ColumnGroups) -> Any:
    """Duchi, Hazan & Singer 2011; rarely rated rows keep a large step, which suits long tails."""
    del valid, groups
    return gradient * _adagrad_rate(slots[0], repeats, rate)


def _mean_squares(slots: Slots, gradient: Any, repeats: Any, valid: Any, groups: ColumnGroups) -> Slots:
    del slots, repeats, valid
    return (groups.means(gradient * gradient),)


def _rowwise(slots: Slots, gradient: Any, repeats: Any, valid: Any, rate: Any, groups: ColumnGroups) -> Any:
    """Adagrad with one sum of squares an embedding row, not one a number (Gupta, Bengio & Weston 2014).

    It learns as well on rating data and moves half the memory.
    """
    del valid
    return groups.spread(_adagrad_rate(slots[0], repeats, rate)) * gradient


def _moments(slots: Slots, gradient: Any, repeats: Any, valid: Any, groups: ColumnGroups) -> Slots:
    del groups
    first, second = slots
    first_change = (gradient - first) * (_together(0.1, repeats) * valid)
    second_change = (gradient * gradient - second) * (_together(0.001, repeats) * valid)
    return first_change, second_change


def _lazy_adam(slots: Slots, gradient: Any, repeats: Any, valid: Any, rate: Any, groups: ColumnGroups) -> Any:
    """Kingma & Ba 2015 without bias correction, with moments that move only when a row is rated."""
    del gradient, groups
    first, second = slots
    return (_together(rate, repeats) * valid) * first / (tf.sqrt(tf.maximum(second, 0.0)) + 1e-7)


TABLE_OPTIMIZERS = {
    "rowwise_adagrad": TableOptimizer(lambda _, embeddings: (embeddings,), 0.1, _mean_squares, _rowwise),
    "adagrad": TableOptimizer(lambda columns, _: (columns,), 0.1, _squares, _adagrad),
    "adam": TableOptimizer(lambda columns, _: (columns, columns), 0.0, _moments, _lazy_adam),
    "sgd": TableOptimizer(lambda *_: (), 0.0, _nothing, _sgd),
}
