"""The compiled training loop: many batches in one XLA call, tables and ratings staying on the device.

A step gathers the rows of a batch, differentiates the head with respect to the rows only and scatters the
update back, so its cost depends on the batch and never on the size of a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.training.backend import tf
from core.training.dropout import counting
from core.training.head import Head
from core.training.table_optimizers import TableOptimizer


@dataclass(frozen=True)
class StepParts:
    """What a step works on.

    `head` scores rows; `training_model` is its copy with counter dropout, trained by `head_optimizer`.
    `tables` and `slots` are TensorFlow variables in the order of `head.specs`; a table has a tuple of slots.
    """

    head: Head
    training_model: Any
    head_optimizer: Any
    table_optimizer: TableOptimizer
    tables: tuple[Any, ...]
    slots: tuple[tuple[Any, ...], ...]
    batch_size: int


def compile_slice(parts: StepParts) -> Any:
    """Compile `run(users, items, targets, ratings, first, count, step, rate)` → sum of squared errors.

    `users`, `items` (int32) and `targets` (float32) are the epoch's shuffled ratings, padded to whole batches
    and of shape (batches, batch size); `ratings` says how many are real; `first` and `count` choose the
    batches, `step` counts all batches since the start of training (it seeds dropout), `rate` is the learning
    rate of the tables. Batches are gathered, not sliced: XLA would compile anew for every start of a slice.
    """

    @tf.function(jit_compile=True, reduce_retracing=True)
    def run(
        users: Any, items: Any, targets: Any, ratings: Any, first: Any, count: Any, step: Any, rate: Any
    ) -> Any:
        def body(done: Any, error: Any, tables: list[Any], slots: list[list[Any]]) -> tuple[Any, ...]:
            number = first + done
            batch = [tf.gather(column, number) for column in (users, items, targets)]
            valid = tf.cast(number * parts.batch_size + tf.range(parts.batch_size) < ratings, tf.float32)
            with counting(step + done):
                squared, tables, slots = _train_batch(parts, tables, slots, batch, valid, rate)
            return done + 1, error + squared, tables, slots

        tables = [table.read_value() for table in parts.tables]
        slots = [[slot.read_value() for slot in group] for group in parts.slots]
        start_state = (tf.constant(0), tf.constant(0.0), tables, slots)
        _, error, tables, slots = tf.while_loop(lambda done, *_: done < count, body, start_state)
        _assign(parts.tables, tables)
        for variables, values in zip(parts.slots, slots, strict=True):
            _assign(variables, values)
        return error

    return run


def _train_batch(
    parts: StepParts, tables: Sequence[Any], slots: Sequence[Any], batch: Sequence[Any], valid: Any, rate: Any
) -> tuple[Any, list[Any], list[list[Any]]]:
    users, items, targets = batch
    index = {"user": users[:, None], "item": items[:, None]}
    specs = parts.head.specs
    rows = [tf.gather_nd(table, index[spec.side]) for table, spec in zip(tables, specs, strict=True)]
    squared, row_gradients = _differentiate(parts, rows, targets, valid)
    new_tables, new_slots = [], []
    for spec, table, group, row, gradient in zip(specs, tables, slots, rows, row_gradients, strict=True):
        weight = valid[:, None]
        regularized = gradient + spec.l2 * (row - spec.initial_mean) * weight
        update = parts.table_optimizer.update
        table, group = update(table, group, index[spec.side], regularized, rate, weight)  # noqa: PLW2901
        new_tables.append(table)
        new_slots.append(list(group))
    return squared, new_tables, new_slots


def _differentiate(parts: StepParts, rows: list[Any], targets: Any, valid: Any) -> tuple[Any, list[Any]]:
    """Gradients of half the squared error: per rating for rows, averaged over the batch for the head."""
    weights = parts.training_model.trainable_variables
    variables = [weight.value for weight in weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(rows)
        tape.watch(variables)
        scores = tf.reshape(parts.training_model(rows, training=True), [parts.batch_size])
        errors = (scores - targets) * valid
        loss = 0.5 * tf.reduce_sum(errors * errors)
        loss_with_penalties = loss + sum(parts.training_model.losses) * tf.reduce_sum(valid)
    gradients = tape.gradient(loss_with_penalties, [*rows, *variables], unconnected_gradients="zero")
    if weights:
        ratings = tf.maximum(tf.reduce_sum(valid), 1.0)
        averaged = [gradient / ratings for gradient in gradients[len(rows) :]]
        parts.head_optimizer.apply(averaged, weights)
    return tf.reduce_sum(errors * errors), gradients[: len(rows)]


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
