"""Two processes on two cores against one: ratings per second and held-out error, on 20 million made ratings.

usage: python tests/benchmarks/worker_speed.py [--ratings 20000000] [--epochs 6] [--turns 2]

`bias` with 64 factors on 138,000 users × 27,000 items with a long tail and twenty planted tastes. Four ways,
in turn, each in processes of their own: one process held to one core; one process on all cores; two
processes, each on a core of its own, that train on half of the users each and never speak, which is all that
this machine has to give to any two; and two workers of `--strategy multiworker`, on the same cores and
halves, merged as always. Epochs go in slices as in a training; an epoch's shuffle counts. Prints the
fastest epoch of all turns, how much of it the sums over both took where they waited least, and the error
after the last epoch. Needs two usable processors.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from training_scale import made_data

from core import TrainingData, load_plugins
from core.contract.settings import Resolved, resolve
from core.training._pace import Pace

_USERS, _ITEMS, _HELD_OUT, _TASTES, _NOISE = 138_000, 27_000, 500_000, 20, 0.8
_PART = 1 << 20


def planted(ratings: int, counts: tuple[int, int] = (_USERS, _ITEMS)) -> tuple[TrainingData, TrainingData]:
    """Make training and held-out ratings of one planted truth: biases, tastes of falling strength, noise."""
    whole = made_data(ratings + _HELD_OUT, *counts)
    generator = np.random.default_rng(1)
    strength = (0.25 * 0.93 ** np.arange(_TASTES)).astype(np.float32)
    users, items = (generator.standard_normal((count, _TASTES), np.float32) for count in counts)
    users *= strength
    biases = [0.4 * generator.standard_normal(count, np.float32) for count in counts]
    targets = _NOISE * generator.standard_normal(len(whole), np.float32)
    for start in range(0, len(whole), _PART):
        part = slice(start, start + _PART)
        rows = whole.users[part], whole.items[part]
        targets[part] += np.einsum("nk,nk->n", users[rows[0]], items[rows[1]])
        targets[part] += biases[0][rows[0]] + biases[1][rows[1]]
    cuts = slice(_HELD_OUT, None), slice(_HELD_OUT)
    train, held_out = (
        TrainingData(whole.users[cut], whole.items[cut], targets[cut], *counts, 0.0) for cut in cuts
    )
    return train, held_out


_PARTS = "train", "held out"


def write(folder: Path, data: TrainingData) -> None:
    """Leave ratings for the processes to read."""
    folder.mkdir()
    for name in ("users", "items", "targets"):
        np.save(folder / f"{name}.npy", getattr(data, name))


def read(folder: Path) -> TrainingData:
    """Read what `write` left."""
    columns = [np.load(folder / f"{name}.npy") for name in ("users", "items", "targets")]
    return TrainingData(*columns, _USERS, _ITEMS, 0.0)


def trainer_of(way: str, number: int, data: TrainingData) -> tuple[Any, Resolved]:
    """The trainer of a way's process `number`."""
    from core.training.gradient import GradientTrainer
    from core.training.several import make_distributed_trainer
    from core.training.several._shards import shard_of, share_users

    strategy = "multiworker" if way == "workers" else "none"
    plugin = load_plugins().architecture("bias")
    chosen = resolve(plugin, recipe="large", options={"factors": 64}, settings={"strategy": strategy})
    parts = chosen.architecture, chosen.options, chosen.settings
    if way == "workers":
        return make_distributed_trainer(*parts, data)[0], chosen
    if way == "apart":
        data = shard_of(data, share_users(data, 2), number)
    return GradientTrainer(*parts, data, "/CPU:0"), chosen


