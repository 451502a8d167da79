"""What merging costs in accuracy: one device against many logical ones, on 2 million made ratings.

usage: python tests/benchmarks/many_devices.py [--devices 1 2 8 16 32 64] [--epochs 8]

`bias` with 32 factors on 40,000 users × 10,000 items with a long tail and planted tastes, in batches of 256.
The CPU is cut into so many devices (`--strategy mirrored`), each in a process of its own, and each device
trains on its own users, 31,000 ratings of an epoch where there are 64. Prints the held-out RMSE after every
epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from worker_speed import planted

from core import load_plugins
from core.contract.settings import resolve

_RATINGS, _ROWS = 2_000_000, (40_000, 10_000)


def errors(devices: int, epochs: int) -> Iterator[float]:
    """Train on so many devices; gives the held-out RMSE after each epoch."""
    from core.training.gradient import GradientTrainer
    from core.training.several import make_distributed_trainer

    data, held_out = planted(_RATINGS, _ROWS)
    settings: dict[str, object] = {"device": "cpu", "batch_size": 256}
    if devices > 1:
        settings |= {"strategy": "mirrored", "devices": devices}
    plugin = load_plugins().architecture("bias")
    chosen = resolve(plugin, recipe="large", options={"factors": 32}, settings=settings)
    parts = chosen.architecture, chosen.options, chosen.settings
    alone = devices == 1
    trainer = GradientTrainer(*parts, data, "/CPU:0") if alone else make_distributed_trainer(*parts, data)[0]
    trainer.begin_epoch(1)
    trainer.compile()
    for epoch in range(1, epochs + 1):
        trainer.run_batches(0, trainer.begin_epoch(epoch), chosen.settings.learning_rate)
        missed = trainer.scores(held_out.users, held_out.items) - held_out.targets
        yield float(np.sqrt(np.mean(np.square(missed))))


def main() -> None:
    """Print the table, or train as one of its rows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, nargs="+", default=[1, 2, 8, 16, 32, 64])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--way", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(list(errors(asked.devices[0], asked.epochs))))
        return
    print("| devices | " + " | ".join(f"epoch {number}" for number in range(1, asked.epochs + 1)) + " |")
    print("|---:" * (asked.epochs + 1) + "|")
    for devices in asked.devices:
        child = [sys.executable, __file__, "--way", "--devices", str(devices), "--epochs", str(asked.epochs)]
        told = subprocess.run(child, stdout=subprocess.PIPE, text=True, check=True).stdout
        found = json.loads(told.splitlines()[-1])
        print(f"| {devices} | " + " | ".join(f"{error:.4f}" for error in found) + " |", flush=True)


if __name__ == "__main__":
    main()
