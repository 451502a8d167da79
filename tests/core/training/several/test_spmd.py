"""Two real workers run one loop: the numbers of two devices, steered by worker 0, each its own users."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.api import load_run, resume
from tests.core.training.several.workers import beyond_the_port, free_addresses, start, start_worker
from tests.processes import Child
from tests.support import json_lines, make_ratings, tastemap, write_csv

pytestmark = pytest.mark.slow
WORDS = ["--no-adapt", "--factors", "4", "--device", "cpu", "--batch-size", "64"]
LEAD = """
import json, sys, threading
from core.api import train
from core.errors import WorkerLostError
from core.protocol.events import EpochFinished, Paused
from core.training.controls import Controls

controls, epochs = Controls(), int(sys.argv[2])

def steer(event):
    print(event.to_json(), flush=True)
    if isinstance(event, EpochFinished) and event.epoch == 2:
        controls.pause()
    if isinstance(event, Paused) and epochs < 100:
        threading.Timer(2, lambda: (controls.set_learning_rate(0.01), controls.resume())).start()

settings = {"strategy": "multiworker", "epochs": epochs, "device": "cpu", "batch_size": 64, "adapt": False}
try:
    train(sys.argv[1], "bias", options={"factors": 4}, controls=controls, on_event=steer, **settings)
except WorkerLostError as error:
    sys.exit(str(error))
"""
FOLLOW = """
import sys, weakref
from core.contract.plugins import load_plugins
from core.contract.settings import resolve
from core.data import load_ratings
from core.training.session import Session

registry = load_plugins()
settings = {"strategy": "multiworker", "device": "cpu", "batch_size": 64, "adapt": False}
resolved = resolve(registry.architecture("bias"), options={"factors": 4}, settings=settings)
watched = {}

def look(event):
    if event.phase == "waiting":
        watched["table"] = weakref.ref(session.ratings.users)
        watched["training"] = weakref.ref(session.prepared.train.users)
    if event.phase == "following":
        print({name: array() is None for name, array in watched.items()}, session.prepared)

session = Session(load_ratings(sys.argv[1]), resolved, registry, look)
session.follow()
"""


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings(users=200, items=60, per_user=40))


@pytest.fixture
def run_two(tmp_path: Path) -> Iterator[Callable[..., list[Child]]]:
    """Start two workers by their makers; whoever still runs at the end of a test is killed."""
    started: list[Child] = []

    def run(*makers: Callable[..., Child]) -> list[Child]:
        addresses = free_addresses(2)
        folders = (tmp_path / "runs", tmp_path / "other machine")
        started.extend(make(addresses, n, folders[n]) for n, make in enumerate(makers))
        return started

    yield run
    for child in started:
        child.kill()
        child.communicate()


def by_words(*words: str) -> Callable[..., Child]:
    return lambda addresses, index, runs: start_worker(
        addresses, index, ["--strategy", "multiworker", *WORDS, *words], runs
    )


def by_script(script: str, *words: str) -> Callable[..., Child]:
    return lambda addresses, index, runs: start([script, *words], addresses, index, runs)


def events_of(child: Child, code: int = 0) -> list[dict[str, Any]]:
    out, told = child.communicate(timeout=120)
    assert child.returncode == code, f"exit {child.returncode}\n{out[-2000:]}\n{told}"
    return json_lines(out)


def wait_for(child: Child, kind: str, count: int = 1) -> None:
    for line in child.stdout:
        count -= json.loads(line)["event"] == kind
        if not count:
            return
    raise AssertionError(f"no {kind}: {child.communicate()[1]}")


def test_two_machines_give_the_numbers_of_two_devices_and_stop_early_together(
    csv: Path, run_two: Callable[..., list[Child]]
) -> None:
    words = ["--data", str(csv), "--epochs", "60", "--early-stopping", "2", "--learning-rate", "0.3"]
    first, second = run_two(by_words(*words), by_words(*words))
    machines = events_of(first)[-1]
    assert (machines["reason"], events_of(second)[-1]["phase"]) == ("early_stopping", "following")
    told = tastemap("train", "--strategy", "mirrored", "--devices", "2", *WORDS, *words, "--json").stdout
    devices = json_lines(told)[-1]
    for key in ("val_rmse", "tuning_rmse", "train_rmse", "epochs", "best_epoch"):
        assert machines[key] == devices[key], key


def test_two_machines_rank_as_two_devices_and_about_as_well_as_one(
    csv: Path, run_two: Callable[..., list[Child]]
) -> None:
    words = ["--objective", "ranking", "--data", str(csv), "--epochs", "30", "--early-stopping", "3"]
    first, second = run_two(by_words(*words), by_words(*words))
    machines = events_of(first)[-1]
    assert events_of(second)[-1]["phase"] == "following"
    words += [*WORDS, "--json"]
    told = tastemap("train", "--strategy", "mirrored", "--devices", "2", *words).stdout
    devices, alone = json_lines(told)[-1], json_lines(tastemap("train", *words).stdout)[-1]
    for key in ("reason", "val_ndcg", "tuning_ndcg", "train_loss", "epochs", "best_epoch", "split_hash"):
        assert machines[key] == devices[key], key
    assert devices["train_loss"] == pytest.approx(alone["train_loss"], abs=0.05)
    assert devices["val_ndcg"] == pytest.approx(alone["val_ndcg"], abs=0.03)
    assert load_run(machines["run"]).recommend("u1", n=3)


def test_both_are_steered_through_worker_0_and_the_other_lets_other_users_ratings_go(
    csv: Path, run_two: Callable[..., list[Child]]
) -> None:
    first, second = run_two(by_script(LEAD, str(csv), "4"), by_script(FOLLOW, str(csv)))
    events = events_of(first)
    steered = [
        event["event"] for event in events if event["event"] not in {"phase_changed", "batch_progress"}
    ]
    assert steered == [
        "run_started",
        "epoch_finished",
        "epoch_finished",
        "paused",
        "learning_rate_changed",
        "resumed",
        "epoch_finished",
        "epoch_finished",
        "finished",
    ]
    out, told = second.communicate(timeout=60)
    assert (second.returncode, beyond_the_port(told)) == (0, "")
    assert out == "{'table': True, 'training': True} None\n"


def test_a_worker_that_dies_in_a_pause_is_named(csv: Path, run_two: Callable[..., list[Child]]) -> None:
    first, second = run_two(by_script(LEAD, str(csv), "4000"), by_words("--data", str(csv)))
    wait_for(first, "paused")
    second.kill()
    told = beyond_the_port(first.communicate(timeout=60)[1])
    assert first.returncode == 1
    assert told.startswith("Worker 1 at 127.0.0.1:")
    assert "is gone. The run is kept up to epoch 2; go on with `tastemap train --resume" in told
    assert len(resume("latest", epochs=3, strategy="none").epochs) == 3


def test_ctrl_c_on_another_worker_stops_all_and_worker_0_saves(
    csv: Path, run_two: Callable[..., list[Child]]
) -> None:
    words = ["--data", str(csv), "--epochs", "4000"]
    first, second = run_two(by_words(*words), by_words(*words))
    wait_for(first, "epoch_finished")
    second.send_signal(signal.SIGINT)
    assert events_of(first)[-1]["reason"] == "stopped"
    second.communicate(timeout=60)
    assert second.returncode == 130
    assert load_run("latest").state == "finished"
