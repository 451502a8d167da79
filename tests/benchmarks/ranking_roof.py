"""How near the ranking's step comes to what the device's matrix products allow.

usage: python tests/benchmarks/ranking_roof.py [--device cpu|gpu] [--factors 64] [--turns 5]

The exact softmax over all items multiplies a batch's users with all items once forwards and twice back:
6 · factors operations a score. For made tables whose batches are small and large, `bias`: scores a second in
whole batches (from collecting one to its rows being written), and how near they, and the loss with its
gradients alone, come to two bounds: the three products alone, of the same shapes and compiled the same way,
and the best that squares of 4,096 reach (2,048 on a CPU), in float32 and in bfloat16. Each figure is the
fastest of all turns.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from core import TrainingData, load_plugins
from core.contract import resolve, settle
from core.startup import tf
from core.training import make_trainer

_LEAST_SECONDS = 0.3


class Table(NamedTuple):
    """A made table of likes."""

    users: int
    items: int
    likes: int


TABLES = (
    Table(users=671, items=9066, likes=80_000),
    Table(users=20_000, items=2000, likes=400_000),
    Table(users=130_000, items=4000, likes=2_600_000),
)


def made(table: Table) -> TrainingData:
    """Likes by chance, of which popular items have more."""
    draws = np.random.default_rng(0)
    users = np.sort(draws.integers(0, table.users, table.likes, dtype=np.int32))
    items = (table.items * draws.random(table.likes, dtype=np.float32) ** 2).astype(np.int32)
    ones = np.ones(table.likes, np.float32)
    return TrainingData(users, items, ones, table.users, table.items, 0.0, objective="ranking")


def trainer_of(table: Table, factors: int, device: str) -> tuple[Any, float]:
    """A compiled trainer of `bias`, and its learning rate."""
    settings = {"objective": "ranking", "seed": 1, "device": device}
    bias = load_plugins().architecture("bias")
    chosen = settle(resolve(bias, options={"factors": factors}, settings=settings), has_ratings=False)
    trainer, _ = make_trainer(chosen.architecture, chosen.options, chosen.settings, made(table))
    compiled: Any = trainer
    compiled.compile()
    return compiled, chosen.settings.learning_rate


def seconds_of(work: Callable[[int], object]) -> float:
    """Seconds of one, by as many in a row as take long enough; `work` does so many and waits for the last."""
    count, took = 1, 0.0
    while took < _LEAST_SECONDS:
        started = time.perf_counter()
        work(count)
        took = time.perf_counter() - started
        count *= 2
    return 2 * took / count


def last(count: int, work: Callable[[], Any]) -> Any:
    """Do some work so often; returns what came last, all else being let go of."""
    found = None
    for _ in range(count):
        found = work()
    return found


def products(shape: tuple[int, int, int], kind: Any) -> Callable[[int], object]:
    """The three products of a softmax over (users, items, factors), so often."""
    users, items, factors = shape
    draws = np.random.default_rng(0)
    one, other = (tf.constant(draws.normal(size=(n, factors)), kind) for n in (users, items))

    @tf.function(jit_compile=True, autograph=False)
    def multiply(one: Any, other: Any) -> Any:
        scores = tf.matmul(one, other, transpose_b=True)
        return tf.matmul(scores, other), tf.matmul(scores, one, transpose_a=True)

    return lambda count: last(count, lambda: multiply(one, other)[0]).numpy()


def softmax(trainer: Any) -> Callable[[int], object]:
    """The loss of the trainer's first batch with its gradients by rows, so often."""
    from core.training.ranking._step import _log_loss

    parts, prepared = trainer._parts, trainer._prepare(0)
    users, _, places, weights = prepared.batch
    rows = [table.values(users if table.spec.side == "user" else None)[0] for table in parts.tables]

    @tf.function(jit_compile=True, autograph=False)
    def learn(rows: Any, places: Any, weights: Any) -> Any:
        amounts = tf.math.unsorted_segment_sum(weights, places, users.shape[0])
        with tf.GradientTape() as tape:
            tape.watch(rows)
            loss = _log_loss(parts, rows, places, weights, amounts, prepared.candidates)
        return tape.gradient(loss, rows, unconnected_gradients="zero")

    return lambda count: last(count, lambda: learn(rows, places, weights)[0]).numpy()


def square(size: int, kind: Any) -> Callable[[int], object]:
    """A product of two squares, so often, as TensorFlow multiplies without XLA."""
    one = tf.constant(np.random.default_rng(0).normal(size=(size, size)), kind)
    return lambda count: last(count, lambda: tf.matmul(one, one))[:1, :1].numpy()


def place_of(device: str) -> str:
    """TensorFlow's name of the device."""
    return f"/{device.upper()}:0"


def best(turns: int, work: Callable[[int], object]) -> float:
    """Seconds of one in the fastest turn."""
    work(1)
    return min(seconds_of(work) for _ in range(turns))


def peaks(place: str, turns: int) -> dict[str, float]:
    """Operations a second of squares, by kind of number."""
    size = 4096 if "GPU" in place else 2048
    with tf.device(place):
        kinds = {"float32": tf.float32, "bfloat16": tf.bfloat16}
        return {name: 2 * size**3 / best(turns, square(size, kind)) for name, kind in kinds.items()}


def line_of(table: Table, factors: int, device: str, turns: int, peak: dict[str, float]) -> str:
    """A line about a table."""
    trainer, rate = trainer_of(table, factors, device)
    batches = trainer.begin_epoch(1)
    few = min(batches, 32)
    step = best(turns, lambda count: [trainer.run_batches(0, few, rate) for _ in range(count)]) / few
    users = round(table.users / batches)
    assert not trainer.samples
    shape = users, table.items, factors
    with tf.device(place_of(device)):
        alone = best(turns, products(shape, tf.float32))
        loss = best(turns, softmax(trainer))
    scores = users * table.items
    operations = 6 * factors * scores
    shares = [f"{operations / one / bound:.0%}" for one in (loss, step) for bound in peak.values()]
    return (
        f"| {table.users:,} × {table.items:,} | {users:,} | {step * 1e3:.2f} | {scores / step / 1e6:,.0f}M | "
        f"{alone / loss:.0%} | {' | '.join(shares[:2])} | {alone / step:.0%} | {' | '.join(shares[2:])} |"
    )


def main() -> None:
    """Print the bounds and a line a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cpu", choices=("cpu", "gpu"))
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    peak = peaks(place_of(asked.device), asked.turns)
    told = ", ".join(f"{name} {one / 1e9:,.0f}" for name, one in peak.items())
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; GFLOP/s of squares: {told}\n")
    print(
        "| users × items | users a batch | ms a batch | scores/s "
        "| softmax: of its products | of the peak | of bf16's "
        "| whole: of its products | of the peak | of bf16's |"
    )
    print(f"|---|{'---:|' * 9}")
    for table in TABLES:
        print(line_of(table, asked.factors, asked.device, asked.turns, peak), flush=True)


if __name__ == "__main__":
    main()
