"""What a head's training copy replaces, and that it computes the same."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.training.gradient._dropout import CounterDropout
from core.training.gradient._training_copy import RowDot, training_copy


def test_a_head_keeps_its_weights_and_gets_counter_dropout() -> None:
    inputs = keras.Input((4,))
    hidden = keras.layers.Dropout(0.4)(keras.layers.Dense(5)(inputs))
    head = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dropout(0.2)(hidden)))
    copy = training_copy(head)
    rows = np.ones((3, 4), np.float32)
    np.testing.assert_allclose(copy(rows), head(rows))
    layers = [layer for layer in copy.layers if isinstance(layer, CounterDropout)]
    assert [layer.rate for layer in layers] == [0.4, 0.2]
    assert len({layer.salt for layer in layers}) == 2


@pytest.mark.parametrize(
    ("shapes", "options"),
    [
        (((5,), (5,)), {"axes": 1}),
        (((5,), (5,)), {"axes": -1, "normalize": True}),
        (((5, 1), (5, 1)), {"axes": 1}),
        (((2, 5), (3, 5)), {"axes": 2}),
    ],
)
def test_dot_products_are_those_of_keras_with_their_gradients(
    shapes: tuple[tuple[int, ...], ...], options: dict[str, object]
) -> None:
    inputs = [keras.Input(shape) for shape in shapes]
    head = keras.Model(inputs, keras.layers.Dot(**options)(inputs))
    copy = training_copy(head)
    assert any(type(layer) is RowDot for layer in copy.layers)
    generator = np.random.default_rng(0)
    given = [tf.constant(generator.normal(size=(7, *shape)), tf.float32) for shape in shapes]
    told = []
    for model in (head, copy):
        with tf.GradientTape() as tape:
            tape.watch(given)
            scores = model(given)
            total = tf.reduce_sum(scores**2)
        told.append([scores, *tape.gradient(total, given)])
    for expected, found in zip(*told, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
