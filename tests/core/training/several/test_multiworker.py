"""Two `tastemap train --strategy multiworker` on loopback: the error of one, and death in plain words."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from core.api import load_run, resume, train
from core.runs.store import list_runs
from tests.core.training.several.workers import beyond_the_port, free_addresses, start_worker
from tests.processes import Child
from tests.support import json_lines, make_ratings, tastemap, write_csv

pytestmark = pytest.mark.slow
WORDS = ["--strategy", "multiworker", "--factors", "4", "--no-adapt"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings(users=200, items=60, per_user=40))


class Crew:
    """Two workers; whoever still runs at the end of a test is killed."""

    def __init__(self, tmp_path: Path) -> None:
        self.folders = [tmp_path / "runs", tmp_path / "other machine"]
        self.started: list[Child] = []

    def start(self, *words: Sequence[str]) -> list[Child]:
        """Start worker 0 and worker 1 with the words of each."""
        addresses = free_addresses(2)
        pairs = zip(words, self.folders, strict=True)
        children = [start_worker(addresses, n, own, runs) for n, (own, runs) in enumerate(pairs)]
        self.started += children
        return children


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    made = Crew(tmp_path)
    yield made
    for child in made.started:
        child.kill()
        child.communicate()


def finish(child: Child, code: int, beyond: bool = True) -> tuple[list[dict[str, Any]], str]:
    """Wait for a worker's end; returns the events that nobody has read yet, and stderr."""
    out, told = child.communicate(timeout=240)
    assert child.returncode == code, f"exit {child.returncode}\n{out[-2000:]}\n{told}"
    return json_lines(out), beyond_the_port(told) if beyond else told


def wait_for_epoch(child: Child, epoch: int) -> None:
    for line in child.stdout:
        event = json.loads(line)
        if event["event"] == "epoch_finished" and event["epoch"] >= epoch:
            return
    raise AssertionError(f"no epoch {epoch}: {child.communicate()[1]}")


def test_two_workers_reach_the_error_of_one_and_only_worker_0_writes(csv: Path, crew: Crew) -> None:
    words = [*WORDS, "--data", str(csv), "--epochs", "12"]
    first, second = crew.start(words, words)
    events, told = finish(first, 0, beyond=False)
    followed, _ = finish(second, 0)
    alone = train(csv, "bias", options={"factors": 4}, epochs=12, device="cpu", adapt=False)
    assert abs(events[-1]["val_rmse"] - (alone.val_rmse or 0)) < 0.01
    assert "all addresses of this machine" in told and len(told.splitlines()) == 1
    run = load_run(events[-1]["run"])
    assert (run.state, run.config.settings["strategy"]) == ("finished", "multiworker")
    assert run.config.device.startswith("2 devices of 2 workers")
    assert [event["phase"] for event in followed if event["event"] == "phase_changed"][-1] == "following"
    assert not crew.folders[1].exists()


def test_a_killed_worker_is_named_and_the_run_goes_on_with_two_or_with_one(csv: Path, crew: Crew) -> None:
    words = [*WORDS, "--data", str(csv), "--epochs", "4000"]
    first, second = crew.start(words, words)
    wait_for_epoch(first, 3)
    second.kill()
    _, told = finish(first, 1)
    run = load_run("latest")
    (line,) = told.splitlines()
    kept = len(run.epochs)
    assert line.startswith("tastemap: Worker 1 at 127.0.0.1:")
    assert (
        f"is gone. The run is kept up to epoch {kept}; go on with `tastemap train --resume {run.id}`" in line
    )

    first, second = crew.start(["--resume", run.id], words)
    wait_for_epoch(first, kept + 1)
    first.send_signal(signal.SIGINT)  # Ctrl-C on worker 0 saves, and ends the other worker cleanly
    events, _ = finish(first, 130)
    _, told = finish(second, 0)
    assert (events[-1]["reason"], told) == ("stopped", "")
    done = events[-1]["epochs"]
    assert done > kept
    assert len(resume(run.folder, epochs=done + 1, strategy="none").epochs) == done + 1


def test_a_follower_says_when_worker_0_is_gone(csv: Path, crew: Crew) -> None:
    words = [*WORDS, "--data", str(csv), "--epochs", "4000"]
    first, second = crew.start(words, words)
    wait_for_epoch(first, 1)
    first.kill()
    _, told = finish(second, 1)
    assert told.startswith("tastemap: Worker 0 at 127.0.0.1:")
    assert len(told.splitlines()) == 1


def test_workers_with_other_data_refuse_and_leave_no_run(csv: Path, crew: Crew, tmp_path: Path) -> None:
    other = write_csv(tmp_path / "other.csv", make_ratings(users=200, items=60, per_user=40, seed=9))
    first, second = crew.start([*WORDS, "--data", str(csv)], [*WORDS, "--data", str(other)])
    for child in (first, second):
        _, told = finish(child, 1)
        assert "Worker 1 has training ratings" in told
        assert len(told.splitlines()) == 1
    assert list_runs() == []


def test_a_bad_tf_config_is_one_line_that_shows_a_good_one(csv: Path) -> None:
    told = tastemap("train", *WORDS, "--data", str(csv), expect=2, TF_CONFIG="{").stderr
    assert len(told.splitlines()) == 1
    assert 'TF_CONFIG=\'{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}' in told
