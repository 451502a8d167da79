"""How wide predictions' distributions are, and how wide they say: coverage of held-out ratings.

usage: python tests/benchmarks/calibration.py [--data PATH …] [--only "Digital music" …]
       [--architecture bayes bias] [--seeds 1] [--keep]

Without --data: the tables of `defaults.py`. Every training is the default one, at the standard split (seed
42). A rating falls somewhere in its prediction's distribution over the steps of the scale, from 0 to 1. A
step is a range of places, so an interval of whole steps covers more than it says whatever the model; one
place of the step's range is drawn instead (the randomized probability integral transform), which makes places
of a true distribution uniform. The share of places in the central 50, 80, 90 and 95 % is printed, with the
most that it is off, and the mean of −log of the probability of what was rated (the log score: the lower, the
better), beside that of the shares that steps have in training. Pairs that the fallback predicts have no
distribution and are left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from defaults import PANEL, tables
from measured import keep, recipe_of

import core
from core import Ratings, split_ratings
from core.model.steps import COVERAGES, coverage, places


def measure(table: Ratings, architecture: str, seed: int, folder: Path) -> tuple[float, ...] | None:
    """Coverages, the log score and that of the steps' shares; None where nothing has a distribution."""
    run = core.train(table, architecture, seed=seed, folder=folder / f"{time.time_ns()}")
    model, split = run.model, split_ratings(table)
    steps = model.steps
    if steps is None:
        return None
    users, items = table.users[split.test], table.items[split.test]
    known = model.baseline.known(users, items)
    users, items, ratings = users[known], items[known], table.ratings[split.test][known]
    likely = steps.probabilities(model.scorer.raw(users, items), model.scorer.deviations(users, items))
    rated = steps.nearest(ratings)
    shares = np.bincount(steps.nearest(table.ratings[split.train]), minlength=len(steps.values)) + 1
    scores = [
        -np.log(np.maximum(one, 1e-12)).mean() for one in (_of(likely, rated), (shares / shares.sum())[rated])
    ]
    found = places(likely, rated, seed)
    return *(coverage(found, share) for share in COVERAGES), *map(float, scores)


def _of(likely: Any, rated: Any) -> Any:
    return likely[np.arange(len(rated)), rated]


def keep_row(name: str, architecture: str, means: Sequence[float]) -> None:
    """Keep a table's figures for the README."""
    values = {f"within {share:.0%}": round(one, 4) for share, one in zip(COVERAGES, means, strict=False)}
    keep("calibration", name, architecture, values, recipe_of(architecture))


def main() -> None:
    """Print a row a table and architecture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--only", nargs="+", default=[], choices=list(PANEL))
    parser.add_argument("--architecture", nargs="+", default=["bayes", "bias"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    heads = " | ".join(f"{share:.0%}" for share in COVERAGES)
    print(f"| table | architecture | {heads} | most off | log score | of shares |")
    print(f"|---|---|{'---:|' * (len(COVERAGES) + 3)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables(chosen.data, made=False, only=chosen.only):
            for architecture in chosen.architecture:
                found = [measure(table, architecture, seed, Path(folder)) for seed in chosen.seeds]
                told = [one for one in found if one is not None]
                if not told:
                    print(f"| {name} | {architecture} | {'| ' * 7}", flush=True)
                    continue
                means = [fmean(column) for column in zip(*told, strict=True)]
                covered = " | ".join(f"{one:.1%}" for one in means[:4])
                off = max(abs(one - share) for one, share in zip(means, COVERAGES, strict=False))
                print(
                    f"| {name} | {architecture} | {covered} | {off:.1%} | {means[4]:.4f} | {means[5]:.4f} |",
                    flush=True,
                )
                if chosen.keep:
                    keep_row(name, architecture, means)


if __name__ == "__main__":
    main()
