"""A head's copy that trains: layers that XLA would run slowly are replaced, with the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.startup import keras, tf
from core.training.gradient._dropout import CounterDropout


class RowDot(keras.layers.Dot):  # type: ignore[misc]
    """Keras's `Dot`, whose dot products of rows are one pass over both.

    Keras makes them a batch of matrix products, for which XLA copies both factors and then multiplies number
    by number. Two inputs of shape (batch, n) give (batch, 1), the sums up to the order of their additions.
    """

    def call(self, inputs: Any) -> Any:
        """Multiply rows and add up by a product with ones, the sum for which XLA uses vectors."""
        first, second = inputs
        if self.normalize or len(first.shape) != 2 or first.shape[1:] != second.shape[1:]:
            return super().call(inputs)
        return tf.matmul(first * second, np.ones((first.shape[1], 1), np.float32))


def training_copy(head: Any, replica: int = 0) -> Any:
    """Copy a functional model with a `CounterDropout` for every Keras Dropout and a `RowDot` for every Dot.

    The copy's other layers are fresh ones of the same configuration, with the same weights as `head`. Each
    dropout layer has, in each `replica`, a salt of its own; a training's seed enters by its step counter
    (`first_step`).
    """
    salts = np.random.default_rng(0xD0 + replica).integers(0, 2**31, size=len(head.layers)).tolist()

    def replace(layer: Any) -> Any:
        if type(layer) is keras.layers.Dropout:
            return CounterDropout(layer.rate, layer.noise_shape, salts[head.layers.index(layer)])
        kind = RowDot if type(layer) is keras.layers.Dot else layer.__class__
        return kind.from_config(layer.get_config())

    copy = keras.models.clone_model(head, clone_function=replace)
    copy.set_weights(head.get_weights())
    return copy
