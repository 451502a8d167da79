"""Helpers that several test folders share."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from core.contract.data import ItemTable
from core.contract.trainer import TrainingData
from core.data._demo import World, demo_ratings, planted_world
from core.data.ratings import Ratings, RatingScale, Vocabulary
from core.protocol.events import EpochFinished
from tests.processes import COMMAND, Child


def make_ratings(users: int = 60, items: int = 40, per_user: int = 25, seed: int = 0) -> Ratings:
    """Make ratings = 3 + biases + two planted factors + noise, on half stars."""
    generator = np.random.default_rng(seed)
    tastes, traits = generator.normal(0, 0.7, (users, 2)), generator.normal(0, 0.7, (items, 2))
    user_bias, item_bias = generator.normal(0, 0.3, users), generator.normal(0, 0.5, items)
    user_rows = np.repeat(np.arange(users), per_user)
    item_rows = np.concatenate([generator.permutation(items)[:per_user] for _ in range(users)])
    exact = 3 + user_bias[user_rows] + item_bias[item_rows] + (tastes[user_rows] * traits[item_rows]).sum(1)
    noisy = exact + generator.normal(0, 0.2, len(exact))
    order = generator.permutation(len(exact))
    return table_of(
        user_rows[order], item_rows[order], np.clip(np.round(noisy[order] * 2) / 2, 0.5, 5), users, items
    )


def table_of(user_rows: Any, item_rows: Any, values: Any, users: int, items: int) -> Ratings:
    """Make a Ratings from rows and values; users are called u0, u1, …, items 100, 101, …."""
    return Ratings(
        name="made",
        source="made by a test",
        users=np.asarray(user_rows, np.int32),
        items=np.asarray(item_rows, np.int32),
        ratings=np.asarray(values, np.float32),
        timestamps=None,
        user_vocabulary=Vocabulary(np.array([f"u{row}" for row in range(users)])),
        item_vocabulary=Vocabulary(np.arange(100, 100 + items)),
        item_table=ItemTable(
            tuple(f"Title {row}" for row in range(items)),
            tuple(("Drama",) if row % 2 else ("Comedy", "Crime") for row in range(items)),
            np.arange(1950, 1950 + items, dtype=np.int32),
        ),
        scale=RatingScale(0.5, 5.0, 0.5),
        reading={"source": "made"},
    )


def training_data(ratings: Ratings) -> TrainingData:
    """All ratings of a table, centred, as a trainer takes them."""
    mean = float(ratings.ratings.mean())
    counts = ratings.user_count, ratings.item_count
    return TrainingData(ratings.users, ratings.items, ratings.ratings - np.float32(mean), *counts, mean)


def write_csv(path: Path, ratings: Ratings) -> Path:
    """Write a table as a CSV file with MovieLens's column names."""
    rows = zip(
        ratings.user_vocabulary.ids[ratings.users],
        ratings.item_vocabulary.ids[ratings.items],
        ratings.ratings.tolist(),
        strict=True,
    )
    lines = "".join(f"{user},{item},{rating}\n" for user, item, rating in rows)
    path.write_text(f"userId,movieId,rating\n{lines}")
    return path


def planted_truth() -> World:
    """What the demo ratings were made from, films and viewers in the order of the ratings' vocabularies."""
    world, ratings = planted_world(), demo_ratings()
    items, users = (
        vocabulary.ids.astype(int) - 1 for vocabulary in (ratings.item_vocabulary, ratings.user_vocabulary)
    )
    return replace(
        world,
        axes=world.axes[items],
        quality=world.quality[items],
        tastes=world.tastes[users],
        generosity=world.generosity[users],
    )


EPOCH = EpochFinished(
    epoch=1,
    epochs=2,
    train_rmse=0.9,
    val_rmse=0.95,
    val_mae=0.7,
    tuning_rmse=None,
    learning_rate=0.05,
    seconds=0.0123,
    ratings_per_second=1e6,
    best=True,
)
"""An epoch's figures, for tests to `replace` what they need otherwise."""


def tastemap(*words: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own (`tests.processes`) and check its exit code."""
    child = Child(COMMAND, *words, environment={**os.environ, **environment})
    out, told = child.communicate()
    return _checked(words, child.returncode, out, told, expect)


def tastemap_afresh(*words: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, from the start of the interpreter, and check its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=500,
        check=False,
    )
    return _checked(words, done.returncode, done.stdout, done.stderr, expect)


def _checked(
    words: Sequence[str], code: int | None, out: str, told: str, expect: int
) -> subprocess.CompletedProcess[str]:
    assert code == expect, f"exit {code}\n{out}\n{told}"
    return subprocess.CompletedProcess(list(words), code, out, told)


def command(*words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command line within this process, where TensorFlow is loaded once, and check its exit code.

    What a process does as a whole (its start, signals, closed pipes) is `tastemap`'s to show.
    """
    from core.cli import main

    out, err, code = io.StringIO(), io.StringIO(), 0
    argv = mock.patch.object(sys, "argv", ["tastemap", *words])
    with argv, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return _checked(words, code, out.getvalue(), err.getvalue(), expect)


def json_lines(text: str) -> list[dict[str, Any]]:
    """Read a JSON object from every line."""
    return [json.loads(line) for line in text.splitlines()]
