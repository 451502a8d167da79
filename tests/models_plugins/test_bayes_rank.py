"""How many factors `bayes` takes: as many as the training ratings tell apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import core
from core import TrainingData
from core.protocol import PhaseChanged
from core.runs import read_config
from models_plugins.bayes._rank import telling_directions
from models_plugins.bayes._trainer import factors_for
from models_plugins.bayes.architecture import Bayes
from tests.support import make_ratings, write_csv

USERS, ITEMS = 400, 300


def planted(rank: int, noise: float = 0.5, share: float = 0.25, seed: int = 0) -> TrainingData:
    """Ratings with biases, `rank` tastes that differ in strength, and users who rate very much or little."""
    draws = np.random.default_rng(seed)
    activity = draws.lognormal(0, 0.7, USERS)
    shown = draws.random((USERS, ITEMS)) < np.minimum(1, share * activity / activity.mean())[:, None]
    users, items = np.nonzero(shown)
    strengths = np.linspace(1.2, 0.8, rank) / np.sqrt(max(rank, 1))
    tastes = (draws.normal(size=(USERS, rank)) * strengths) @ draws.normal(size=(rank, ITEMS))
    biases = draws.normal(0, 0.5, USERS)[:, None] + draws.normal(0, 0.5, ITEMS)
    targets = (tastes + biases)[users, items] + draws.normal(0, noise, len(users))
    return TrainingData(
        users.astype(np.int32), items.astype(np.int32), targets.astype(np.float32), USERS, ITEMS, mean=0.0
    )


@pytest.mark.parametrize("rank", [2, 5, 10, 15])
def test_planted_ranks_are_found(rank: int) -> None:
    assert abs(telling_directions(planted(rank)) - rank) <= 1


@pytest.mark.parametrize("seed", range(2))
def test_noise_tells_nothing(seed: int) -> None:
    assert telling_directions(planted(0, seed=seed)) <= 3


def test_neither_the_scale_nor_the_level_of_ratings_counts() -> None:
    data = planted(5)
    other = replace(data, targets=data.targets * np.float32(20) + np.float32(50))
    assert telling_directions(other) == telling_directions(data)


def test_fewer_and_noisier_ratings_tell_fewer_apart() -> None:
    assert telling_directions(planted(20, noise=3.0, share=0.08)) < 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3)])
def test_tables_too_small_for_any_direction_tell_none_beyond_their_size(shape: tuple[int, int]) -> None:
    users, items = (rows.ravel().astype(np.int32) for rows in np.indices(shape))
    alike = np.full(len(users), 3, np.float32)
    data = TrainingData(users, items, alike, *shape, mean=0.0)
    assert telling_directions(data) <= min(shape)
    assert telling_directions(replace(data, targets=np.arange(len(users), dtype=np.float32))) <= min(shape)


def test_factors_are_as_many_as_are_told_apart_within_bounds() -> None:
    assert factors_for(planted(0)) == 8
    assert factors_for(planted(10)) in (9, 10, 11)
    assert 24 < factors_for(planted(30, noise=0.1, share=0.5)) <= 32


def test_larger_tables_get_twelve_at_least_and_very_large_ones_no_more() -> None:
    assert factors_for(replace(planted(2), capacity=60_000)) == 12
    assert factors_for(replace(planted(30, noise=0.1, share=0.5), capacity=3_000_000)) == 12


def test_factors_asked_for_are_taken() -> None:
    assert Bayes().settled(planted(3), Bayes.Options.parse({"factors": 7})) == {}


def test_a_run_records_its_factors_and_goes_on_with_them(tmp_path: Path) -> None:
    heard: list[core.Event] = []
    write_csv(tmp_path / "ratings.csv", make_ratings())
    run = core.train(
        tmp_path / "ratings.csv",
        "bayes",
        options={"sweeps": 2},
        epochs=1,
        folder=tmp_path / "run",
        on_event=heard.append,
    )
    phases = [event.phase for event in heard if isinstance(event, PhaseChanged)]
    assert phases.index("settling options") < phases.index("compiling")
    assert read_config(run.folder).options["factors"] == 8
    assert read_config(core.resume(run.folder, epochs=2).folder).options["factors"] == 8
