"""The compiled training loop: many batches in one XLA call, tables and ratings staying on the device.

A step gathers the rows of a batch, differentiates the head with respect to the rows only and scatters the
update back, so its cost depends on the batch and never on the size of a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.array_types import FloatArray, RowArray
from core.model import Head
from core.startup import tf
from core.training.gradient._dropout import counting
from core.training.gradient._tables import SideTable, Values


@dataclass(frozen=True)
class StepParts:
    """What a step works on.

    `head` scores rows; `training` is its copy with counter dropout, trained by `head_optimizer`. `sides` hold
    the embeddings, whose specs in their order are those of the head.
    """

    head: Head
    training: Head
    head_optimizer: Any
    sides: tuple[SideTable, ...]
    batch_size: int

    @property
    def replicas(self) -> int:
        return self.training.replicas


def compile_slice(parts: StepParts) -> Any:
    """Compile `run(users, items, targets, ratings, first, count, step, rate)` → sum of squared errors.

    `users`, `items` (int32) and `targets` (float32) are the epoch's shuffled ratings, padded to whole batches
    and of shape (batches, batch size); `ratings` says how many are real; `first` and `count` choose the
    batches, `step` counts all batches since the start of training (it seeds dropout), `rate` is the learning
    rate of the tables, each replica's own: shape (replicas,). Batches are gathered, not sliced: XLA would
    compile anew for every start of a slice.
    """

    @tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
    def run(
        users: Any, items: Any, targets: Any, ratings: Any, first: Any, count: Any, step: Any, rate: Any
    ) -> Any:
        def body(done: Any, error: Any, values: list[Any]) -> tuple[Any, ...]:
            number = first + done
            batch = [tf.gather(column, number) for column in (users, items, targets)]
            valid = tf.cast(number * parts.batch_size + tf.range(parts.batch_size) < ratings, tf.float32)
            with counting(step + done):
                squared, values = _train_batch(parts, values, batch, valid, rate)
            return done + 1, error + squared, values

        values = [
            (side.table.read_value(), [slot.read_value() for slot in side.slots]) for side in parts.sides
        ]
        start_state = (tf.constant(0), tf.constant(0.0), values)
        _, error, values = tf.while_loop(lambda done, *_: done < count, body, start_state)
        for side, (table, slots) in zip(parts.sides, values, strict=True):
            for variable, value in zip((side.table, *side.slots), (table, *slots), strict=True):
                variable.assign(value)
        return error

    return run


def _train_batch(
    parts: StepParts, values: Sequence[Values], batch: Sequence[Any], valid: Any, rate: Any
) -> tuple[Any, list[Values]]:
    users, items, targets = batch
    entities = {"user": users, "item": items}
    index = [side.rows_of(entities[side.side])[:, None] for side in parts.sides]
    targets, valid = (tf.tile(column[:, None], [parts.replicas, 1]) for column in (targets, valid))
    wide = [tf.gather_nd(table, where) for where, (table, _) in zip(index, values, strict=True)]
    rows = [row for side, block in zip(parts.sides, wide, strict=True) for row in side.groups.split(block)]
    squared, gradients = _differentiate(parts, rows, targets, valid)
    rate = rate[0] if parts.replicas == 1 else tf.repeat(rate, parts.batch_size)[:, None]
    learned = []
    for side, pair, where, block in zip(parts.sides, values, index, wide, strict=True):
        own, gradients = gradients[: len(side.specs)], gradients[len(side.specs) :]
        learned.append(side.learn(pair, where, block, own, valid, rate))
    return squared, learned


def _differentiate(parts: StepParts, rows: list[Any], targets: Any, valid: Any) -> tuple[Any, list[Any]]:
    """Gradients of half the squared error: per rating for rows, averaged over the batch for the head.

    Every replica learns from its own error; the squared error told is their mean. Where the head has no
    weights of its own, one call serves the rows of all replicas.
    """
    weights = parts.training.trained_weights
    models = parts.training.models if parts.training.weights else parts.training.models[:1]
    pieces = [tf.split(row, len(models)) for row in rows]
    variables = [weight.value for weight in weights]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(pieces)
        tape.watch(variables)
        scores = [
            tf.reshape(model([piece[number] for piece in pieces], training=True), [-1, 1])
            for number, model in enumerate(models)
        ]
        errors = (tf.concat(scores, axis=0) - targets) * valid
        penalties = sum(loss for model in models for loss in model.losses)
        loss = 0.5 * tf.reduce_sum(errors * errors) + penalties * tf.reduce_sum(valid) / parts.replicas
    found = tape.gradient(loss, [*pieces, *variables], unconnected_gradients="zero")
    if weights:
        ratings = tf.maximum(tf.reduce_sum(valid) / parts.replicas, 1.0)
        parts.head_optimizer.apply([gradient / ratings for gradient in found[len(rows) :]], weights)
    return (
        tf.reduce_sum(errors * errors) / parts.replicas,
        [tf.concat(gradients, axis=0) for gradients in found[: len(rows)]],
    )


CHUNK = 8192


def compile_scores(head: Head, sides: Sequence[SideTable]) -> Any:
    """Compile `score(users, items)`, both of shape (CHUNK,), → scores of each replica, (CHUNK, replicas)."""

    @tf.function(jit_compile=True, autograph=False)
    def score(users: Any, items: Any) -> Any:
        entities = {"user": users, "item": items}
        wide = [(side, tf.gather(side.table, side.rows_of(entities[side.side]))) for side in sides]
        rows = [tf.split(row, len(head.models)) for side, block in wide for row in side.groups.split(block)]
        scores = [
            tf.reshape(model([row[number] for row in rows], training=False), [CHUNK, 1])
            for number, model in enumerate(head.models)
        ]
        return tf.concat(scores, axis=1)

    return score


def score_in_chunks(score: Any, users: RowArray, items: RowArray) -> FloatArray:
    """Score pairs, both of shape (n,), with a compiled `score`; the result has shape (n, replicas)."""
    count = len(users)
    padded = -(-count // CHUNK) * CHUNK
    columns = [np.pad(np.asarray(column, np.int32), (0, padded - count)) for column in (users, items)]
    chunks = [
        score(*(tf.constant(column[start : start + CHUNK]) for column in columns)).numpy()
        for start in range(0, padded, CHUNK)
    ]
    return np.concatenate(chunks)[:count] if chunks else np.zeros((0, 1), np.float32)
