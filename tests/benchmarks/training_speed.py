"""Ratings per second: Tastemap's engine against plain Keras `fit`, in turn, in one run.

usage: python tests/benchmarks/training_speed.py [--pairs 3] [--architecture bias nn dot] [--batch-size 64]
       [--keep] [--cornac PYTHON]

Trains on MovieLens ml-latest-small-2016 where TASTEMAP_TEST_DATA names its folder, else on a made table of
the same size. The baseline is the 2017 notebook's model in Keras, batch 64. Epochs of
both alternate, so that a change of the machine's speed hits both; the first epoch of each (compile, trace) is
not counted. Prints a Markdown table of medians. `--cornac` names an interpreter that Cornac is installed
in: its MF of 50 factors, in C++, is timed in turn with `bias` of as many; `taskset -c 1` before it all holds
both to one thread, which is fairer on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers, regularizers
from measured import keep
from peers import hand_over, train

from core import load_plugins, load_ratings
from core.contract.data import ItemTable
from core.contract.settings import find_recipe, resolve
from core.contract.trainer import TrainingData
from core.data.ratings import Ratings, RatingScale, Vocabulary
from core.training._prepare import prepare
from core.training.gradient.trainer import GradientTrainer

CORNAC_EPOCHS = 60
"""Those of its configuration in `peer_models`."""


def made_table(users: int = 671, items: int = 9066, count: int = 100_004) -> Ratings:
    """Make a table with the size and the long tail of ml-latest-small-2016."""
    generator = np.random.default_rng(0)
    popularity = 1 / (np.arange(items) + 20.0)
    item_rows = generator.choice(items, count, p=popularity / popularity.sum())
    user_rows = generator.integers(0, users, count)
    values = np.clip(np.round(generator.normal(3.5, 1, count) * 2) / 2, 0.5, 5)
    empty = ItemTable(("",) * items, ((),) * items, np.zeros(items, np.int32))
    return Ratings(
        "made",
        "made",
        user_rows.astype(np.int32),
        item_rows.astype(np.int32),
        values.astype(np.float32),
        None,
        Vocabulary(np.arange(users)),
        Vocabulary(np.arange(items)),
        empty,
        RatingScale(0.5, 5, 0.5),
    )


def keras_model(data: TrainingData, architecture: str) -> Any:
    """The notebook's model: embeddings with a whole-table l2, Adam, MSE."""
    user, item = layers.Input((1,), dtype="int32"), layers.Input((1,), dtype="int32")
    user_rows = layers.Embedding(data.user_count, 50, embeddings_regularizer=regularizers.l2(1e-4))(user)
    item_rows = layers.Embedding(data.item_count, 50, embeddings_regularizer=regularizers.l2(1e-4))(item)
    if architecture == "nn":
        hidden = layers.Dropout(0.3)(layers.Flatten()(layers.Concatenate()([user_rows, item_rows])))
        score = layers.Dense(1)(layers.Dropout(0.75)(layers.Dense(70, activation="relu")(hidden)))
    else:
        score = layers.Flatten()(layers.Dot(axes=2)([user_rows, item_rows]))
    if architecture == "bias":
        biases = [
            layers.Flatten()(layers.Embedding(n, 1)(x))
            for n, x in ((data.user_count, user), (data.item_count, item))
        ]
        score = layers.Add()([score, *biases])
    model = keras.Model([user, item], score)
    model.compile(keras.optimizers.Adam(1e-3), loss="mse")
    return model


def keras_epoch(model: Any, data: TrainingData, batch_size: int) -> float:
    """Seconds of one epoch of `fit`."""
    started = time.perf_counter()
    model.fit([data.users, data.items], data.targets, batch_size=batch_size, epochs=1, verbose=0)
    return time.perf_counter() - started


def engine_epoch(trainer: GradientTrainer, number: int) -> float:
    """Seconds of one epoch of the engine, its shuffle included."""
    started = time.perf_counter()
    trainer.run_batches(0, trainer.begin_epoch(number), 0.05)
    return time.perf_counter() - started


def beside_cornac(ratings: Ratings, python: str, pairs: int) -> str:
    """Ratings per second of `bias`, with its own batch size, and of Cornac's MF, in turn; a line of text."""
    found = load_plugins().architecture("bias")
    resolved = resolve(found, options={"factors": 50})
    data = prepare(ratings, resolved.settings).train
    trainer = GradientTrainer(resolved.architecture, resolved.options, resolved.settings, data, "/CPU:0")
    engine_epoch(trainer, 1)
    own, others = [], []
    with tempfile.TemporaryDirectory() as folder:
        hand_over(ratings, "", Path(folder))
        for pair in range(pairs):
            own.append(min(engine_epoch(trainer, 2 + 5 * pair + turn) for turn in range(5)))
            others.append(train("cornac-mf-tuned", 1, python, Path(folder)).fit / CORNAC_EPOCHS)
    rates = [len(data) / statistics.median(seconds) for seconds in (own, others)]
    return f"bias {rates[0]:,.0f} ratings/s, Cornac's MF {rates[1]:,.0f}: {rates[1] / rates[0]:.1f}×"


def compare(ratings: Ratings, architecture: str, pairs: int, batch_size: int, kept: bool) -> str:
    """Time both in turn; returns a row of the table."""
    found = load_plugins().architecture(architecture)
    options = find_recipe(found, "notebook").options  # the default nn is another net than the notebook's
    resolved = resolve(found, options=options, settings={"batch_size": batch_size})
    data = prepare(ratings, resolved.settings).train
    trainer = GradientTrainer(resolved.architecture, resolved.options, resolved.settings, data, "/CPU:0")
    model = keras_model(data, architecture)
    engine_epoch(trainer, 1)
    keras_epoch(model, data, batch_size)
    timed = []
    for pair in range(pairs):
        engine = statistics.median(engine_epoch(trainer, 2 + 5 * pair + turn) for turn in range(5))
        timed.append((keras_epoch(model, data, batch_size), engine))
    fit, engine = (statistics.median(column) for column in zip(*timed, strict=True))
    ratio = statistics.median(first / second for first, second in timed)
    if kept:
        values = {"keras": round(len(data) / fit), "own": round(len(data) / engine), "ratio": round(ratio)}
        keep("training_speed", architecture, "", values)
    return f"| {architecture} | {len(data) / fit:,.0f} | {len(data) / engine:,.0f} | {ratio:.0f}× |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--architecture", nargs="+", default=["bias", "nn", "dot"])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--cornac", metavar="PYTHON")
    arguments = parser.parse_args()
    folder = Path(os.environ.get("TASTEMAP_TEST_DATA", "")) / "ml-latest-small-2016"
    ratings = load_ratings(folder) if folder.is_dir() else made_table()
    if arguments.cornac:
        print(beside_cornac(ratings, arguments.cornac, arguments.pairs))
        return
    print(f"{len(ratings):,} ratings of {ratings.name}, batch {arguments.batch_size}\n")
    print("| architecture | Keras fit, ratings/s | Tastemap, ratings/s | ratio |\n|---|---:|---:|---:|")
    for architecture in arguments.architecture:
        print(
            compare(ratings, architecture, arguments.pairs, arguments.batch_size, arguments.keep), flush=True
        )


if __name__ == "__main__":
    main()
