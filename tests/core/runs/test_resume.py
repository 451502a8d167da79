"""A run that is killed at any moment goes on to the numbers of one that wasn't."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.api import load_run, resume, train
from core.data.ratings import Ratings
from core.errors import DivergenceError, RunError
from core.protocol.events import EpochFinished, Event, Finished
from core.runs.run import Run
from core.training.controls import Controls
from tests.processes import COMMAND, Child
from tests.support import make_ratings, write_csv

FLAGS = ["--arch", "nn", "--factors", "8", "--epochs", "60", "--early-stopping", "60", "--batch-size", "16"]
FLAGS += ["--no-adapt"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings())


def assert_same_run(first: Run, second: Run) -> None:
    for name, array in first.model.weights.items():
        np.testing.assert_array_equal(array, second.model.weights[name], err_msg=name)
    for mine, other in zip(first.epochs, second.epochs, strict=True):
        for key in ("epoch", "train_rmse", "val_rmse", "val_mae", "tuning_rmse", "learning_rate", "best"):
            assert mine[key] == other[key], (mine["epoch"], key)
    assert first.summary is not None
    assert second.summary is not None
    for key in ("val_rmse", "train_rmse", "tuning_rmse", "epochs", "best_epoch", "reason", "split_hash"):
        assert first.summary[key] == second.summary[key], key


def start_child(csv: Path, runs: Path) -> Child:
    environment = {**os.environ, "TASTEMAP_RUNS": str(runs)}
    return Child(COMMAND, "train", "--data", str(csv), *FLAGS, environment=environment)


def kill_after_epochs(child: Child, runs: Path, epochs: int, delay: float) -> Path:
    """Wait for so many epochs, a random moment more, and kill -9; returns the run's folder."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and child.returncode is None:
        histories = list(runs.glob("*/history.jsonl"))
        if histories and histories[0].read_bytes().count(b"\n") >= epochs:
            time.sleep(delay)
            child.kill()
            child.wait()
            return histories[0].parent
        time.sleep(0.01)
    child.kill()
    raise AssertionError(f"the child never finished {epochs} epochs: {child.communicate()[1]}")


@pytest.mark.slow
def test_killed_at_random_moments_it_reaches_the_same_numbers(csv: Path, tmp_path: Path) -> None:
    generator = random.Random(5)
    whole = train(csv, "nn", options={"factors": 8}, adapt=False, epochs=60, early_stopping=60, batch_size=16)
    for attempt in range(3):
        runs = tmp_path / f"runs-{attempt}"
        epochs, delay = generator.randint(1, 20), generator.uniform(0, 0.1)
        folder = kill_after_epochs(start_child(csv, runs), runs, epochs, delay)
        run = Run.open(folder)
        assert run.state == "interrupted"
        assert 0.5 <= run.predict("u1", 100).rating <= 5
        assert_same_run(whole, resume(folder))


def interrupted(ratings: Ratings, folder: Path, epoch: int, **settings: Any) -> Path:
    """Train in this process until an epoch is finished, then fail as a crash would."""

    class CrashError(Exception):
        pass

    def crash(event: Event) -> None:
        if isinstance(event, EpochFinished) and event.epoch == epoch:
            raise CrashError

    with pytest.raises(CrashError):
        train(ratings, "bias", on_event=crash, folder=folder, **settings)
    return folder


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "adam"])
def test_every_optimizer_resumes_exactly(csv: Path, tmp_path: Path, optimizer: str) -> None:
    settings = {"epochs": 6, "optimizer": optimizer, "learning_rate": 0.01, "adapt": False}
    whole = train(csv, "bias", **settings)  # type: ignore[arg-type]
    folder = interrupted(csv, tmp_path / "cut", 3, **settings)  # type: ignore[arg-type]
    assert_same_run(whole, resume(folder))


def test_a_run_cut_before_its_first_epoch_starts_over(csv: Path, tmp_path: Path) -> None:
    whole = train(csv, "bias", epochs=2)
    folder = interrupted(csv, tmp_path / "cut", 1, epochs=2)
    (folder / "checkpoint/state.safetensors").unlink()
    assert_same_run(whole, resume(folder))


