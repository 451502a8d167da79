"""Tastemap and its peers on the same split, in turn, in one run: held-out RMSE and seconds.

usage: python tests/benchmarks/peers.py [RATINGS] [--python Surprise=/path/to/python ...] [--seeds 3]
       [--only myfm tastemap-bayes ...] [--best] [--keep]

RATINGS is a folder or file that Tastemap reads (default: ml-latest-small-2016 in the folder that
TASTEMAP_TEST_DATA names). Every model is trained in a process of its own, by the interpreter that `--python`
names for its maker or else by this one; the split (seed 42, 80/20) is handed over as NumPy files. A maker
whose module the interpreter lacks is skipped, and how to install it is said.

Prints a Markdown table, the lowest error first: mean ± standard deviation over the seeds of the RMSE of
clipped predictions; the median seconds of the fit alone, of tables that are read and code that is compiled;
and those of the whole first fit in a new process, its start, imports, compiling and predictions counted.
Models marked * take long and are trained with the first seed only. `--best` prints every model of Tastemap
and the most accurate one of each peer; `--keep` keeps what is printed for the README (`readme.py` writes it).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measured import keep, recipe_of
from peer_models.configurations import CONFIGURATIONS, MODULES, PACKAGES

from core import load_ratings, split_ratings
from core.data.ratings import Ratings

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Trained:
    """One training: the error of clipped predictions, the seconds of the fit, and of everything."""

    rmse: float
    fit: float
    whole: float


def hand_over(ratings: Ratings, source: str, folder: Path) -> None:
    """Write the split as NumPy files."""
    train = np.zeros(len(ratings), bool)
    train[split_ratings(ratings).train] = True
    table, scale = ratings.item_table, ratings.scale
    names = sorted({genre for genres in table.genres for genre in genres})
    arrays = {
        "user": ratings.users,
        "item": ratings.items,
        "rating": ratings.ratings,
        "train": train,
        "scale": np.array([scale.minimum, scale.maximum]),
        "genres": np.array([[genre in genres for genre in names] for genres in table.genres], float),
        "year": table.years,
        "source": np.array(source),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


class TrainingFailedError(Exception):
    """A peer's process ended with an error; holds what it wrote to stderr."""


def train(name: str, seed: int, python: str, folder: Path) -> Trained:
    """Train one configuration in a new process; raises TrainingFailedError."""
    words = [python, "-m", "peer_models", str(folder), name, str(seed), str(time.time())]
    done = subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrainingFailedError(done.stderr)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    rating, mask, scale = (np.load(folder / f"{array}.npy") for array in ("rating", "train", "scale"))
    predictions = np.clip(np.load(folder / "predictions.npy"), *scale)
    rmse = float(np.sqrt(np.mean((predictions - rating[~mask]) ** 2)))
    return Trained(rmse, told["fit"], told["whole"])


def has_module(python: str, module: str) -> bool:
    """Whether an interpreter finds a module."""
    script = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", script], capture_output=True, check=False).returncode == 0


def row(name: str, trained: list[Trained]) -> str:
    """One row of the table."""
    rmse, fit, whole = np.array([[one.rmse, one.fit, one.whole] for one in trained]).T
    configuration = CONFIGURATIONS[name]
    error = f"{rmse.mean():.4f} ± {rmse.std():.4f}" if len(trained) > 1 else f"{rmse[0]:.4f}"
    seconds = f"{np.median(fit):.2f} | {np.median(whole):.1f}"
    what = configuration.what + (" *" if configuration.slow else "")
    return f"| {configuration.who} | {what} | {error} | {seconds} |"


def keep_row(name: str, trained: list[Trained]) -> None:
    """Keep a row's figures for the README."""
    rmse, fit, whole = np.array([[one.rmse, one.fit, one.whole] for one in trained]).T
    values = {
        "rmse": round(float(rmse.mean()), 4),
        "fit": round(float(np.median(fit)), 2),
        "whole": round(float(np.median(whole)), 1),
        **({"deviation": round(float(rmse.std()), 4)} if len(trained) > 1 else {}),
    }
    configuration = CONFIGURATIONS[name]
    recipe = recipe_of(*configuration.recipe) if configuration.recipe else None
    keep("peers", configuration.who, configuration.what, values, recipe)


def compare(names: list[str], seeds: int, pythons: dict[str, str], folder: Path) -> dict[str, list[Trained]]:
    """Train all configurations in turn, once a seed."""
    trained: dict[str, list[Trained]] = {name: [] for name in names}
    for seed in range(1, seeds + 1):
        for name in names:
            if seed > 1 and CONFIGURATIONS[name].slow:
                continue
            try:
                trained[name].append(train(name, seed, pythons[CONFIGURATIONS[name].who], folder))
                print(f"{name} seed {seed}: {trained[name][-1]}", file=sys.stderr, flush=True)
            except TrainingFailedError as error:
                print(f"{name} seed {seed} failed:\n{error}", file=sys.stderr, flush=True)
    return trained


def best_of_each(names: list[str]) -> list[str]:
    """Keep every model of Tastemap, and of a peer the first of its models; `names` are the best first."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(CONFIGURATIONS[name].who, name)
    return [name for name in names if CONFIGURATIONS[name].who == "Tastemap" or name in first.values()]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("TASTEMAP_TEST_DATA", ".")) / "ml-latest-small-2016"
    parser.add_argument("ratings", nargs="?", default=str(default))
    parser.add_argument("--python", nargs="+", default=[], metavar="WHO=PATH")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=[*CONFIGURATIONS], default=[*CONFIGURATIONS])
    parser.add_argument("--best", action="store_true")
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Compare and print."""
    arguments = parse()
    chosen = dict(pair.split("=", 1) for pair in arguments.python)
    if unknown := set(chosen) - set(MODULES):
        raise SystemExit(f"--python knows {', '.join(MODULES)}, not {', '.join(sorted(unknown))}.")
    pythons = {who: chosen.get(who, sys.executable) for who in MODULES}
    asked = {CONFIGURATIONS[name].who for name in arguments.only}
    missing = [who for who in MODULES if who in asked and not has_module(pythons[who], MODULES[who])]
    names = [name for name in arguments.only if CONFIGURATIONS[name].who not in missing]
    source = str(Path(arguments.ratings).resolve())
    ratings = load_ratings(source)
    with tempfile.TemporaryDirectory() as folder:
        hand_over(ratings, source, Path(folder))
        trained = compare(names, arguments.seeds, pythons, Path(folder))
    print(f"{len(ratings):,} ratings of {ratings.name}, split {split_ratings(ratings).hash}\n")
    print("| who | model | val RMSE | fit, s | with start, compile, s |\n|---|---|---:|---:|---:|")
    done = [name for name in names if trained[name]]
    done.sort(key=lambda name: float(np.mean([one.rmse for one in trained[name]])))
    for name in best_of_each(done) if arguments.best else done:
        print(row(name, trained[name]))
        if arguments.keep:
            keep_row(name, trained[name])
    for name in sorted(set(names) - set(done)):
        print(f"\n{name} failed; see above.")
    for who in missing:
        print(f"\n{who} is not installed: pip install {PACKAGES[who]}, then --python {who}=PATH")


if __name__ == "__main__":
    main()
