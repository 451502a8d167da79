"""Tastemap's own architectures with their default recipes."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from peer_models.split import Fit, Split


def tastemap(architecture: str, recipe: str = "default") -> Fit:
    """Train an architecture as `tastemap train` does, but for checkpoints and the run folder."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        sys.path.append(str(Path(__file__).parents[3]))
        from core import load_plugins, load_ratings
        from core.contract.settings import resolve
        from core.contract.trainer import Compiles
        from core.training._prepare import prepare
        from core.training.start import make_trainer

        resolved = resolve(load_plugins().architecture(architecture), recipe, settings={"seed": seed})
        prepared = prepare(load_ratings(str(split.source)), resolved.settings)
        np.testing.assert_array_equal(prepared.split.train, np.flatnonzero(split.train))
        started = time.perf_counter()
        trainer, _ = make_trainer(resolved.architecture, resolved.options, resolved.settings, prepared.train)
        made = time.perf_counter() - started
        assert isinstance(trainer, Compiles)
        trainer.compile()
        seconds = made + _train(trainer, resolved.settings.plan())
        users, items = prepared.held_out.users, prepared.held_out.items
        raw = trainer.scores(users, items) + np.float32(prepared.train.mean)
        trainer.close()
        return seconds, prepared.baseline.predictions(raw, users, items)

    return fit


def _train(trainer: Any, schedule: Any) -> float:
    started = time.perf_counter()
    for epoch in range(1, schedule.epochs + 1):
        trainer.run_batches(0, trainer.begin_epoch(epoch), schedule.learning_rate(epoch))
    return time.perf_counter() - started