def test_early_stopping_reloads_the_best_weights(csv: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "epochs": 40,
        "adapt": False,
        "early_stopping": 3,
        "learning_rate": 0.3,
        "schedule": "constant",
    }
    whole = train(csv, "bias", options={"l2": 0.0, "bias_l2": 0.0}, **settings)
    assert whole.summary is not None
    assert whole.summary["reason"] == "early_stopping"
    best = whole.summary["best_epoch"]
    assert best == whole.summary["epochs"] - 3
    assert whole.summary["val_rmse"] == whole.epochs[best - 1]["val_rmse"]
    assert whole.summary["tuning_rmse"] == min(event["tuning_rmse"] for event in whole.epochs)


def test_a_learning_rate_set_by_hand_survives_the_crash(csv: Path, tmp_path: Path) -> None:
    def controls() -> Controls:
        made = Controls()
        made.set_learning_rate(0.02)
        return made

    whole = train(csv, "bias", adapt=False, epochs=5, controls=controls())
    folder = interrupted(csv, tmp_path / "cut", 2, adapt=False, epochs=5, controls=controls())
    assert_same_run(whole, resume(folder))


def test_a_stopped_run_keeps_its_last_epoch_and_can_go_on(csv: Path) -> None:
    controls = Controls()

    def stop(event: Event) -> None:
        if isinstance(event, EpochFinished) and event.epoch == 2:
            controls.stop()

    run = train(csv, "bias", adapt=False, epochs=4, on_event=stop, controls=controls)
    assert run.summary is not None
    assert (run.summary["reason"], run.summary["epochs"]) == ("stopped", 2)
    assert run.val_rmse == run.epochs[1]["val_rmse"]
    assert_same_run(train(csv, "bias", adapt=False, epochs=4), resume(run.folder))


def test_a_resumed_run_that_is_stopped_at_once_is_its_checkpoint(csv: Path, tmp_path: Path) -> None:
    folder = interrupted(csv, tmp_path / "cut", 3, adapt=False, epochs=6)
    checkpoint = Run.open(folder).model.weights
    controls = Controls()
    controls.stop()
    stopped = resume(folder, controls=controls)
    assert stopped.summary is not None
    assert (stopped.summary["reason"], stopped.summary["epochs"]) == ("stopped", 3)
    assert stopped.summary["val_rmse"] == stopped.epochs[2]["val_rmse"]
    for name, array in stopped.model.weights.items():
        np.testing.assert_array_equal(array, checkpoint[name])


def test_a_training_stopped_in_its_first_epoch_is_saved_all_the_same(csv: Path) -> None:
    controls = Controls()
    controls.stop()
    run = train(csv, "bias", adapt=False, epochs=2, controls=controls)
    assert run.summary is not None
    assert (run.summary["epochs"], run.epochs) == (0, [])
    assert 0.5 <= run.predict("u1", 100).rating <= 5


def test_more_epochs_can_be_asked_for(csv: Path) -> None:
    run = train(csv, "bias", adapt=False, epochs=2, schedule="constant")
    longer = resume(run.folder, epochs=4)
    assert [event["epoch"] for event in longer.epochs] == [1, 2, 3, 4]
    assert_same_run(train(csv, "bias", adapt=False, epochs=4, schedule="constant"), longer)


def test_another_table_is_refused(csv: Path, tmp_path: Path) -> None:
    folder = interrupted(csv, tmp_path / "cut", 1, adapt=False, epochs=3)
    other = write_csv(tmp_path / "other.csv", make_ratings(seed=9))
    with pytest.raises(RunError, match=r"other\.csv is not the table"):
        resume(folder, data=other)
    moved = csv.rename(tmp_path / "moved.csv")
    assert resume(folder, data=moved).state == "finished"


def test_divergence_leaves_the_last_good_epoch(csv: Path) -> None:
    controls = Controls()
    events: list[Event] = []

    def spoil(event: Event) -> None:
        events.append(event)
        if isinstance(event, EpochFinished) and event.epoch == 2:
            controls.set_learning_rate(1e6)

    with pytest.raises(DivergenceError, match="lower learning rate"):
        train(
            csv,
            "bias",
            adapt=False,
            epochs=5,
            optimizer="sgd",
            learning_rate=0.01,
            on_event=spoil,
            controls=controls,
        )
    run = load_run("latest")
    assert run.state == "interrupted"
    assert run.val_rmse == run.epochs[1]["val_rmse"]
    assert np.isfinite(run.predict("u1", 100).rating)
    assert not any(isinstance(event, Finished) for event in events)
