"""The GPU learns what the CPU learns, where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.contract.plugins import load_plugins
from core.contract.settings import resolve
from core.data.ratings import Ratings
from core.startup import tf
from core.startup.device import choose_device
from core.training.gradient._order import EpochOrder
from core.training.gradient.trainer import GradientTrainer
from tests.support import training_data

needs_gpu = pytest.mark.skipif(
    not tf.config.list_physical_devices("GPU"), reason="TensorFlow sees no GPU here"
)


def trained(ratings: Ratings, name: str, device: str, **settings: Any) -> GradientTrainer:
    chosen = resolve(load_plugins().architecture(name), settings={"batch_size": 256, **settings})
    data = training_data(ratings)
    trainer = GradientTrainer(chosen.architecture, chosen.options, chosen.settings, data, device)
    trainer._order = EpochOrder.of_one_tile(len(data))  # the same on both: a GPU would draw its own
    for epoch in (1, 2, 3):
        trainer.run_batches(0, trainer.begin_epoch(epoch), 0.05)
    return trainer


@needs_gpu
@pytest.mark.parametrize("name", ["dot", "bias", "nn"])
@pytest.mark.parametrize("replicas", [1, 3])
def test_a_gpu_learns_what_a_cpu_learns(ratings: Ratings, name: str, replicas: int) -> None:
    on_gpu = trained(ratings, name, choose_device("gpu"), replicas=replicas)
    on_cpu = trained(ratings, name, "/CPU:0", replicas=replicas)
    scores = [trainer.scores(ratings.users, ratings.items) for trainer in (on_gpu, on_cpu)]
    assert np.abs(scores[0] - scores[1]).mean() < 0.01
    assert np.corrcoef(*scores)[0, 1] > 0.999


@needs_gpu
def test_a_state_goes_from_the_gpu_to_the_cpu(ratings: Ratings) -> None:
    on_gpu = trained(ratings, "nn", choose_device("gpu"))
    on_cpu = trained(ratings, "nn", "/CPU:0")
    on_cpu.restore(on_gpu.state())
    scores = [trainer.scores(ratings.users, ratings.items) for trainer in (on_gpu, on_cpu)]
    np.testing.assert_allclose(*scores, atol=1e-3)