def train(way: str, number: int, epochs: int, folder: Path) -> dict[str, Any]:
    """Train as process `number` of a way; returns each epoch's seconds, those of sums, and the error."""
    data, held_out = (read(folder / name) for name in _PARTS)
    trainer, chosen = trainer_of(way, number, data)
    trainer.begin_epoch(1)
    trainer.compile()
    sums = watched(trainer.collectives) if way == "workers" else [0.0]
    pace, seconds, processor, summing = Pace(), [], [], []
    for epoch in range(1, epochs + 1):
        sums[:] = [0.0]
        used = time.process_time()
        started, done, batches = time.perf_counter(), 0, trainer.begin_epoch(epoch)
        while done < batches:
            count = pace.next_count(batches - done)
            begun = time.perf_counter()
            totals = trainer.run_batches(done, count, chosen.settings.learning_rate)
            pace.learn(count, totals.seconds or time.perf_counter() - begun)
            done += count
        seconds.append(time.perf_counter() - started)
        processor.append(time.process_time() - used)
        summing.append(sum(sums))
    if way == "workers":
        trainer.gather()
    error = trainer.scores(held_out.users, held_out.items) - held_out.targets
    told = None if way == "apart" else float(np.sqrt(np.mean(np.square(error))))
    return {"seconds": seconds, "processor": processor, "summing": summing, "rmse": told}


def watched(collectives: Any) -> list[float]:
    """Note the seconds of every sum over the workers from now on, waiting for the others included."""
    seconds, add = [0.0], collectives.add

    def timed(values: Any) -> Any:
        started = time.perf_counter()
        sums = add(values)
        seconds.append(time.perf_counter() - started)
        return sums

    collectives.add = timed
    return seconds


WAYS = {
    "one process, one core": ("one", [{0}]),
    "one process, two cores": ("one", [{0, 1}]),
    "two processes that never merge": ("apart", [{0}, {1}]),
    "two workers": ("workers", [{0}, {1}]),
}


class Reached(NamedTuple):
    """The seconds of the fastest epoch, those of its sums, and the error after the last epoch.

    `processor` are a process's own seconds in its cheapest epoch, of the process that takes more: what an
    epoch would take if nobody waited.
    """

    seconds: float
    processor: float
    summing: float
    rmse: float | None


def run(way: str, cores: Sequence[set[int]], words: Sequence[str]) -> Reached:
    """Start a way's processes together; an epoch takes as long as the slower one of both takes."""
    addresses = [f"127.0.0.1:{_free_port()}" for _ in cores]
    usable = sorted(os.sched_getaffinity(0))
    processes = []
    for number, held in enumerate(cores):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": number}}
        child = [sys.executable, __file__, *words, "--way", way, "--number", str(number)]
        child += ["--cores", *(str(usable[core]) for core in held)]
        environment = {**os.environ, "TF_CONFIG": json.dumps(task)}
        processes.append(subprocess.Popen(child, stdout=subprocess.PIPE, text=True, env=environment))
    told = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    slowest = np.max([one["seconds"] for one in told], axis=0)
    summing = np.min([one["summing"] for one in told], axis=0)
    fastest = int(slowest.argmin())
    processor = np.max([one["processor"] for one in told], axis=0).min()
    return Reached(float(slowest[fastest]), float(processor), float(summing[fastest]), told[0]["rmse"])


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


def in_turn(turns: int, words: Sequence[str]) -> dict[str, list[Reached]]:
    """What all ways reached in each turn."""
    found: dict[str, list[Reached]] = {name: [] for name in WAYS}
    for _ in range(turns):
        for name, (way, cores) in WAYS.items():
            found[name].append(run(way, cores, words))
            print(name, found[name][-1], f"load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Print the table, or train as one of its processes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ratings", type=int, default=20_000_000)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--cores", type=int, nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        os.sched_setaffinity(0, asked.cores)
        print(json.dumps(train(asked.way, asked.number, asked.epochs, asked.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, data in zip(_PARTS, planted(asked.ratings), strict=True):
            write(Path(folder) / name, data)
        found = in_turn(asked.turns, ["--epochs", str(asked.epochs), "--folder", folder])
    print(
        "| who | ratings/s | times one core | processor s of each | times one core | of it summing | RMSE |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    alone = min(found["one process, one core"]).seconds
    worked = min(one.processor for one in found["one process, one core"])
    for name, turns in found.items():
        best, rate = min(turns), asked.ratings / min(turns).seconds / 1e6
        own = min(one.processor for one in turns)
        error, share = "" if best.rmse is None else f"{best.rmse:.4f}", best.summing / best.seconds
        times = f"{alone / best.seconds:.2f}× | {own:.2f} | {worked / own:.2f}×"
        print(f"| {name} | {rate:.1f}M | {times} | {share:.0%} | {error} |")


if __name__ == "__main__":
    main()
