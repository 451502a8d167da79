"""The defaults on other people's tables, beside damped means: the held-out RMSE of every architecture.

usage: python tests/benchmarks/defaults.py [--data PATH …] [--made] [--architecture bias …] [--seeds 1]
       [--only "Digital music" …] [--recipe default] [--keep defaults|made|architectures]

Without --data: the MovieLens editions and the panel in the folder that TASTEMAP_TEST_DATA names; tables that
aren't there are left out, and said. --made takes tables of many shapes that are made on the spot
(`made_tables.py`), --only those of these names. Every training is the default one, at the standard split
(seed 42), and nothing is chosen by the held-out part. Prints a Markdown table; an asterisk marks a figure
worse than damped means by more than 0.1 %. `--keep` keeps the figures for a table of the README (`readme.py`
writes it).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from made_tables import SHAPES, made_table
from measured import keep, recipe_of

import core
from core import Ratings, load_ratings

PANEL: dict[str, tuple[str, dict[str, Any]]] = {
    "MovieLens small 2016": ("ml-latest-small-2016", {}),
    "MovieLens small 2018": ("ml-latest-small-2018", {}),
    "MovieTweetings 100k": ("panel/movietweetings-100k/ratings.dat", {}),
    "Book-Crossing": ("panel/book-crossing/BX-Book-Ratings.csv", {}),
    "Book-Crossing without 0": (
        "panel/book-crossing/BX-Book-Ratings.csv",
        {"missing_rating": "0"},
    ),
    "Restaurants": (
        "panel/restaurants/rating_final.csv",
        {"user_column": "userID", "item_column": "placeID", "rating_column": "rating"},
    ),
    "Digital music": ("panel/digital-music/ratings.txt", {}),
}


def tables(paths: Sequence[Path], made: bool, only: Sequence[str]) -> Iterator[tuple[str, Ratings]]:
    """The tables named, those that are made, or the panel as far as it is there; `only` some, if any."""
    if paths:
        yield from ((path.name, load_ratings(path)) for path in paths)
        return
    folder = Path(os.environ.get("TASTEMAP_TEST_DATA", "."))
    for name in only or (SHAPES if made else PANEL):
        if made:
            yield name, made_table(SHAPES[name])
            continue
        place, reading = PANEL[name]
        if (folder / place).exists():
            yield name, load_ratings(folder / place, reading)
        else:
            print(f"left out: {name} (no {place} in TASTEMAP_TEST_DATA)", file=sys.stderr)


def measure(
    table: Ratings, architecture: str, recipe: str, seeds: Sequence[int], folder: Path
) -> tuple[float, float, float]:
    """The baseline's RMSE, the mean RMSE over the seeds, and the seconds of one training."""
    started, summaries = time.perf_counter(), []
    for seed in seeds:
        run = core.train(table, architecture, recipe=recipe, seed=seed, folder=folder / f"{time.time_ns()}")
        summaries.append(run.summary or {})
    seconds = (time.perf_counter() - started) / len(seeds)
    return summaries[0]["baseline_rmse"], fmean(one["val_rmse"] for one in summaries), seconds


def keep_row(
    kept: str, name: str, table: Ratings, recipe: str, figures: dict[str, tuple[float, ...]]
) -> None:
    """Keep a line's figures for the README: those of a table, or those of each architecture."""
    for architecture, (base, rmse, _) in figures.items():
        row, column = (architecture, recipe) if kept == "architectures" else (name, architecture)
        keep(kept, row, column, {"rmse": round(rmse, 4)}, recipe_of(architecture, recipe))
        if kept != "architectures":
            keep(kept, name, "damped means", {"rmse": round(base, 4)})
    if kept != "architectures":
        keep(kept, name, "ratings", {"count": len(table)})


def main() -> None:
    """Print a row a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--made", action="store_true")
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--architecture", nargs="+", default=["bias", "dot", "nn", "bayes"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--recipe", default="default")
    parser.add_argument("--keep", choices=("defaults", "made", "architectures"))
    chosen = parser.parse_args()
    print(f"| table | ratings | damped means | {' | '.join(chosen.architecture)} | seconds |")
    print(f"|---|---:|---:|{'---:|' * (len(chosen.architecture) + 1)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables(chosen.data, chosen.made, chosen.only):
            rows = [
                measure(table, one, chosen.recipe, chosen.seeds, Path(folder)) for one in chosen.architecture
            ]
            if chosen.keep:
                measured = dict(zip(chosen.architecture, rows, strict=True))
                keep_row(chosen.keep, name, table, chosen.recipe, measured)
            figures = [f"{rmse:.4f}{'*' if rmse > 1.001 * base else ''}" for base, rmse, _ in rows]
            spent = " / ".join(f"{seconds:.0f}" for *_, seconds in rows)
            print(
                f"| {name} | {len(table):,} | {rows[0][0]:.4f} | {' | '.join(figures)} | {spent} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
