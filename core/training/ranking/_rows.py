"""Embedding tables under ranking: where they start, what they are pulled to, and how their rows step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.array_types import FloatArray
from core.contract import EmbeddingSpec
from core.startup import tf
from core.training.gradient import start_rows

Slots = list[Any]


class RowOptimizer(ABC):
    """Steps of rows from their summed gradient, shape (rows, replicas, dimension), and what is remembered.

    `slots` says what kind of thing that is: "slots" add up over steps, "means" are running means of them.
    """

    slots: ClassVar[str] = "slots"

    @abstractmethod
    def slot_shapes(self, replicas: int, dimension: int) -> list[tuple[int, ...]]:
        """The shape of each slot of one row."""

    @abstractmethod
    def step(self, gradient: Any, slots: Slots) -> tuple[Any, Slots]:
        """The direction to go against (to be scaled by the learning rate) and the slots afterwards."""


class _Adam(RowOptimizer):
    """Kingma & Ba 2015; bias is corrected by how often a row was met, so that rare rows start alike."""

    slots = "means"

    def slot_shapes(self, replicas: int, dimension: int) -> list[tuple[int, ...]]:
        """Both moments, and how often the row was met."""
        return [(replicas, dimension), (replicas, dimension), (1, 1)]

    def step(self, gradient: Any, slots: Slots) -> tuple[Any, Slots]:
        """The first moment over the root of the second."""
        first = 0.9 * slots[0] + 0.1 * gradient
        second = 0.99 * slots[1] + 0.01 * gradient * gradient
        met = slots[2] + 1.0
        mean, square = first / (1 - tf.pow(0.9, met)), second / (1 - tf.pow(0.99, met))
        return mean / (tf.sqrt(square) + 1e-7), [first, second, met]


class _Adagrad(RowOptimizer):
    """Duchi, Hazan & Singer 2011."""

    def slot_shapes(self, replicas: int, dimension: int) -> list[tuple[int, ...]]:
        """A sum of squares a number."""
        return [(replicas, dimension)]

    def step(self, gradient: Any, slots: Slots) -> tuple[Any, Slots]:
        """The gradient over the root of its squares so far."""
        squares = slots[0] + gradient * gradient
        return gradient / (tf.sqrt(squares) + 1e-7), [squares]


class _RowwiseAdagrad(RowOptimizer):
    """Adagrad with one sum of mean squares a row (Gupta, Bengio & Weston 2014)."""

    def slot_shapes(self, replicas: int, dimension: int) -> list[tuple[int, ...]]:  # noqa: ARG002
        """A number a row and replica."""
        return [(replicas, 1)]

    def step(self, gradient: Any, slots: Slots) -> tuple[Any, Slots]:
        """The gradient over the root of its mean squares so far."""
        squares = slots[0] + tf.reduce_mean(gradient * gradient, axis=2, keepdims=True)
        return gradient / (tf.sqrt(squares) + 1e-7), [squares]


class _SGD(RowOptimizer):
    """Plain steps down the gradient."""

    def slot_shapes(self, replicas: int, dimension: int) -> list[tuple[int, ...]]:  # noqa: ARG002
        """Nothing is remembered."""
        return []

    def step(self, gradient: Any, slots: Slots) -> tuple[Any, Slots]:
        """The gradient."""
        return gradient, slots


ROW_OPTIMIZERS: dict[str, RowOptimizer] = {
    "adam": _Adam(),
    "adagrad": _Adagrad(),
    "rowwise_adagrad": _RowwiseAdagrad(),
    "sgd": _SGD(),
}


@dataclass(frozen=True)
class RowTable:
    """One embedding's rows: TensorFlow variables `table`, shape (rows, replicas, dimension), and `slots`.

    `pull`, a variable too, is what l2 pulls towards: shape (rows, 1, 1) or (1, 1, 1).
    """

    spec: EmbeddingSpec
    table: Any
    slots: tuple[Any, ...]
    pull: Any
    optimizer: RowOptimizer

    @property
    def replicas(self) -> int:
        return int(self.table.shape[1])

    def array(self) -> FloatArray:
        """Copy the rows, shape (rows, replicas × dimension)."""
        rows: FloatArray = self.table.numpy()
        return np.ascontiguousarray(rows.reshape(len(rows), -1))

    def assign(self, array: Any) -> None:
        """Take rows back."""
        self.table.assign(np.reshape(array, self.table.shape))

    def start(self, seed: int, popularity: FloatArray) -> None:
        """Put rows where a training begins, the items' biases at `popularity`, (items,), and forget slots."""
        rows, drawn_from = self.table.shape[0], range(seed, seed + self.replicas)
        drawn = np.stack([start_rows(self.spec, rows, own) for own in drawn_from], axis=1)
        pull = np.full(self.pull.shape, self.spec.initial_mean, np.float32)
        if _by_popularity(self.spec):
            drawn = drawn + popularity[:, None, None]
            pull = pull + popularity[:, None, None]
        self.table.assign(drawn.astype(np.float32))
        self.pull.assign(pull)
        for slot in self.slots:
            slot.assign(tf.zeros(slot.shape))

    def pulled(self, index: Any) -> Any:
        """What l2 pulls the rows of `index` towards."""
        return self.pull if self.pull.shape[0] == 1 else tf.gather(self.pull, index)

    def values(self, index: Any | None) -> list[Any]:
        """The rows of `index` and their slots; all of them for None."""
        variables = (self.table, *self.slots)
        if index is None:
            return [variable.read_value() for variable in variables]
        return [tf.gather(variable, index) for variable in variables]

    def stepped(self, values: list[Any], gradient: Any, rate: Any) -> list[Any]:
        """What rows and slots become by a step."""
        step, slots = self.optimizer.step(gradient, values[1:])
        return [values[0] - rate * step, *slots]

    def write(self, index: Any | None, values: list[Any]) -> None:
        """Put all values in their place, or add changes to the rows of `index`, in place."""
        for variable, value in zip((self.table, *self.slots), values, strict=True):
            if index is None:
                variable.assign(value)
            else:
                tf.raw_ops.ResourceScatterAdd(resource=variable.handle, indices=index, updates=value)


def make_rows(
    specs: Sequence[EmbeddingSpec], counts: dict[str, int], replicas: int, optimizer: str
) -> list[RowTable]:
    """Make every embedding's table, of `counts` rows by side; they are yet to be started."""
    return [_make(spec, counts[spec.side], replicas, ROW_OPTIMIZERS[optimizer]) for spec in specs]


def _make(spec: EmbeddingSpec, rows: int, replicas: int, chosen: RowOptimizer) -> RowTable:
    shapes = chosen.slot_shapes(replicas, spec.dimension)
    slots = tuple(tf.Variable(tf.zeros((rows, *shape))) for shape in shapes)
    pull = tf.Variable(tf.zeros((rows if _by_popularity(spec) else 1, 1, 1)))
    return RowTable(spec, tf.Variable(tf.zeros((rows, replicas, spec.dimension))), slots, pull, chosen)


def _by_popularity(spec: EmbeddingSpec) -> bool:
    """Whether rows are the items' biases, which begin at popularity and are pulled to it."""
    return spec.side == "item" and spec.role == "bias" and spec.dimension == 1
