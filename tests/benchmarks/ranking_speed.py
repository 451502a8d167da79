"""Seconds of rankings: to the best nDCG beside implicit's ALS, a million likes, 20 million sampled.

usage: python tests/benchmarks/ranking_speed.py [RATINGS] [--only quality million sampled]

`quality`: the 2016 edition of MovieLens (or RATINGS), split 42, nDCG@10 of all held-out rows after every
epoch of `bias` and after every sweep of implicit's ALS (32 factors; left out where it isn't installed),
measuring and compiling not counted. An end is the first that comes within half a percent of the best of its
own; what `bias` took to where ALS ends is told too. `million`: `bias` by the defaults on a made table of a
million likes, adapting and judging included. `sampled`: batches of `bias` on 20 million made likes of 60,000
items. Prints wall and processor seconds (of all threads), with the machine's load, and the peak of memory.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import scipy.sparse
from ranking_peers import Scores, Table, measure, read
from ranking_tables import SHAPES, made_likes

import core
from core import TrainingData, load_plugins
from core.contract import resolve, settle
from core.training import make_trainer

_ENOUGH = 0.995
_LIKES, _USERS, _ITEMS, _BATCHES = 20_000_000, 200_000, 60_000, 40


class Reached(NamedTuple):
    """nDCG@10 after so many epochs or sweeps, and the seconds that they took."""

    rounds: int
    ndcg: float
    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of some work."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def trainer_of(data: TrainingData) -> tuple[Any, int, Callable[[int], float]]:
    """A compiled trainer of `bias` by its recipe for ranking, its epochs and its learning rates."""
    architecture = load_plugins().architecture("bias")
    chosen = settle(resolve(architecture, settings={"objective": "ranking", "seed": 1}), has_ratings=False)
    trainer, _ = make_trainer(chosen.architecture, chosen.options, chosen.settings, data)
    compiled: Any = trainer
    compiled.compile()
    plan = chosen.settings.plan()
    return compiled, plan.epochs, plan.learning_rate


def own_rounds(table: Table) -> Iterator[Reached]:
    """`bias` after each epoch."""
    trainer, epochs, rate = trainer_of(table.data)
    wall = cpu = 0.0
    for epoch in range(1, epochs + 1):

        def train(epoch: int = epoch) -> None:
            trainer.run_batches(0, trainer.begin_epoch(epoch), rate(epoch))

        more = spent(train)
        wall, cpu = wall + more[0], cpu + more[1]
        scores: Scores = lambda users: np.array(trainer.all_scores(users.astype(np.int32)))  # noqa: E731
        yield Reached(epoch, measure(table, scores)[1], wall, cpu)


def als_rounds(table: Table) -> Iterator[Reached]:
    """implicit's ALS after so many sweeps, each time from the start; raises ImportError without it."""
    from implicit.als import AlternatingLeastSquares  # type: ignore[import-not-found]

    taken = scipy.sparse.csr_matrix(table.taken)
    for sweeps in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20):
        model = AlternatingLeastSquares(
            factors=32, regularization=0.05, alpha=5, iterations=sweeps, random_state=1
        )
        wall, cpu = spent(lambda model=model: model.fit(taken, show_progress=False))
        scores: Scores = lambda users, model=model: model.user_factors[users] @ model.item_factors.T  # noqa: E731
        yield Reached(sweeps, measure(table, scores)[1], wall, cpu)


def told(name: str, reached: Reached) -> str:
    """A line of a table."""
    return f"| {name} | {reached.ndcg:.4f} | {reached.rounds} | {reached.wall:.2f} | {reached.cpu:.2f} |"


def quality(path: str) -> None:
    """Print when each is as good as it gets."""
    table = read(path)
    own = list(own_rounds(table))
    print("| model | nDCG@10, all | epochs or sweeps | wall, s | processor, s |\n|---|---:|---:|---:|---:|")
    best = max(one.ndcg for one in own)
    print(told("`bias`", next(one for one in own if one.ndcg >= _ENOUGH * best)))
    try:
        als = list(als_rounds(table))
    except ImportError as error:
        print(f"implicit is left out: {error}")
        return
    end = next(one for one in als if one.ndcg >= _ENOUGH * max(one.ndcg for one in als))
    print(told("implicit ALS, 32 factors", end))
    print(told("`bias`, as good as that", next(one for one in own if one.ndcg >= end.ndcg)))


def million() -> None:
    """Print what a million likes take from reading to the verdict."""
    table = made_likes(SHAPES["1,000,000 likes"])
    with tempfile.TemporaryDirectory() as folder:
        runs: list[Any] = []
        wall, cpu = spent(lambda: runs.append(core.train(table, "bias", folder=Path(folder) / "run")))
        ndcg = (runs[0].summary or {})["val_ndcg"]
    print(
        f"{len(table):,} likes, `bias` by the defaults: {wall:.1f} s, {cpu:.1f} of processor, "
        f"nDCG@10 {ndcg:.4f}"
    )


def sampled() -> None:
    """Print how fast likes pass where items are too many for all to be candidates."""
    draws = np.random.default_rng(0)
    users = np.sort(draws.integers(0, _USERS, _LIKES, dtype=np.int32))
    items = (_ITEMS * draws.random(_LIKES, dtype=np.float32) ** 3).astype(np.int32)
    ones = np.ones(_LIKES, np.float32)
    data = TrainingData(users, items, ones, _USERS, _ITEMS, 0.0, objective="ranking")
    trainer, _, rate = trainer_of(data)
    trainer.begin_epoch(1)
    trainer.run_batches(0, 4, rate(1))
    done: list[Any] = []
    wall, cpu = spent(lambda: done.append(trainer.run_batches(4, _BATCHES, rate(1))))
    likes = done[0].ratings
    print(
        f"{len(data):,} likes × {_ITEMS:,} items, sampled: {trainer.samples}; "
        f"{likes:,} likes in {wall:.2f} s: {likes / wall:,.0f}/s, "
        f"{2 * likes / cpu:,.0f} in two processor seconds"
    )


PARTS: dict[str, Callable[[], None]] = {"million": million, "sampled": sampled}


def main() -> None:
    """Print the parts that are asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    default = Path(os.environ.get("TASTEMAP_TEST_DATA", "")) / "ml-latest-small-2016"
    parser.add_argument("ratings", nargs="?", default=str(default))
    parser.add_argument("--only", nargs="+", default=["quality", *PARTS], choices=["quality", *PARTS])
    asked = parser.parse_args()
    for name in asked.only:
        print(f"{name}: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
        if name == "quality":
            quality(asked.ratings)
        else:
            PARTS[name]()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(f"peak of memory so far {peak:.2f} GB\n", flush=True)


if __name__ == "__main__":
    main()
