"""The engine's own trainer: gradient steps on the rows of each batch, for any architecture with a head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.architecture import Architecture, EmbeddingSpec
from core.errors import RunError
from core.options import ArchitectureOptions
from core.settings import TrainingSettings
from core.trainer import Arrays, FloatArray, RowArray, SliceTotals, TrainingData
from core.training.backend import keras, tf
from core.training.dropout import with_counter_dropout
from core.training.head import build_head
from core.training.scoring import compile_scores, score_in_chunks
from core.training.step import StepParts, compile_slice
from core.training.table_optimizers import TABLE_OPTIMIZERS

_WEIGHTS = ("table", "head")
_STATE = (*_WEIGHTS, "slot", "optimizer", "noise")


class GradientTrainer:
    """Trains tables and head by gathered rows (see `core.training.step`); a `core.trainer.Trainer`."""

    def __init__(
        self,
        architecture: Architecture,
        options: ArchitectureOptions,
        settings: TrainingSettings,
        data: TrainingData,
        device: str,
    ) -> None:
        self._settings, self._data, self._device = settings, data, device
        with tf.device(device):
            self._parts = _make_parts(architecture, options, settings, data)
            self._columns = [tf.constant(column) for column in (data.users, data.items, data.targets)]
        self._run = compile_slice(self._parts)
        self._score = compile_scores(self._parts.head, self._parts.tables)
        self._shuffled: list[Any] = []
        self._steps_before = 0

    @property
    def parameters(self) -> int:
        """Count the trained numbers: all tables and the head's weights."""
        return sum(int(np.prod(array.shape)) for array in self._variables(_WEIGHTS).values())

    @property
    def batches(self) -> int:
        """Count the batches of an epoch, a last one that is not full included."""
        return -(-len(self._data) // self._settings.batch_size)

    def begin_epoch(self, epoch: int) -> int:
        """Shuffle for this epoch; the order depends on the seed and the epoch's number alone."""
        generator = np.random.default_rng([self._settings.seed, epoch])
        order = generator.permutation(len(self._data)).astype(np.int32)
        padded = np.resize(order, (self.batches, self._settings.batch_size))
        with tf.device(self._device):
            self._shuffled = _take(*self._columns, tf.constant(padded))
        self._steps_before = (epoch - 1) * self.batches
        return self.batches

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train on `count` batches from number `first` in one compiled call."""
        size, ratings = self._settings.batch_size, len(self._data)
        share = learning_rate / self._settings.learning_rate
        self._parts.head_optimizer.learning_rate = self._settings.head_learning_rate * share
        numbers = [tf.constant(number) for number in (ratings, first, count, self._steps_before + first)]
        with tf.device(self._device):
            error = self._run(*self._shuffled, *numbers, tf.constant(learning_rate, tf.float32))
        return SliceTotals(float(error), min(ratings, (first + count) * size) - first * size)

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with the current weights."""
        self._copy_head()
        with tf.device(self._device):
            return score_in_chunks(self._score, users, items)

    def weights(self) -> Arrays:
        """Copy tables and head weights."""
        return _numpy(self._variables(_WEIGHTS))

    def state(self) -> Arrays:
        """Copy tables, slots, head weights, the head optimizer's variables and random-number states."""
        return _numpy(self._variables(_STATE))

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take tables, slots, head and optimizer back; raises RunError where names or shapes differ."""
        variables = self._variables(_STATE)
        for name, variable in variables.items():
            if name not in state or tuple(state[name].shape) != tuple(variable.shape):
                raise RunError(
                    f"The saved {name} doesn't fit the architecture.", hint="Has its plugin changed since?"
                )
        for name, variable in variables.items():
            variable.assign(state[name])

    def _variables(self, kinds: tuple[str, ...]) -> dict[str, Any]:
        parts = self._parts
        named = {
            "table": {spec.name: table for spec, table in zip(parts.head.specs, parts.tables, strict=True)},
            "head": _numbered(parts.training_model.weights),
            "noise": _numbered(_random_states(parts.training_model)),
            "slot": _slot_names(parts),
            "optimizer": _numbered(parts.head_optimizer.variables),
        }
        return {f"{kind}/{name}": variable for kind in kinds for name, variable in named[kind].items()}

    def _copy_head(self) -> None:
        trained, plain = self._parts.training_model.weights, self._parts.head.model.weights
        for source, target in zip(trained, plain, strict=True):
            target.assign(source)


def _make_parts(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> StepParts:
    head = build_head(architecture, options, settings.seed)
    rows = {"user": data.user_count, "item": data.item_count}
    tables = tuple(
        tf.Variable(start_table(spec, rows[spec.side], settings.seed, number), name=spec.name)
        for number, spec in enumerate(head.specs)
    )
    training_model = with_counter_dropout(head.model, settings.seed)
    head_optimizer = keras.optimizers.Adam(settings.head_learning_rate)
    head_optimizer.build(training_model.trainable_variables)
    optimizer = TABLE_OPTIMIZERS[settings.optimizer]
    slots = tuple(
        tuple(tf.Variable(tf.fill(table.shape, start)) for start in optimizer.slot_starts) for table in tables
    )
    return StepParts(head, training_model, head_optimizer, optimizer, tables, slots, settings.batch_size)


def start_table(spec: EmbeddingSpec, rows: int, seed: int, number: int) -> FloatArray:
    """Draw a table's start values, shape (rows, dimension), from the seed and the table's number."""
    generator = np.random.default_rng([seed, number, 0x7A])
    drawn = generator.standard_normal((rows, spec.dimension), np.float32)
    return (np.float32(spec.initial_mean) + np.float32(spec.initial_spread) * drawn).astype(np.float32)


@tf.function(jit_compile=True, reduce_retracing=True)
def _take(users: Any, items: Any, targets: Any, order: Any) -> list[Any]:
    return [tf.gather(column, order) for column in (users, items, targets)]


def _slot_names(parts: StepParts) -> dict[str, Any]:
    return {
        f"{spec.name}/{number}": slot
        for spec, group in zip(parts.head.specs, parts.slots, strict=True)
        for number, slot in enumerate(group)
    }


def _numbered(variables: list[Any]) -> dict[str, Any]:
    return {str(number): variable for number, variable in enumerate(variables)}


def _random_states(model: Any) -> list[Any]:
    """Variables that are no weights: the seed states of Keras's own noise layers."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _numpy(variables: dict[str, Any]) -> Arrays:
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}
