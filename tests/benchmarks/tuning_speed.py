"""A search beside the training that it goes before: how many trainings do its trials take?

usage: python tests/benchmarks/tuning_speed.py [--trials 16] [--architecture bias nn] [--data PATH]

Runs `tastemap train` with and without `--tune`, each twice in turn in a process of its own, compiling
included, on a made table (or --data). A row an architecture: seconds of each (the lesser of both, by the
clock and of the processor), and what the search adds, in trainings. Its trials are trained four in a
compiled call, and it ends by training its best and what it started from on carved parts.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

COMMAND = "import sys; from core.cli import main; sys.exit(main())"


def write_table(path: Path, ratings: int) -> Path:
    """Ratings of 700 users and 9,000 items with a long tail, made of biases, five factors and noise."""
    generator = np.random.default_rng(0)
    users, items = 700, 9000
    activity = generator.lognormal(0, 1, users)
    popularity = generator.permutation(1 / (np.arange(items) + 100.0))
    pairs = np.unique(
        generator.choice(users, 2 * ratings, p=activity / activity.sum()) * items
        + generator.choice(items, 2 * ratings, p=popularity / popularity.sum())
    )
    rows, columns = np.divmod(generator.permutation(pairs)[:ratings], items)
    tastes, traits = generator.normal(0, 0.5, (users, 5)), generator.normal(0, 0.4, (items, 5))
    truth = 3.5 + generator.normal(0, 0.4, users)[rows] + generator.normal(0, 0.5, items)[columns]
    truth += (tastes[rows] * traits[columns]).sum(axis=1) + generator.normal(0, 0.8, len(rows))
    told = np.clip(np.round(truth * 2) / 2, 0.5, 5)
    lines = (f"{user},{item},{rating}" for user, item, rating in zip(rows, columns, told, strict=True))
    path.write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    return path


def timed(words: list[str], folder: str) -> tuple[float, float]:
    """Seconds of a command by the clock and of the processor."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "TASTEMAP_RUNS": folder, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", COMMAND, "train", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, spent


def main() -> None:
    """Print a row an architecture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--architecture", nargs="+", default=["bias", "nn"])
    parser.add_argument("--ratings", type=int, default=100_000)
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = chosen.data or write_table(Path(folder) / "ratings.csv", chosen.ratings)
        print("| architecture | train, s (cpu) | with a search, s (cpu) | the search, in trainings (cpu) |")
        print("|---|---:|---:|---:|")
        for name in chosen.architecture:
            words = ["--data", str(table), "--arch", name]
            plain, tuned = [], []
            for _ in range(2):
                plain.append(timed(words, folder))
                tuned.append(timed([*words, "--tune", str(chosen.trials)], folder))
            (wall, cpu), (wall_tuned, cpu_tuned) = (
                tuple(map(min, zip(*runs, strict=True))) for runs in (plain, tuned)
            )
            print(
                f"| {name} | {wall:.1f} ({cpu:.1f}) | {wall_tuned:.1f} ({cpu_tuned:.1f}) | "
                f"{wall_tuned / wall - 1:.1f} ({cpu_tuned / cpu - 1:.1f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
