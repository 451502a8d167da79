"""How well large batches learn: the error against the truth of a made table, by batch size and order.

usage: python tests/benchmarks/batch_size.py [--ratings 2000000] [--epochs 8] [--learning-rate 0.12]
       [--device cpu|gpu]

Ratings are made from known factors and biases plus noise; the error is measured against the truth itself,
on pairs that training never saw. The learning rate is per rating and the same in every row: what a batch
holds twice is the optimizer's business. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from core import TrainingData, load_plugins
from core.array_types import FloatArray, RowArray
from core.contract.settings import resolve
from core.startup.device import choose_device
from core.training.gradient import _order as order
from core.training.gradient.trainer import GradientTrainer

Truth = tuple[RowArray, RowArray, FloatArray]
SHARES = (None, 8192, 2048, 512, 256, 128, 32)


def made_table(ratings: int) -> tuple[TrainingData, Truth]:
    """Make ratings of 8 known factors with a long tail, and 200,000 other pairs with their true values."""
    generator = np.random.default_rng(0)
    users, items = ratings // 30 + 10, ratings // 75 + 10
    share = np.cumsum(1 / (np.arange(items) + 50.0))

    def draw(count: int) -> tuple[RowArray, RowArray]:
        popular = np.minimum(np.searchsorted(share, generator.random(count) * share[-1]), items - 1)
        busy = (users * generator.beta(1, 2, count)).astype(np.int32)
        return names[0][busy], names[1][popular]

    names = [generator.permutation(count).astype(np.int32) for count in (users, items)]
    factors = generator.normal(0, 0.35, (users, 8)), generator.normal(0, 0.9, (items, 8))
    biases = generator.normal(0, 0.4, users), generator.normal(0, 0.5, items)

    def truth(user_rows: RowArray, item_rows: RowArray) -> FloatArray:
        product = np.einsum("ij,ij->i", factors[0][user_rows], factors[1][item_rows])
        return (product + biases[0][user_rows] + biases[1][item_rows]).astype(np.float32)

    known, unknown = draw(ratings), draw(200_000)
    targets = truth(*known) + generator.normal(0, 0.7, ratings).astype(np.float32)
    return TrainingData(*known, targets, users, items, 0.0), (*unknown, truth(*unknown))


def learn(
    data: TrainingData, truth: Truth, batch_size: int, epochs: int, rate: float, device: str
) -> tuple[float, float]:
    """Train bias; returns the RMSE against the truth and seconds an epoch, shuffling included."""
    settings = {"batch_size": batch_size, "epochs": epochs, "learning_rate": rate, "device": device}
    chosen = resolve(load_plugins().architecture("bias"), options={"factors": 16}, settings=settings)
    trainer = GradientTrainer(
        chosen.architecture, chosen.options, chosen.settings, data, choose_device(device)
    )
    trainer.begin_epoch(1)
    trainer.compile()
    started = time.perf_counter()
    for epoch in range(1, epochs + 1):
        trainer.run_batches(0, trainer.begin_epoch(epoch), chosen.settings.plan().learning_rate(epoch))
    seconds = (time.perf_counter() - started) / epochs
    errors = trainer.scores(truth[0], truth[1]) - truth[2]
    trainer.close()
    return float(np.sqrt(np.mean(errors**2))), seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ratings", type=int, default=2_000_000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=0.12)
    parser.add_argument("--device", default="cpu", choices=("cpu", "gpu"))
    arguments = parser.parse_args()
    data, truth = made_table(arguments.ratings)
    nothing = float(np.sqrt(np.mean(truth[2] ** 2)))
    print(f"{arguments.ratings:,} ratings; predicting the mean errs by {nothing:.4f}\n")
    print("| batch size | batches an epoch | order | RMSE against the truth | seconds an epoch |")
    print("|---:|---:|---|---:|---:|")
    plans = [(64 if share is None else arguments.ratings // share, order.BLOCK_BYTES) for share in SHARES]
    if arguments.device == "cpu":
        plans += [(256, 1 << 18), (256, 1 << 16)]
    for batch_size, block_bytes in plans:
        order.BLOCK_BYTES = block_bytes
        error, seconds = learn(
            data, truth, batch_size, arguments.epochs, arguments.learning_rate, arguments.device
        )
        how = f"tiles of {block_bytes >> 10} kB" if arguments.device == "cpu" else "shuffled"
        batches = -(-len(data) // batch_size)
        print(f"| {batch_size:,} | {batches:,} | {how} | {error:.4f} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
