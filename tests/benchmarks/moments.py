"""What it is worth to know when a rating was given: held-out RMSE without and with the moment.

usage: TASTEMAP_TEST_DATA=FOLDER python tests/benchmarks/moments.py [--data PATH …] [--test PATH]
       [--only "MovieLens small 2016" …] [--architecture bias bayes] [--seeds 1] [--keep]

Without --data: the tables of `defaults.py` whose ratings have times. Every training is the default one, at
the standard split (seed 42), and at a split by time, where what is held out lies after what is learnt from,
so that a moment should tell next to nothing. `--test` is the file that is held out beside one of --data.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from defaults import PANEL, tables
from measured import keep, recipe_of

import core
from core import Ratings, load_ratings

_FIGURES = ("baseline_rmse", "val_rmse", "moment_rmse")


def measure(
    table: Ratings, architecture: str, split: str, seeds: Sequence[int], folder: Path
) -> dict[str, float]:
    """Mean figures over the seeds; where moments say nothing, those without them stand for both."""
    summaries: list[Any] = []
    for seed in seeds:
        place = folder / f"{time.time_ns()}"
        summaries.append(core.train(table, architecture, seed=seed, split=split, folder=place).summary)
    for one in summaries:
        one["moment_rmse"] = one["val_rmse"] if one["moment_rmse"] is None else one["moment_rmse"]
    return {name: round(fmean(one[name] for one in summaries), 4) for name in _FIGURES}


def chosen_tables(chosen: argparse.Namespace) -> Iterator[tuple[str, Ratings, tuple[str, ...]]]:
    """Tables with times, by name, and how each is split."""
    if chosen.test:
        path = chosen.data[0]
        yield path.name, load_ratings(path, {"test_file": str(chosen.test)}), ("official",)
        return
    for name, table in tables(chosen.data, made=False, only=chosen.only):
        if table.timestamps is not None:
            yield name, table, ("random", "time")


def main() -> None:
    """Print a row a table, architecture and split."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--test", type=Path)
    parser.add_argument("--only", nargs="+", default=[], choices=list(PANEL))
    parser.add_argument("--architecture", nargs="+", default=["bias", "bayes"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    print("| table | architecture | split | damped means | RMSE | knowing when |")
    print("|---|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, table, splits in chosen_tables(chosen):
            for architecture in chosen.architecture:
                for split in splits:
                    found = measure(table, architecture, split, chosen.seeds, Path(folder))
                    told = " | ".join(f"{found[one]:.4f}" for one in _FIGURES)
                    print(f"| {name} | {architecture} | {split} | {told} |", flush=True)
                    if chosen.keep:
                        row = f"{name} × {split}"
                        keep("moments", row, architecture, found, recipe_of(architecture))


if __name__ == "__main__":
    main()
