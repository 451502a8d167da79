from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.cli._train import show_summary
from core.cli._training_view import JsonView, TextView
from core.protocol.events import Finished, LearningRateChanged, Refused, RunStarted, TrialFinished
from core.views.quality import Difference
from tests.support import EPOCH

STARTED = RunStarted(
    run="bias-1",
    architecture="bias",
    options={"factors": 4},
    settings={"epochs": 2},
    data={
        "name": "made",
        "users": 1234,
        "items": 40,
        "ratings": 56789,
        "repairs": [{"kind": "duplicates", "count": 3, "message": "3 duplicate ratings: the last kept."}],
    },
    split_hash="abc",
    device="CPU",
    parameters=1000,
    epochs=2,
    batches=10,
    split={"test_ratings": 200, "unseen": {"users": 1, "items": 7, "ratings": 9}},
)


FINISHED = Finished(
    run="bias-1",
    reason="stopped",
    val_rmse=0.95,
    val_mae=0.7,
    train_rmse=0.8,
    tuning_rmse=None,
    epochs=2,
    best_epoch=2,
    seconds=0.5,
    ratings_per_second=123456.0,
    split_hash="abc",
    path="/x",
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
        TrialFinished(
            architecture="bias",
            trial=3,
            choices={"factors": 8, "l2": 0.125, "kind": "x"},
            epochs=5,
            tuning_rmse=None,
        ),
        replace(EPOCH, tuning_rmse=0.93),
        LearningRateChanged(epoch=2, batch=4, learning_rate=0.025),
        replace(EPOCH, epoch=2, train_rmse=0.8, val_rmse=None, val_mae=None, learning_rate=0.025),
        FINISHED,
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "trial 3   tuning RMSE - at 5 epochs  factors 8  l2 0.125"
    assert lines[1].split() == ["1/2", "0.9000", "0.9500", "0.7000", "0.05", "0.012", "*"]
    assert lines[2] == "learning rate 0.025 from epoch 2 on"
    assert lines[3].split() == ["2/2", "0.8000", "-", "-", "0.025", "0.012"]
    assert lines[4] == "stopped after 2 epochs, 0.50 s of training (123,456 ratings/s)"
    assert lines[-1] == "run bias-1"


def test_a_run_that_was_stopped_before_it_learnt_anything_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    shown(replace(FINISHED, epochs=0, best_epoch=0))
    shown(replace(FINISHED, epochs=0, best_epoch=0, objective="ranking"))
    told = capsys.readouterr().out
    assert (
        "no epoch came to its end, so damped means predict; `tastemap train --resume bias-1` goes on" in told
    )
    assert "no epoch came to its end, so popularity ranks;" in told


def test_a_missing_figure_is_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    shown(replace(EPOCH, train_rmse=None, val_rmse=None))
    assert capsys.readouterr().out.split()[:4] == ["1/2", "-", "-", "0.7000"]


def test_a_fold_without_a_figure_is_left_out_of_the_mean(capsys: pytest.CaptureFixture[str]) -> None:
    show_summary([FINISHED, replace(FINISHED, val_rmse=None), replace(FINISHED, val_rmse=0.85)], True)
    told = json.loads(capsys.readouterr().out)
    assert told["folds"] == 3
    assert told["rmse"]["mean"] == pytest.approx(0.9)
    assert told["rmse"]["deviation"] == pytest.approx(np.std([0.95, 0.85], ddof=1))
    show_summary([replace(FINISHED, val_rmse=None)], False)
    assert capsys.readouterr().out == "1 folds  RMSE - ± -  MAE 0.7000 ± -  damped means - ± -\n"


def test_json_is_one_event_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonView() as view:
        view.show(STARTED)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["split"]["unseen"]["items"]) == ("run_started", 7)


def test_the_baseline_stands_beside_folds_and_summary(capsys: pytest.CaptureFixture[str]) -> None:
    folds = [replace(FINISHED, baseline_rmse=0.9), replace(FINISHED, baseline_rmse=1.1)]
    away = Difference(rmse=-0.05, low=-0.07, high=0.01)
    show_summary(folds, False, away)
    lines = capsys.readouterr().out.splitlines()
    assert "damped means 1.0000 ± 0.1414" in lines[0]
    assert lines[1] == "against the baseline -0.0500 (95 % -0.0700 to +0.0100), no clear difference"
    show_summary(folds, True, away)
    told = json.loads(capsys.readouterr().out)
    assert told["baseline_rmse"]["mean"] == pytest.approx(1.0)
    assert (told["difference"], told["difference_high"]) == (-0.05, 0.01)
    assert told["verdict"] == "no clear difference"


def test_a_model_without_a_learning_rate_shows_none(capsys: pytest.CaptureFixture[str]) -> None:
    shown(
        replace(STARTED, unused=["learning_rate"]),
        replace(EPOCH, learning_rate=None),
        Refused(command="set_learning_rate", message="There is none."),
    )
    captured = capsys.readouterr()
    heading, row = captured.out.splitlines()[-2:]
    assert "learning rate" not in captured.out
    assert len(heading) == len(row.removesuffix(" *"))
    assert "There is none." in captured.err


def test_a_ranking_is_judged_by_more_being_better() -> None:
    ranked = replace(FINISHED, objective="ranking", difference_low=0.01, difference_high=0.02)
    assert ranked.verdict == "better"
    assert replace(ranked, objective="rating").verdict == "worse"
