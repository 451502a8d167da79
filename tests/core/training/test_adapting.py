"""What is learnt on carved parts: how long to train, how far to trust, and never from the held-out part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import Ratings, load_ratings, resume, train
from core.array_types import DoubleArray
from core.contract.settings import TrainingSettings
from core.protocol import Event, Finished, PhaseChanged, RunStarted
from core.runs import Run
from core.training import Controls
from core.training._adapting import Adaptation, _carve
from core.training._prepare import prepare
from core.training._sharing import Carving, trusted_share
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


@pytest.fixture(scope="module")
def on_noise(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Event]]:
    return trained(noise_table(), tmp_path_factory.mktemp("noise") / "run")


def test_on_noise_a_model_falls_back_to_damped_means(on_noise: tuple[Run, list[Event]]) -> None:
    run, heard = on_noise
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


def test_the_held_out_part_decides_nothing(tmp_path: Path, on_noise: tuple[Run, list[Event]]) -> None:
    table = noise_table()
    held_out = prepare(table, TrainingSettings.parse({})).split.test
    changed = table.ratings.copy()
    changed[held_out] = 0.5
    runs = [on_noise[0], trained(replace(table, ratings=changed), tmp_path / "run")[0]]
    assert runs[0].config.adaptation == runs[1].config.adaptation
    assert runs[0].config.scoring == runs[1].config.scoring
    for name, array in runs[0].model.weights.items():
        np.testing.assert_array_equal(array, runs[1].model.weights[name])


def test_parts_are_carved_out_of_training_and_small_tables_are_carved_often() -> None:
    table = make_ratings()
    split = prepare(table, TrainingSettings.parse({})).split
    parts = list(_carve(split, seed=42))
    assert len(parts) == 10
    carved = np.concatenate([tuning for _, tuning in parts])
    assert len(np.unique(carved)) == len(carved) and np.isin(carved, split.train).all()
    for train_rows, tuning in parts:
        assert not np.isin(tuning, train_rows).any()
        assert len(train_rows) + len(tuning) == len(split.train)


def test_of_a_large_table_few_are_carved_and_all_others_trained_on() -> None:
    split = replace(prepare(make_ratings(), TrainingSettings.parse({})).split, train=np.arange(2_000_000))
    ((train_rows, tuning),) = _carve(split, seed=42)
    assert len(tuning) == 100_000 and len(train_rows) == 1_900_000
    assert not np.isin(tuning, train_rows).any()


def test_who_says_how_long_gets_that(tmp_path: Path) -> None:
    run, heard = trained(make_ratings(), tmp_path / "run", epochs=3)
    assert run.config.adaptation == {} and run.model.scoring.share == 1
    assert next(event for event in heard if isinstance(event, RunStarted)).epochs == 3


def test_a_stop_while_learning_leaves_damped_means_and_a_run_that_learns_when_it_goes_on(
    tmp_path: Path, on_noise: tuple[Run, list[Event]]
) -> None:
    table, folder = noise_table(), tmp_path / "run"
    controls = Controls()
    controls.stop()
    run = train(table, "bias", controls=controls, folder=folder)
    assert run.summary is not None and run.summary["reason"] == "stopped" and run.summary["epochs"] == 0
    assert run.summary["val_rmse"] == pytest.approx(run.summary["baseline_rmse"], rel=0.05)
    assert run.evaluate().rmse == pytest.approx(run.summary["val_rmse"], abs=1e-6)

    (whole, _), gone_on = on_noise, resume(folder)
    assert gone_on.config.adaptation == whole.config.adaptation != {}
    assert gone_on.config.scoring == whole.config.scoring
    assert gone_on.val_rmse == whole.val_rmse is not None


def test_a_run_remembers_what_it_learnt(tmp_path: Path, on_noise: tuple[Run, list[Event]]) -> None:
    table, folder, (whole, _) = noise_table(), tmp_path / "run", on_noise
    controls = Controls()

    def stop_once(event: Event) -> None:
        if isinstance(event, RunStarted):
            controls.stop()

    stopped = train(table, "bias", controls=controls, on_event=stop_once, folder=folder)
    assert stopped.config.adaptation == whole.config.adaptation
    assert stopped.model.scoring.share == 0  # of weights that nothing has trained yet
    gone_on = resume(folder)
    assert gone_on.val_rmse == whole.val_rmse
    assert gone_on.model.scoring.share == Adaptation.from_dict(whole.config.adaptation).share


ONE, TEN = Carving(1, 0.1), Carving(10, 0.1)


def planted(slope: float, count: int = 2_000, seed: int = 3) -> tuple[DoubleArray, DoubleArray]:
    """Distances from damped means, of which predictions tell `slope` times themselves and chance the rest."""
    generator = np.random.default_rng(seed)
    predicted = generator.normal(0, 1, count)
    return slope * predicted + generator.normal(0, 1, count), predicted


@pytest.mark.parametrize(
    ("slope", "low", "high"),
    [(1.0, 0.9, 1.0), (0.5, 0.4, 0.6), (0.05, 0.0, 0.0), (0.0, 0.0, 0.0), (-1.0, 0.0, 0.0)],
)
def test_the_share_is_the_slope_that_was_planted_or_none_where_it_could_be_chance(
    slope: float, low: float, high: float
) -> None:
    assert low <= trusted_share(*planted(slope), ONE) <= high


def test_parts_that_overlap_say_less_than_one_of_as_many_ratings() -> None:
    one, ten = (trusted_share(*planted(0.1), carving) for carving in (ONE, TEN))
    assert 0 < ten < 0.6 * one


def test_an_uncertain_share_counts_less_than_fits_best_and_a_sure_one_as_much() -> None:
    """Half a share has three quarters of the gain, and half of the risk to lose on few new ratings."""
    uncertain = np.mean([trusted_share(*planted(0.15, 1_000, seed), TEN) for seed in range(100)])
    assert 0.2 * 0.15 < uncertain < 0.6 * 0.15
    assert trusted_share(*planted(0.15, 100_000), ONE) == pytest.approx(0.15, rel=0.05)
