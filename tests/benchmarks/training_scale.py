"""Ratings per second and memory of the engine from 100,000 to 20 million ratings, on made tables.

usage: python tests/benchmarks/training_scale.py [--architecture bias] [--factors 64]

Users and items have a long tail like MovieLens's. Each size runs in a process of its own; the first call
(compile) isn't counted, the best of three slices is. Prints a Markdown table; the first row is the baseline
that the others' cost a rating is compared with.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np

from core import TrainingData, load_plugins
from core.settings import resolve

SIZES = (
    (100_000, 671, 9_066),
    (2_000_000, 138_000, 27_000),
    (2_000_000, 138_000, 1_000_000),
    (20_000_000, 138_000, 27_000),
)
_SLICE = 20_000


def made_data(ratings: int, users: int, items: int) -> TrainingData:
    """Make centred ratings with a long tail of items and of users."""
    generator = np.random.default_rng(0)
    share = np.cumsum(1 / (np.arange(items) + 50.0))
    item_rows = np.searchsorted(share, generator.random(ratings) * share[-1]).astype(np.int32)
    user_rows = (users * generator.beta(1, 2, ratings)).astype(np.int32)
    targets = generator.standard_normal(ratings).astype(np.float32)
    return TrainingData(user_rows, np.minimum(item_rows, items - 1), targets, users, items, 0.0)


def measure(architecture: str, factors: int, size: tuple[int, int, int]) -> dict[str, float]:
    """Train some slices of an epoch; returns ratings per second and peak memory in GB."""
    from core.training.gradient_trainer import GradientTrainer

    chosen = resolve(load_plugins().architecture(architecture), options={"factors": factors})
    trainer = GradientTrainer(
        chosen.architecture, chosen.options, chosen.settings, made_data(*size), "/CPU:0"
    )
    batches = trainer.begin_epoch(1)
    trainer.run_batches(0, 0, 0.01)
    count, speeds = min(batches, _SLICE), []
    for turn in range(3):
        started = time.perf_counter()
        totals = trainer.run_batches((turn * count) % max(1, batches - count + 1), count, 0.01)
        speeds.append(totals.ratings / (time.perf_counter() - started))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"ratings_per_second": max(speeds), "gigabytes": peak}


def main() -> None:
    """Print the table, or one size's figures as JSON where `--size` asks for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--architecture", default="bias")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.size is not None:
        print(json.dumps(measure(arguments.architecture, arguments.factors, SIZES[arguments.size])))
        return
    print("| ratings | users | items | ratings/s | cost a rating | peak memory |")
    print("|---:|---:|---:|---:|---:|---:|")
    baseline = 0.0
    for number, (ratings, users, items) in enumerate(SIZES):
        told = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--size", str(number)],
            capture_output=True,
            text=True,
            check=True,
        )
        figures = json.loads(told.stdout.splitlines()[-1])
        speed = figures["ratings_per_second"]
        baseline = baseline or speed
        cost, memory = f"{baseline / speed:.2f}×", f"{figures['gigabytes']:.2f} GB"
        print(f"| {ratings:,} | {users:,} | {items:,} | {speed:,.0f} | {cost} | {memory} |", flush=True)


if __name__ == "__main__":
    main()
