"""Held-out RMSE, calibration and time of `bayes`, with and without its side features, over three seeds.

usage: TASTEMAP_TEST_DATA=FOLDER python tests/benchmarks/bayes_accuracy.py [--seeds 3] [--epochs 20]
       [--validation]

FOLDER holds ml-latest-small-2016. Predictions are clipped; the split is the default one (seed 42). With
`--validation` a tenth of the training part is held out instead, which is what defaults may be tuned on. The
time is that of building the side features and of all sweeps, without TensorFlow's start and the compile.
Prints a Markdown table: mean ± standard deviation over the seeds, and the share of held-out ratings within
their 90 % interval.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from core import load_plugins, load_ratings
from core.contract.settings import Resolved, resolve
from core.contract.trainer import Compiles
from core.data.ratings import Ratings
from core.model.scorer import make_scorer
from core.training._prepare import Prepared, prepare
from core.training.start import make_trainer

VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "without user features": {"user_features": 0},
    "without item features": {"item_features": 0},
    "the same noise for all users": {"noise_freedom": 0.0},
    "without genres and years": {"traits": False},
    "plain: the same noise, no features": {"user_features": 0, "item_features": 0, "noise_freedom": 0.0},
}
NINETY_PERCENT = 1.645


@dataclass(frozen=True)
class Measured:
    """What one training reached."""

    rmse: float
    coverage: float
    seconds: float


def measure(prepared: Prepared, resolved: Resolved, epochs: int) -> Measured:
    """Train once and measure on the held-out part."""
    started = time.perf_counter()
    trainer, _ = make_trainer(resolved.architecture, resolved.options, resolved.settings, prepared.train)
    features = time.perf_counter() - started
    assert isinstance(trainer, Compiles)
    trainer.compile()
    started = time.perf_counter()
    for epoch in range(1, epochs + 1):
        trainer.run_batches(0, trainer.begin_epoch(epoch), 0.0)
    seconds = features + time.perf_counter() - started
    rmse = prepared.measure(trainer, prepared.held_out).rmse
    if rmse is None:
        raise ValueError("There is nothing held out.")
    return Measured(rmse, _coverage(prepared, resolved, trainer.weights()), seconds)


def _coverage(prepared: Prepared, resolved: Resolved, weights: Any) -> float:
    offsets = prepared.baseline.user_offsets, prepared.baseline.item_offsets
    scorer = make_scorer(resolved.architecture, resolved.options, weights, prepared.scoring, offsets)
    pairs = prepared.held_out
    known = prepared.baseline.known(pairs.users, pairs.items)
    users, items = pairs.users[known], pairs.items[known]
    errors, deviations = (
        pairs.ratings[known] - scorer.raw(users, items),
        scorer.deviations(users, items),
    )
    if deviations is None:
        raise ValueError("The architecture doesn't know its uncertainty.")
    return float(np.mean(np.abs(errors) <= NINETY_PERCENT * deviations))


def compare(ratings: Ratings, options: dict[str, Any], seeds: int, epochs: int, validation: bool) -> str:
    """Measure a variant over seeds; returns a row's last cells."""
    measured = []
    for seed in range(1, seeds + 1):
        settings = {"seed": seed, "device": "cpu", "early_stopping": int(validation)}
        resolved = resolve(load_plugins().architecture("bayes"), options=options, settings=settings)
        prepared = prepare(ratings, resolved.settings)
        part = replace(prepared, held_out=prepared.tuning) if validation else prepared
        measured.append(measure(part, resolved, epochs))
    rmse, coverage, seconds = np.array([[one.rmse, one.coverage, one.seconds] for one in measured]).T
    return f"{rmse.mean():.4f} ± {rmse.std():.4f} | {coverage.mean():.1%} | {np.median(seconds):.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--validation", action="store_true")
    arguments = parser.parse_args()
    ratings = load_ratings(Path(os.environ["TASTEMAP_TEST_DATA"]) / "ml-latest-small-2016")
    print(f"| {ratings.name} | RMSE | in 90 % interval | seconds |\n|---|---:|---:|---:|")
    for name, options in VARIANTS.items():
        row = compare(ratings, options, arguments.seeds, arguments.epochs, arguments.validation)
        print(f"| {name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
