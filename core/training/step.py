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
from core.training.side_table import SideTable
from core.training.table_optimizers import TableOptimizer


@dataclass(frozen=True)
class StepParts:
    """What a step works on.

    `head` scores rows; `training_model` is its copy with counter dropout, trained by `head_optimizer`.
    `sides` hold the embeddings, whose specs in their order are those of the head.
    """

    head: Head
    training_model: Any
    head_optimizer: Any
    table_optimizer: TableOptimizer
    sides: tuple[SideTable, ...]
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

        tables = [side.table.read_value() for side in parts.sides]
        slots = [[slot.read_value() for slot in side.slots] for side in parts.sides]
        start_state = (tf.constant(0), tf.constant(0.0), tables, slots)
        _, error, tables, slots = tf.while_loop(lambda done, *_: done < count, body, start_state)
        for side, table, group in zip(parts.sides, tables, slots, strict=True):
            _assign((side.table, *side.slots), (table, *group))
        return error

    return run


def _train_batch(
    parts: StepParts, tables: Sequence[Any], slots: Sequence[Any], batch: Sequence[Any], valid: Any, rate: Any
) -> tuple[Any, list[Any], list[list[Any]]]:
    users, items, targets = batch
    index = {"user": users[:, None], "item": items[:, None]}
    wide = [tf.gather_nd(table, index[side.side]) for side, table in zip(parts.sides, tables, strict=True)]
    rows = [row for side, block in zip(parts.sides, wide, strict=True) for row in side.split(block)]
    squared, gradients = _differentiate(parts, rows, targets, valid)
    weight, new_tables, new_slots = valid[:, None], [], []
    for side, table, group, block in zip(parts.sides, tables, slots, wide, strict=True):
        own, gradients = gradients[: len(side.specs)], gradients[len(side.specs) :]
        regularized = tf.concat(own, axis=1) + side.l2 * (block - side.mean) * weight
        new_table, new_group = parts.table_optimizer.update(
            table, group, index[side.side], regularized, rate, weight
        )
        new_tables.append(new_table)
        new_slots.append(list(new_group))
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
