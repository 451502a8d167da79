"""The engine's own trainer: gradient steps on the rows of each batch, for any architecture with a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, RowArray
from core.contract import (
    Architecture,
    Arrays,
    SliceTotals,
    TrainingData,
    TrainingSettings,
    replica_count,
    replicate,
)
from core.model import Head
from core.options import ArchitectureOptions
from core.startup import is_cpu, keep_to_one_thread, tf, with_batch_size
from core.training.gradient._compiled import Compiled, take
from core.training.gradient._dropout import as_step, first_step
from core.training.gradient._order import EpochOrder, arranged, shuffled_on_device
from core.training.gradient._step import score_in_chunks
from core.training.gradient._variables import check_fits, copied, numbered
from core.training.gradient._waiting import WAITING


@dataclass(frozen=True)
class Variant:
    """Choices of a training beside others: options, and the share of the learning rate that it takes."""

    options: ArchitectureOptions
    rate: float = 1.0


class GradientTrainer:
    """Trains tables and head by gathered rows (see `core.training.gradient._step`), a `Trainer`."""

    def __init__(
        self,
        architecture: Architecture,
        options: ArchitectureOptions,
        settings: TrainingSettings,
        data: TrainingData,
        device: str,
        variants: Sequence[Variant] = (),
    ) -> None:
        """`variants` are trained side by side, as the architecture's replicas, each with its own choices."""
        if is_cpu(device):
            keep_to_one_thread()
        settings = with_batch_size(settings, data.room)
        self._settings, self._data, self._device = settings, data, device
        self._shares = np.ones(replica_count(architecture), np.float32)
        if variants:
            architecture = replicate(architecture, len(variants))
            self._shares = np.array([one.rate for one in variants], np.float32)
        chosen = [one.options for one in variants]
        self._compiled: Compiled | None = take(architecture, options, settings, data, device, chosen)
        self._parts, self._run, self._score = self._compiled.parts, self._compiled.run, self._compiled.score
        columns, self._order = self._arranged()
        with tf.device(device):
            self._columns = [tf.constant(column) for column in columns]
        self._first_step = first_step(settings.seed)
        self._shuffled: list[Any] = []
        self._steps_before = 0

    @property
    def parameters(self) -> int:
        """Count the trained numbers: all tables and the head's weights."""
        trained = [*(side.table for side in self._parts.sides), *self._parts.training.weights]
        return sum(int(np.prod(variable.shape)) for variable in trained)

    @property
    def replicas(self) -> int:
        return self._parts.replicas

    @property
    def batches(self) -> int:
        """Count the batches of an epoch, a last one that is not full included."""
        return -(-len(self._data) // self._settings.batch_size)

    def begin_epoch(self, epoch: int) -> int:
        """Shuffle for this epoch, by the seed and the epoch's number alone; a GPU has orders of its own."""
        self._shuffled = []  # the last epoch's make room for this one's
        with tf.device(self._device):
            self._shuffled = _take(*self._columns, self._shuffle(epoch))
        self._steps_before = (epoch - 1) * self.batches
        return self.batches

    def compile(self) -> None:
        """Compile the step, by a slice of no batches."""
        if not self._shuffled:
            self.begin_epoch(1)
        self._run_slice(0, 0, self._settings.learning_rate)

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train on `count` batches from number `first` in one compiled call."""
        size, ratings = self._settings.batch_size, len(self._data)
        error = self._run_slice(first, count, learning_rate)
        return SliceTotals(error, min(ratings, (first + count) * size) - first * size)

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with the current weights: the mean of the replicas' scores."""
        mean: FloatArray = self.replica_scores(users, items).mean(axis=1)
        return mean

    def replica_scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with each replica alone, shape (n, replicas)."""
        self._parts.head.copy_from(self._parts.training)
        with tf.device(self._device):
            return score_in_chunks(self._score, users, items)

    def weights(self) -> Arrays:
        """Copy tables and head weights."""
        tables = {name: array for side in self._parts.sides for name, array in side.arrays().items()}
        return {
            **{f"table/{name}": array for name, array in tables.items()},
            **copied(numbered("head", self._parts.training.weights)),
        }

    def state(self) -> Arrays:
        """Copy tables, slots, head weights, the head optimizer's variables and random-number states."""
        return {
            **self.weights(),
            **copied(self._hidden_variables()),
        }

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take tables, slots, head and optimizer back; raises RunError where names or shapes differ."""
        check_fits(state, self.state())
        for side in self._parts.sides:
            side.assign({spec.name: state[f"table/{spec.name}"] for spec in side.specs})
        heads = numbered("head", self._parts.training.weights)
        for name, variable in {**heads, **self._hidden_variables()}.items():
            variable.assign(state[name])

    def variables(self) -> dict[str, Any]:
        """All that training changes, by name: TensorFlow variables, for who keeps several trainers alike.

        `table/user` is a side's embeddings side by side, `slots/user/0` what the optimizer remembers.
        """
        tables = {f"table/{side.side}": side.table for side in self._parts.sides}
        heads = numbered("head", self._parts.training.weights)
        return {**tables, **heads, **self._hidden_variables()}

    def close(self) -> None:
        """Give the compiled step to the next training of the same shape; this trainer is done."""
        if self._compiled is not None:
            WAITING.give_back(self._compiled)
            self._compiled = None

    def _arranged(self) -> tuple[list[npt.NDArray[Any]], EpochOrder | None]:
        """The ratings' columns as an epoch's order wants them to lie; a GPU draws its own, of any."""
        if is_cpu(self._device):
            return arranged(self._data, self._row_bytes())
        return [self._data.users, self._data.items, self._data.targets], None

    def _shuffle(self, epoch: int) -> Any:
        """Draw the epoch's order of the ratings, padded to whole batches: shape (batches, batch size)."""
        seed, size = self._settings.seed, self._settings.batch_size
        shape = -(-self._data.room // size), size
        if self._order is None:
            return shuffled_on_device(len(self._data), shape, tf.constant([seed, epoch], tf.int64))
        return tf.constant(np.resize(self._order.shuffled(np.random.default_rng([seed, epoch])), shape))

    def _run_slice(self, first: int, count: int, learning_rate: float) -> float:
        share = learning_rate / self._settings.learning_rate
        self._parts.head_optimizer.learning_rate = self._settings.head_learning_rate * share
        numbers = [tf.constant(number) for number in (len(self._data), first, count)]
        step = as_step(self._first_step + self._steps_before + first)
        with tf.device(self._device):
            rates = tf.constant(self._shares * np.float32(learning_rate))
            error = self._run(*self._shuffled, *numbers, step, rates)
        return float(error)

    def _hidden_variables(self) -> dict[str, Any]:
        """What training needs to go on, beside tables and weights, by name."""
        parts = self._parts
        return {
            **{
                name: slot
                for side in parts.sides
                for name, slot in numbered(f"slots/{side.side}", side.slots).items()
            },
            **numbered("optimizer", parts.head_optimizer.variables),
            **numbered("noise", _random_states(parts.training)),
        }

    def _row_bytes(self) -> tuple[int, int]:
        """Bytes of a user's and of an item's row, with what the optimizer remembers of it."""
        sides = {side.side: side for side in self._parts.sides}
        users, items = (sides[side].row_bytes if side in sides else 0 for side in ("user", "item"))
        return users, items


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def _take(users: Any, items: Any, targets: Any, order: Any) -> list[Any]:
    return [tf.gather(column, order) for column in (users, items, targets)]


def _random_states(head: Head) -> list[Any]:
    """Variables that are no weights: the seed states of Keras's own noise layers."""
    weights = {id(weight) for weight in head.weights}
    return [variable for model in head.models for variable in model.variables if id(variable) not in weights]
