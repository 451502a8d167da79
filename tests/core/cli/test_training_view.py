from __future__ import annotations

import json

import pytest

from core.cli.training_view import JsonView, TextView
from core.protocol.events import EpochFinished, Finished, LearningRateChanged, RunStarted, TrialFinished

STARTED = RunStarted(
    "bias-1",
    "bias",
    {"factors": 4},
    {"epochs": 2},
    {
        "name": "made",
        "users": 1234,
        "items": 40,
        "ratings": 56789,
        "repairs": [{"kind": "duplicates", "count": 3, "message": "3 duplicate ratings: the last kept."}],
    },
    "abc",
    "CPU",
    1000,
    2,
    10,
    split={"test_ratings": 200, "unseen": {"users": 1, "items": 7, "ratings": 9}},
)


def shown(*events: object) -> None:
    with TextView() as view:
        for event in events:
            view.show(event)  # type: ignore[arg-type]


def test_repairs_and_unseen_ids_are_stated_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    shown(STARTED)
    captured = capsys.readouterr()
    assert "3 duplicate ratings: the last kept." in captured.err
    assert "9 of 200 held-out ratings are of 1 users and 7 items that training has never seen" in captured.err
    assert captured.out.startswith("bias on made: 1,234 users × 40 items, 56,789 ratings; 1,000 parameters")


def test_epochs_changes_trials_and_the_end_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    shown(
        TrialFinished("bias", 3, {"factors": 8, "l2": 0.125, "kind": "x"}, 5, None),
        EpochFinished(1, 2, 0.9, 0.95, 0.7, 0.93, 0.05, 0.0123, 1e6, True),
        LearningRateChanged(2, 4, 0.025),
        EpochFinished(2, 2, 0.8, None, None, None, 0.025, 0.0123, 1e6, True),
        Finished("bias-1", "stopped", 0.95, 0.7, 0.8, None, 2, 2, 0.5, 123456.0, "abc", "/x"),
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trial 3   tuning RMSE - at 5 epochs  factors 8  l2 0.125"
    assert lines[1].split() == ["1/2", "0.9000", "0.9500", "0.7000", "0.05", "0.012", "*"]
    assert lines[2] == "learning rate 0.025 from epoch 2 on"
    assert lines[3].split() == ["2/2", "0.8000", "-", "-", "0.025", "0.012"]
    assert lines[4] == "stopped after 2 epochs, 0.50 s of training (123,456 ratings/s)"
    assert lines[-1] == "run bias-1"


def test_json_is_one_event_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonView() as view:
        view.show(STARTED)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["split"]["unseen"]["items"]) == ("run_started", 7)
