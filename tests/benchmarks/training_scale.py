"""Ratings per second and memory of the engine from 100,000 to 20 million ratings, on made tables.

usage: python tests/benchmarks/training_scale.py [--architecture bias] [--factors 64] [--device cpu|gpu]
       [--keep]

Users and items have a long tail like MovieLens's. Each size runs in a process of its own; the first call
(compile) isn't counted; of the slices after it, three or more, the fastest is. Prints a Markdown table; the
first row is the baseline that the others' cost a rating is compared with. The last column is the share of the
memory-traffic limit: a rating must at least read and write its user's and its item's row, with what the
optimizer remembers of them, and copying buffers as large as the tables, measured in the same process, says
how fast that could go.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from measured import keep

from core import TrainingData, load_plugins
from core.contract.settings import resolve

SIZES = (
    (100_000, 671, 9_066),
    (2_000_000, 138_000, 27_000),
    (2_000_000, 138_000, 1_000_000),
    (20_000_000, 138_000, 27_000),
)
_SLICE_RATINGS = 4_000_000
_MOST_TURNS = 20


def made_data(ratings: int, users: int, items: int) -> TrainingData:
    """Make centred ratings with a long tail of items and of users."""
    generator = np.random.default_rng(0)
    share = np.cumsum(1 / (np.arange(items) + 50.0))
    item_rows = np.searchsorted(share, generator.random(ratings) * share[-1]).astype(np.int32)
    user_rows = (users * generator.beta(1, 2, ratings)).astype(np.int32)
    names = [generator.permutation(count).astype(np.int32) for count in (users, items)]
    user_rows, item_rows = names[0][user_rows], names[1][np.minimum(item_rows, items - 1)]
    targets = generator.standard_normal(ratings).astype(np.float32)
    return TrainingData(user_rows, item_rows, targets, users, items, 0.0)


def measure(architecture: str, factors: int, size: tuple[int, int, int], device: str) -> dict[str, float]:
    """Train some slices of an epoch; returns ratings per second, peak memory in GB and the limit."""
    from core.startup.device import choose_device
    from core.training.gradient.trainer import GradientTrainer

    plugin = load_plugins().architecture(architecture)
    chosen = resolve(plugin, options={"factors": factors}, settings={"device": device})
    place = choose_device(device)
    trainer = GradientTrainer(chosen.architecture, chosen.options, chosen.settings, made_data(*size), place)
    started = time.perf_counter()
    batches = trainer.begin_epoch(1)
    shuffling = time.perf_counter() - started
    trainer.compile()
    count = max(1, min(batches, _SLICE_RATINGS * batches // size[0]))
    turns = min(_MOST_TURNS, max(3, _SLICE_RATINGS // size[0]))
    slices = iter(range(turns))

    def train_slice() -> float:
        return trainer.run_batches(next(slices) * count % max(1, batches - count + 1), count, 0.01).ratings

    speed = 1 / best_of(turns, train_slice)
    numbers = [variable for name, variable in trainer.variables().items() if not name.startswith("head")]
    columns = sum(int(variable.shape[1]) for variable in numbers if len(variable.shape) == 2)
    return {
        "ratings_per_second": speed,
        "shuffling_seconds": shuffling,
        "gigabytes": peak_gigabytes(place),
        "limit": copied_bytes_per_second(numbers, place) / (2 * 4 * columns + 12),
    }


def best_of(turns: int, work: Callable[[], float]) -> float:
    """Seconds for each unit of work done (what `work` returns) in the fastest turn."""
    fastest = np.inf
    for _ in range(turns):
        started = time.perf_counter()
        done = work()
        fastest = min(fastest, (time.perf_counter() - started) / done)
    return float(fastest)


def copied_bytes_per_second(tables: list[Any], device: str) -> float:
    """Bytes read plus bytes written a second when buffers of the tables' total size are copied repeatedly."""
    from core.startup import tf

    with tf.device(device):
        buffer = tf.zeros([sum(int(np.prod(table.shape)) for table in tables)])
        turns = max(4, int(2e9 // (4 * int(buffer.shape[0]))))

        @tf.function
        def copy(values: Any) -> Any:
            return tf.while_loop(
                lambda done, _: done < turns, lambda done, now: (done + 1, now + 1.0), (0, values)
            )

        def copy_all() -> float:
            copy(buffer)[1][:1].numpy()  # waits until the device is done
            return 8.0 * turns * int(buffer.shape[0])

        copy_all()
        return 1 / best_of(3, copy_all)


def peak_gigabytes(device: str) -> float:
    """Peak memory of the device that trained."""
    from core.startup import tf

    if device.startswith("/GPU"):
        return float(tf.config.experimental.get_memory_info(device[1:])["peak"]) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Print the table, or one size's figures as JSON where `--size` asks for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--architecture", default="bias")
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--device", default="cpu", choices=("cpu", "gpu"))
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    if arguments.size is not None:
        size = SIZES[arguments.size]
        print(json.dumps(measure(arguments.architecture, arguments.factors, size, arguments.device)))
        return
    print("| ratings | users | items | ratings/s | cost a rating | shuffling | peak memory | of the limit |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
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
        print(
            f"| {ratings:,} | {users:,} | {items:,} | {speed:,.0f} | {baseline / speed:.2f}× "
            f"| {figures['shuffling_seconds']:.2f} s | {figures['gigabytes']:.2f} GB "
            f"| {speed / figures['limit']:.0%} |",
            flush=True,
        )
        if arguments.keep:
            values = {
                "speed": round(speed / 1e6, 1),
                "gigabytes": round(figures["gigabytes"], 1),
                "of the limit": round(speed / figures["limit"], 2),
            }
            row, column = (
                f"{ratings:,} × {users:,} × {items:,}",
                f"{arguments.architecture}, {arguments.device}",
            )
            keep("training_scale", row, column, values)


if __name__ == "__main__":
    main()
