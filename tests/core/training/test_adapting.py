"""What is learnt on carved parts: how long to train, how far to trust, and never from the held-out part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Ratings, load_ratings, train
from core.contract.settings import TrainingSettings
from core.protocol import Event, Finished, PhaseChanged, RunStarted
from core.runs import Run
from core.training import Controls
from core.training._adapting import Adaptation, _carve, _Epoch, _share
from core.training._prepare import prepare
from tests.support import make_ratings


def noise_table(users: int = 80, items: int = 60, per_user: int = 12) -> Ratings:
    """Ratings in which only users and items count: beyond damped means there is nothing to learn."""
    table = make_ratings(users, items, per_user)
    generator = np.random.default_rng(5)
    ratings = 3 + generator.normal(0, 0.7, users)[table.users] + generator.normal(0, 0.5, items)[table.items]
    drawn = np.clip(np.round(2 * (ratings + generator.normal(0, 1.0, len(table)))) / 2, 0.5, 5)
    return replace(table, ratings=drawn.astype(np.float32))


def trained(ratings: Any, folder: Path, **settings: Any) -> tuple[Run, list[Event]]:
    heard: list[Event] = []
    run = train(ratings, "bias", on_event=heard.append, folder=folder, **settings)
    return run, heard


def test_on_noise_a_model_falls_back_to_damped_means(tmp_path: Path) -> None:
    run, heard = trained(noise_table(), tmp_path / "run")
    finished = next(event for event in heard if isinstance(event, Finished))
    assert run.model.scoring.share < 0.35
    assert finished.val_rmse is not None and finished.baseline_rmse is not None
    assert finished.val_rmse < 1.01 * finished.baseline_rmse


def test_where_much_can_be_learnt_the_model_is_trusted(tmp_path: Path) -> None:
    run, heard = trained(load_ratings("demo"), tmp_path / "run")
    started = next(event for event in heard if isinstance(event, RunStarted))
    finished = next(event for event in heard if isinstance(event, Finished))
    assert run.model.scoring.share > 0.7
    assert started.epochs == started.adaptation["epochs"] == finished.epochs
    assert started.adaptation["tuning_rmse"] < started.adaptation["means_rmse"]
    assert finished.verdict == "better"
    assert any(event.phase == "learning how to train" for event in heard if isinstance(event, PhaseChanged))


def test_the_held_out_part_decides_nothing(tmp_path: Path) -> None:
    table = noise_table()
    held_out = prepare(table, TrainingSettings.parse({})).split.test
    changed = table.ratings.copy()
    changed[held_out] = 0.5
    runs = [
        trained(replace(table, ratings=ratings), tmp_path / name)[0]
        for name, ratings in (("a", table.ratings), ("b", changed))
    ]
    assert runs[0].config.adaptation == runs[1].config.adaptation
    assert runs[0].config.scoring == runs[1].config.scoring
    for name, array in runs[0].model.weights.items():
        np.testing.assert_array_equal(array, runs[1].model.weights[name])


def test_parts_are_carved_out_of_training_and_small_tables_are_carved_often() -> None:
    table = make_ratings()
    split = prepare(table, TrainingSettings.parse({})).split
    parts = list(_carve(table, split, seed=42))
    assert len(parts) == 5
    carved = np.concatenate([tuning for _, tuning in parts])
    assert len(np.unique(carved)) == len(carved) and np.isin(carved, split.train).all()
    for train_rows, tuning in parts:
        assert not np.isin(tuning, train_rows).any()
        assert len(train_rows) + len(tuning) == len(split.train)


def test_who_says_how_long_gets_that(tmp_path: Path) -> None:
    run, heard = trained(make_ratings(), tmp_path / "run", epochs=3)
    assert run.config.adaptation == {} and run.model.scoring.share == 1
    assert next(event for event in heard if isinstance(event, RunStarted)).epochs == 3


def test_a_stop_while_learning_ends_the_training_and_keeps_the_run(tmp_path: Path) -> None:
    controls = Controls()
    controls.stop()
    run = train(make_ratings(), "bias", controls=controls, folder=tmp_path / "run")
    assert run.summary is not None and run.summary["reason"] == "stopped" and run.summary["epochs"] == 0


def test_a_run_remembers_what_it_learnt(tmp_path: Path) -> None:
    table, folder = noise_table(), tmp_path / "run"
    whole, _ = trained(table, tmp_path / "whole")
    controls = Controls()

    def stop_once(event: Event) -> None:
        if isinstance(event, RunStarted):
            controls.stop()

    stopped = train(table, "bias", controls=controls, on_event=stop_once, folder=folder)
    assert stopped.config.adaptation == whole.config.adaptation
    assert Adaptation.from_dict(stopped.config.adaptation).share == stopped.model.scoring.share


@pytest.mark.parametrize(
    ("slope", "low", "high"),
    [(1.0, 0.9, 1.0), (0.5, 0.4, 0.6), (0.05, 0.0, 0.0), (0.0, 0.0, 0.0), (-1.0, 0.0, 0.0)],
)
def test_the_share_is_the_slope_that_was_planted_or_none_where_it_could_be_chance(
    slope: float, low: float, high: float
) -> None:
    generator = np.random.default_rng(3)
    predicted = generator.normal(0, 1, 2_000)
    truth = slope * predicted + generator.normal(0, 1, 2_000)
    assert low <= _share(_Epoch(truth, predicted)) <= high


def test_parts_that_overlap_say_less_than_one_of_as_many_ratings() -> None:
    generator = np.random.default_rng(3)
    predicted = generator.normal(0, 1, 2_000)
    epoch = _Epoch(0.1 * predicted + generator.normal(0, 1, 2_000), predicted, predicted, predicted)
    one, five = _share(epoch), _share(epoch, parts=5)
    assert 0.02 < five < 0.6 * one
