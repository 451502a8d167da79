"""One Gibbs sweep over all users, then all items, compiled by XLA for a GPU (Salakhutdinov & Mnih 2008)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from core import FloatArray, TrainingData
from models_plugins.bayes._state import Prior

CHUNK_NUMBERS = 64_000_000
"""Outer products of a chunk of ratings hold at most so many float32 numbers (256 MB)."""


class Sweep:
    """A compiled sweep over one table of ratings; rows are (factors, bias), so `width` is factors + 1."""

    def __init__(self, data: TrainingData, width: int, device: str) -> None:
        """Put the ratings on the device; the first call compiles."""
        import tensorflow as tf

        self._device = device
        with tf.device(device):
            self._columns = [tf.constant(column) for column in _chunks(data, width)]
        self._run = compiled_sweep(data.user_count, data.item_count)

    def __call__(
        self,
        item: FloatArray,
        priors: tuple[Prior, Prior],
        noise: FloatArray,
        normals: tuple[FloatArray, FloatArray],
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """See `models_plugins.bayes._sampler.Sweeps`."""
        import tensorflow as tf

        with tf.device(self._device):
            arrays = [tf.constant(array) for prior in priors for array in (prior.precision, prior.centers)]
            drawn = self._run(
                self._columns, tf.constant(item), tf.constant(noise), *map(tf.constant, normals), *arrays
            )
        user, item, errors = (array.numpy() for array in drawn)
        return user, item, errors


@cache
def compiled_sweep(user_count: int, item_count: int) -> Any:
    """The compiled sweep for so many rows; it is kept, since TensorFlow never frees what XLA compiled."""
    import tensorflow as tf

    def run(columns: list[Any], item: Any, noise: Any, *rest: Any) -> tuple[Any, Any, Any]:
        users, items, targets, real = columns
        normal_user, normal_item, precision_user, centers_user, precision_item, centers_item = rest

        def sums(own: Any, other: Any, table: Any, rows: int) -> Any:
            def chunk_sums(chunk: Any) -> Any:
                weights = real[chunk] * tf.gather(noise, users[chunk])
                return row_sums(own[chunk], tf.gather(table, other[chunk]), targets[chunk], weights, rows)

            return _add_chunks(chunk_sums, real.shape[0])

        user = draw_rows(sums(users, items, item, user_count), precision_user, centers_user, normal_user)
        item = draw_rows(sums(items, users, user, item_count), precision_item, centers_item, normal_item)
        return user, item, _user_errors(user, item, columns)

    return tf.function(run, jit_compile=True, autograph=False)


def row_sums(own: Any, other: Any, targets: Any, weights: Any, rows: int) -> Any:
    """Add up, for each row, the upper triangle of its ratings' outer products and their weighed targets.

    `own` are row numbers and `other` the other side's rows of ratings (shape (n, width)). Result: shape
    (rows, width·(width + 1)/2 + width).
    """
    import tensorflow as tf

    width = other.shape[1]
    left, right = np.triu_indices(width)
    design = tf.concat([other[:, :-1], tf.ones_like(targets)[:, None]], 1)
    explained = (targets - other[:, -1])[:, None] * design
    outer = tf.gather(design, left, axis=1) * tf.gather(design, right, axis=1)
    numbers = tf.concat([outer, explained], 1) * weights[:, None]
    return tf.math.unsorted_segment_sum(numbers, own, rows)


def draw_rows(sums: Any, precision: Any, centers: Any, normals: Any) -> Any:
    """Draw every row from its normal posterior: prior N(centers, 1 / precision) times its ratings.

    `centers` and `normals` have shape (rows, width), `precision` (width,), `sums` comes from `row_sums`.
    """
    import tensorflow as tf

    width = normals.shape[1]
    order = np.zeros((width, width), np.int32)
    left, right = np.triu_indices(width)
    order[left, right] = order[right, left] = np.arange(len(left))
    likelihood = tf.reshape(tf.gather(sums, order.ravel(), axis=1), [-1, width, width])
    return solve_and_draw(
        likelihood + tf.linalg.diag(precision), sums[:, len(left) :] + precision * centers, normals
    )


def solve_and_draw(matrix: Any, right: Any, normals: Any) -> Any:
    """Solve matrix · x = right for many small matrices and add noise of covariance matrix⁻¹.

    Shapes (rows, width, width), (rows, width) twice; with L·Lᵀ = matrix, x = L⁻ᵀ·(L⁻¹·right + normals).
    Columns are unrolled, so that each step works on all rows at once: XLA's own Cholesky loops over them.
    """
    import tensorflow as tf

    width = right.shape[1]
    columns = _cholesky_columns(matrix, width)
    solved, remainder = [], right
    for number, column in enumerate(columns):
        solved.append(remainder[:, :1] / column[:, :1])
        if number < width - 1:
            remainder = remainder[:, 1:] - solved[-1] * column[:, 1:]
    drawn: list[Any] = []
    for number in reversed(range(width)):
        value = solved[number] + normals[:, number : number + 1]
        if drawn:
            known = tf.concat(drawn, 1)
            value = value - tf.reduce_sum(columns[number][:, 1:] * known, 1, keepdims=True)
        drawn.insert(0, value / columns[number][:, :1])
    return tf.concat(drawn, 1)


def _cholesky_columns(matrix: Any, width: int) -> list[Any]:
    """The columns of L from the diagonal down, each of shape (rows, width − number)."""
    import tensorflow as tf

    columns: list[Any] = []
    for number in range(width):
        column = matrix[:, number:, number]
        for before, other in enumerate(columns):
            offset = number - before
            column = column - other[:, offset:] * other[:, offset : offset + 1]
        columns.append(column * tf.math.rsqrt(column[:, :1]))
    return columns


def _add_chunks(chunk_sums: Callable[[Any], Any], chunks: int) -> Any:
    """Add up chunks one after the other: only one chunk's outer products exist at a time."""
    import tensorflow as tf

    first = chunk_sums(0)
    if chunks == 1:
        return first
    _, total = tf.while_loop(
        lambda chunk, _: chunk < chunks,
        lambda chunk, total: (chunk + 1, total + chunk_sums(chunk)),
        (tf.constant(1), first),
    )
    return total


def _user_errors(user: Any, item: Any, columns: list[Any]) -> Any:
    """Sum every user's squared errors: shape (users,)."""
    import tensorflow as tf

    users, items, targets, real = (tf.reshape(column, [-1]) for column in columns)
    left, right = tf.gather(user, users), tf.gather(item, items)
    scores = tf.reduce_sum(left[:, :-1] * right[:, :-1], 1) + left[:, -1] + right[:, -1]
    return tf.math.unsorted_segment_sum(real * tf.square(targets - scores), users, user.shape[0])


def _rounded(room: int) -> int:
    """Round up by an eighth at most, so that splits of one table mostly share what is compiled."""
    step = 1 << max(0, room.bit_length() - 4)
    return -(-room // step) * step


def _chunks(data: TrainingData, width: int) -> list[Any]:
    """Users, items, targets and 1 for real ratings (0 for padding), each of shape (chunks, ratings)."""
    numbers = width * (width + 1) // 2 + width
    room = _rounded(data.room)
    chunks = max(1, -(-room * numbers // CHUNK_NUMBERS))
    size = -(-room // chunks)
    padding = (0, chunks * size - len(data))
    real = np.ones(len(data), np.float32)
    padded = [np.pad(column, padding) for column in (data.users, data.items, data.targets, real)]
    return [column.reshape(chunks, size) for column in padded]
