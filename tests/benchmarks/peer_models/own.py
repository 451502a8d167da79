"""Tastemap's own architectures with their recipes, as `tastemap train` trains them."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from peer_models.split import Fit, Split


def tastemap(architecture: str, recipe: str = "default") -> Fit:
    """Train an architecture with all that is learnt before training, checkpoints and figures included."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        sys.path.append(str(Path(__file__).parents[3]))
        from core import load_ratings, split_ratings, train

        ratings = load_ratings(str(split.source))
        parts = split_ratings(ratings)
        np.testing.assert_array_equal(parts.train, np.flatnonzero(split.train))
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            run = train(ratings, architecture, recipe=recipe, seed=seed, folder=Path(folder) / "run")
            seconds, model = time.perf_counter() - started, run.model
        users, items = (column[parts.test].astype(np.int64) for column in (ratings.users, ratings.items))
        return seconds, model.predictor.predict_rows(users, items)

    return fit
