"""Seconds from the start of `tastemap train` to the end of its first epoch, and where they go.

usage: python tests/benchmarks/start_up.py [--times 5] [--architecture bias dot nn bayes] [--root FOLDER]

Trains on a made table of ml-latest-small's size in processes of their own. "first" starts with no compiled
programs kept, "second" with those of the first; the table itself was read and cached before. A bare
`import tensorflow` is timed in turn, so that figures of a busy machine can be read as ratios. `--root` times
another checkout of Tastemap, for a comparison with an older one. Prints a Markdown table of the best of all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

PHASES = {
    "phase_changed reading data": "command",
    "phase_changed starting TensorFlow": "data",
    "phase_changed compiling": "TensorFlow",
    "run_started": "compile",
    "epoch_finished": "epoch",
    "exit": "save, exit",
}
"""What ends a phase, and the phase's name."""

TRAIN = [sys.executable, "-c", "from core.cli import main; main()", "train", "--epochs", "1", "--json"]


def write_made_table(path: Path, users: int = 671, items: int = 9066, count: int = 100_004) -> None:
    """Write a table with the size and the long tail of ml-latest-small-2016."""
    generator = np.random.default_rng(0)
    popularity = 1 / (np.arange(items) + 20.0)
    columns = (
        generator.integers(0, users, count),
        generator.choice(items, count, p=popularity / popularity.sum()),
        generator.integers(1, 11, count) / 2,
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    path.write_text(
        "userId,movieId,rating\n" + "".join(f"{user},{item},{value}\n" for user, item, value in rows)
    )


def time_training(
    path: Path, architecture: str, environment: Mapping[str, str], root: Path
) -> dict[str, float]:
    """Train once; returns the seconds of each phase."""
    started = last = time.perf_counter()
    words = [*TRAIN, "--data", str(path), "--arch", architecture]
    spent: dict[str, float] = {}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=root
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            event = json.loads(line)
            phase = PHASES.get(f"{event['event']} {event.get('phase', '')}".strip())
            if phase is not None:
                now = time.perf_counter()
                spent[phase], last = now - last, now
        child.wait()
    if child.returncode:
        raise SystemExit(f"training {architecture} ended with exit code {child.returncode}")
    spent[PHASES["exit"]] = time.perf_counter() - last
    spent["total"] = time.perf_counter() - started
    spent["to epoch"] = spent["total"] - spent[PHASES["exit"]]
    return spent


def time_import(environment: Mapping[str, str]) -> float:
    """Seconds of a process that imports TensorFlow and does nothing else."""
    started = time.perf_counter()
    words = [sys.executable, "-c", "import tensorflow"]
    subprocess.run(words, env=environment, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def best(times: list[dict[str, float]]) -> dict[str, float]:
    """The least of each phase."""
    return {phase: min(spent[phase] for spent in times) for phase in times[0]}


def measure(
    path: Path, architecture: str, times: int, folder: Path, root: Path
) -> tuple[dict[str, float], dict[str, float], float]:
    """Time first and second starts in turn with bare imports; returns the best of each."""
    firsts, seconds, imports = [], [], []
    for turn in range(times):
        compiled = folder / f"compiled-{architecture}-{turn}"
        environment = {
            **os.environ,
            "PYTHONPATH": str(root),
            "TASTEMAP_RUNS": str(folder / "runs"),
            "TASTEMAP_CACHE": str(folder / "cache"),
            "TASTEMAP_COMPILED": str(compiled),
        }
        if not turn:
            time_training(path, architecture, {**environment, "TASTEMAP_COMPILED": "off"}, root)
        imports.append(time_import(environment))
        firsts.append(time_training(path, architecture, environment, root))
        seconds.append(time_training(path, architecture, environment, root))
    return best(firsts), best(seconds), min(imports)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--architecture", nargs="+", default=["bias", "dot", "nn", "bayes"])
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2])
    chosen = parser.parse_args()
    phases = list(PHASES.values())
    print(f"| architecture | start | to first epoch | ÷ bare import | {' | '.join(phases)} | in all |")
    print(f"|---|---|{'---:|' * (len(phases) + 3)}")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "ratings.csv"
        write_made_table(path)
        for architecture in chosen.architecture:
            first, second, bare = measure(path, architecture, chosen.times, Path(name), chosen.root.resolve())
            for start, spent in (("first", first), ("second", second)):
                figures = " | ".join(f"{spent[phase]:.2f}" for phase in (*phases, "total"))
                ratio = spent["to epoch"] / bare
                print(
                    f"| {architecture} | {start} | {spent['to epoch']:.2f} | {ratio:.2f} | {figures} |",
                    flush=True,
                )
            print(f"| | bare `import tensorflow` | {bare:.2f} | 1.00 |{' |' * (len(phases) + 1)}", flush=True)


if __name__ == "__main__":
    main()
