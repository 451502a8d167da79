from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli._train import _used
from core.contract import load_plugins
from tests.support import command, json_lines, make_ratings, write_csv


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings())


@pytest.mark.slow
def test_a_race_trains_on_one_split_and_compares_with_intervals(csv: Path) -> None:
    words = ["race", "--data", str(csv), "--arch", "bias,dot", "--epochs", "3"]
    lines = command(*words, "--json").stdout.splitlines()
    finished = [line for line in json_lines("\n".join(lines[:-1])) if line["event"] == "finished"]
    assert len({event["split_hash"] for event in finished}) == 1
    compared = json.loads(lines[-1])["runs"]
    assert [one["architecture"] for one in compared] == ["bias", "dot"]
    assert compared[0]["difference"] is None
    difference = compared[1]["difference"]
    assert difference["low"] <= difference["rmse"] <= difference["high"]
    assert compared[1]["rmse"] - compared[0]["rmse"] == pytest.approx(difference["rmse"], abs=1e-6)


@pytest.mark.slow
def test_train_with_a_search_first(csv: Path) -> None:
    words = ["train", "--data", str(csv), "--factors", "4", "--epochs", "4", "--tune", "2", "--json"]
    events = json_lines(command(*words).stdout)
    trials = [event for event in events if event["event"] == "trial_finished"]
    started = next(event for event in events if event["event"] == "run_started")
    assert trials[-1]["choices"] == {
        **started["options"],
        "learning_rate": started["settings"]["learning_rate"],
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["race"], "--data demo needs no file"),
        (["race", "--data", "demo", "--arch", "bias"], "two architectures"),
        (["race", "--data", "demo", "--arch", "bias,bais"], "Did you mean 'bias'"),
        (["train", "--data", "demo", "--tune", "1"], "two trials"),
        (
            ["train", "--data", "demo", "--arch", "bayes", "--learning-rate", "1"],
            "bayes has no --learning-rate",
        ),
    ],
)
def test_wrong_usage_is_said(words: list[str], said: str) -> None:
    assert said in command(*words, expect=2).stderr


def test_a_race_leaves_out_what_a_runner_does_not_use(capsys: pytest.CaptureFixture[str]) -> None:
    flags = {"settings": {"learning_rate": 0.1, "seed": 3}}
    registry = load_plugins()
    assert _used(registry, "bias", flags) == flags["settings"]
    assert _used(registry, "bayes", flags) == {"seed": 3}
    assert "bayes has no --learning-rate, so it trains without" in capsys.readouterr().err
