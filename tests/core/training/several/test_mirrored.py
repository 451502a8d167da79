"""`--strategy mirrored` on two logical CPU devices, which a process must cut before it uses any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.api import evaluate, load_run, resume, train
from core.cli._train import run_race
from core.data.ratings import Ratings
from core.errors import DeviceError, UsageError
from core.runs.store import list_runs
from tests.processes import Child
from tests.support import json_lines, make_ratings, tastemap, write_csv

SETTINGS: dict[str, Any] = {"epochs": 12, "device": "cpu", "batch_size": 64, "adapt": False}
NN: dict[str, Any] = {"factors": 4, "hidden_units": 8}
AGAIN = f"""
import json, sys
from core.api import resume, train

settings = {{**{SETTINGS!r}, "strategy": "mirrored", "devices": 2}}
runs = [train(sys.argv[1], "bias", options={{"factors": 4}}, **settings)]
runs.append(train(sys.argv[1], "nn", options={NN!r}, **settings))

def cut(event):
    if type(event).__name__ == "BatchProgress" and event.epoch == 5 or getattr(event, "epoch", 0) > 5:
        raise KeyboardInterrupt

try:
    train(sys.argv[1], "nn", options={NN!r}, on_event=cut, **settings)
except KeyboardInterrupt:
    runs.append(resume("latest"))
print(json.dumps([run.summary for run in runs]))
"""


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings(users=200, items=60, per_user=40))


@pytest.mark.slow
def test_two_devices_reach_the_error_of_one_and_the_same_numbers_again_and_after_a_resume(csv: Path) -> None:
    words = ["--epochs", "12", "--factors", "4", "--device", "cpu", "--batch-size", "64", "--no-adapt"]
    words += ["--strategy", "mirrored", "--devices", "2"]
    events = json_lines(tastemap("train", "--data", str(csv), *words, "--json").stdout)
    started = next(event for event in events if event["event"] == "run_started")
    assert started["settings"]["strategy"] == "mirrored"
    assert started["device"].startswith("2 devices of one machine")
    assert started["batches"] == pytest.approx(0.5 * 0.8 * 8000 / 64, rel=0.05)
    told, said = Child(AGAIN, str(csv)).communicate()
    assert said == ""
    again, merged, resumed = json.loads(told)
    for key in ("val_rmse", "train_rmse", "val_mae", "split_hash"):
        assert events[-1][key] == again[key], key
        assert merged[key] == resumed[key], key
    alone = train(csv, "bias", options={"factors": 4}, **SETTINGS)
    assert abs(again["val_rmse"] - (alone.val_rmse or 0)) < 0.01
    alone = train(csv, "nn", options=NN, **SETTINGS)
    assert abs(merged["val_rmse"] - (alone.val_rmse or 0)) < 0.02

    run = load_run(merged["run"])
    assert evaluate(run).rmse == pytest.approx(merged["val_rmse"], abs=1e-6)
    longer = resume(run.folder, epochs=14, strategy="none")
    assert [event["epoch"] for event in longer.epochs] == list(range(1, 15))
    assert (longer.val_rmse or 9) < merged["val_rmse"] + 0.02


def test_devices_are_claimed_before_a_carved_part_is_trained_on(csv: Path) -> None:
    words = ["--factors", "4", "--device", "cpu", "--strategy", "mirrored", "--devices", "2", "--adapt"]
    told = json_lines(tastemap("train", "--data", str(csv), "--epochs", "2", *words, "--json").stdout)
    phases = [event["phase"] for event in told if event["event"] == "phase_changed"]
    assert "learning how to train" in phases
    assert told[-1]["reason"] == "completed"


def test_what_cannot_be_spread_is_refused_in_plain_words(ratings: Ratings) -> None:
    with pytest.raises(UsageError, match="bayes has no --strategy"):
        train(ratings, "bayes", strategy="mirrored")
    with pytest.raises(DeviceError, match="needs two devices at least"):
        train(ratings, "bias", strategy="mirrored", devices=1, device="cpu")
    flags = {"settings": {"strategy": "multiworker"}, "options": {}, "reading": {}}
    with pytest.raises(UsageError, match="A race can't use --strategy multiworker"):
        run_race(flags, "demo", "bias,dot", 0, [], as_json=True)
    assert list_runs() == []


def test_a_process_that_uses_one_device_already_says_so(ratings: Ratings) -> None:
    train(ratings, "bias", epochs=1, device="cpu")
    with pytest.raises(DeviceError, match="did not start with 7 devices"):
        train(ratings, "bias", strategy="mirrored", devices=7, device="cpu")
