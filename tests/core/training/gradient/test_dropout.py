from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from core.training.gradient._dropout import CounterDropout, counting, hash_bits


def masks(rate: float, steps: int, shape: tuple[int, int] = (64, 100), salt: int = 7) -> np.ndarray:
    layer = CounterDropout(rate, None, salt)

    @tf.function(jit_compile=True)
    def apply(step: tf.Tensor) -> tf.Tensor:
        with counting(step):
            return layer(tf.ones(shape), training=True)

    return np.stack([apply(tf.constant(step)).numpy() for step in range(steps)])


@pytest.mark.parametrize("rate", [0.1, 0.3, 0.75])
def test_the_rate_is_met_and_the_mean_kept(rate: float) -> None:
    drawn = masks(rate, 40)
    assert set(np.unique(drawn)) == {0.0, np.float32(1 / (1 - rate))}
    standard_error = np.sqrt(rate * (1 - rate) / drawn.size)
    assert abs((drawn == 0).mean() - rate) < 5 * standard_error
    assert drawn.mean() == pytest.approx(1, abs=5 * standard_error / (1 - rate))


def test_masks_are_independent_between_steps_rows_columns_and_layers() -> None:
    dropped = masks(0.5, 40) == 0
    other = masks(0.5, 40, salt=8) == 0
    bound = 5 / np.sqrt(dropped.size)
    centred = dropped - 0.5
    pairs = [
        centred[1:] * centred[:-1],
        centred[:, 1:] * centred[:, :-1],
        centred[:, :, 1:] * centred[:, :, :-1],
        centred[:, :32] * centred[:, 32:],
        centred * (other - 0.5),
    ]
    for products in pairs:
        assert abs(products.mean()) < bound
    per_unit = dropped.mean(axis=(0, 1))
    assert per_unit.std() == pytest.approx(np.sqrt(0.25 / (40 * 64)), rel=0.35)


def test_the_same_step_gives_the_same_mask() -> None:
    np.testing.assert_array_equal(masks(0.3, 5), masks(0.3, 5))


def test_every_bit_of_the_hash_is_fair() -> None:
    bits = hash_bits([40_001], tf.constant(12), 3).numpy()
    assert bits.shape == (40_001,)
    high_bits = (bits[:, None] >> np.arange(16, 32, dtype=np.uint32)) & 1
    assert np.abs(high_bits.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(40_001)


def test_outside_training_nothing_is_dropped() -> None:
    inputs = tf.ones((3, 4))
    np.testing.assert_array_equal(CounterDropout(0.5, None, 1)(inputs, training=False), inputs)


def test_a_noise_shape_shares_masks() -> None:
    layer = CounterDropout(0.5, (None, 1), 1)
    with counting(tf.constant(0)):
        dropped = layer(tf.ones((50, 6)), training=True).numpy()
    assert (dropped == dropped[:, :1]).all()
    assert 0 < (dropped == 0).mean() < 1
