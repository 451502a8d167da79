"""Figures that could flatter: baselines of newcomers, updates after a cut in time, few users, tiny tables."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from core.contract import Architecture
from core.contract.plugins import check_architecture
from core.data import split_ratings
from core.errors import PluginError, UsageError
from core.model import held_out_by_means, rmse
from core.options import ArchitectureOptions, option
from core.protocol import interval_told, verdict_of
from core.ranking import share_interval
from core.views.quality import resampled_means, resampled_rmse
from tests.support import make_ratings

SMALL: dict[str, Any] = {"options": {"factors": 2}, "epochs": 2, "adapt": False}


def frame(timed: bool = False, seed: int = 0) -> pd.DataFrame:
    table = make_ratings(users=30, items=20, per_user=12, seed=seed)
    columns = {
        "user": table.user_vocabulary.ids[table.users],
        "item": table.item_vocabulary.ids[table.items],
        "rating": table.ratings,
    }
    moments = {"time": 1_500_000_000 + 1000 * np.arange(len(table))} if timed else {}
    return pd.DataFrame({**columns, **moments})


def test_newcomers_are_compared_with_means_that_know_what_they_gave(tmp_path: Path) -> None:
    run = core.train(frame(), "bias", folder=tmp_path / "run", split="newcomers", **SMALL)
    told, measured = (run.summary or {})["baseline_rmse"], run.evaluate()
    assert measured.baseline_rmse == pytest.approx(told, abs=1e-6)
    means = held_out_by_means(run.model)
    assert rmse(means.predicted, means.truth) == pytest.approx(told, abs=1e-6)


def test_an_update_after_a_cut_in_time_says_what_it_knows(tmp_path: Path) -> None:
    whole = frame(timed=True)
    run = core.train(whole[:-30], "bias", folder=tmp_path / "run", split="time", **SMALL)
    assert run.config.leak == ""
    updated = run.update(whole[-30:])
    assert "from after those held out" in updated.config.leak
    assert updated.evaluate().leak == updated.config.leak


def test_interactions_have_no_errors(tmp_path: Path) -> None:
    run = core.train(frame(), "bias", folder=tmp_path / "run", **SMALL)
    with pytest.raises(UsageError, match="interactions"):
        run.evaluate(frame()[["user", "item"]])


def test_one_user_gives_no_interval_and_no_verdict() -> None:
    assert verdict_of(-0.2, -0.2) == "no clear difference"
    assert verdict_of(-0.3, -0.2) == "better"

    assert interval_told(-0.2, -0.2) == "of one user: no interval"
    assert interval_told(0.0, 0.0) == "95 % +0.0000 to +0.0000"  # many users who are ranked for alike
    assert verdict_of(0.0, 0.0) == "no clear difference"


def test_shares_of_few_users_stay_between_none_and_all() -> None:
    found = share_interval(np.array([0.0, 1.0]))
    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_table_of_its_own_is_compared_with_means_that_know_as_much_as_the_model(tmp_path: Path) -> None:
    run = core.train(frame(), "bias", folder=tmp_path / "run", split="newcomers", **SMALL)
    train, given = run.model.rated.in_training, run.model.rated.given
    assert given.any()
    theirs = frame()[~train]
    table = core.load_ratings(theirs)
    trained = core.load_ratings(frame()[train])
    means = trained.ratings.mean()
    told = run.evaluate(table)
    assert told.fallbacks == len(theirs)
    assert told.baseline_rmse == pytest.approx(rmse_of_items(frame()[train], theirs, means), abs=0.02)


def rmse_of_items(train: pd.DataFrame, asked: pd.DataFrame, mean: float) -> float:
    """RMSE by items' offsets alone, roughly damped: who is asked for is not known."""
    left = (train.rating - mean).groupby(train.item).agg(["sum", "count"])
    offsets = left["sum"] / (left["count"] + 5)
    guessed = mean + asked.item.map(offsets).fillna(0.0)
    return float(np.sqrt(np.mean((guessed - asked.rating) ** 2)))


@pytest.mark.parametrize(("users", "most"), [(2, 0.12), (3, 0.12), (5, 0.12), (10, 0.12)])
def test_equals_are_seldom_told_apart_by_few_users(users: int, most: float) -> None:
    """Twenty rows of each user by two ways that err alike: differences are found as seldom as promised."""
    draws, wrong = np.random.default_rng(users), 0
    owners = np.repeat(np.arange(users), 20)
    for trial in range(200):
        squares = np.square(draws.normal(size=(len(owners), 2)) + draws.normal(size=(users, 2))[owners])
        away = np.diff(resampled_rmse(owners, squares, seed=trial), axis=1)
        wrong += not np.percentile(away, 2.5) <= 0 <= np.percentile(away, 97.5)
    assert wrong / 200 <= most


def test_means_of_few_users_are_drawn_apart_and_of_many_are_not() -> None:
    few, many = np.arange(4.0)[:, None], np.arange(40.0)[:, None]
    spread = float(np.std(resampled_means(few)))
    assert spread > 1.5 * float(np.std(few)) / 2
    assert float(np.std(resampled_means(many))) == pytest.approx(float(np.std(many)) / 40**0.5, rel=0.1)


def test_bayes_is_not_led_astray_by_a_few_ratings_of_chance(tmp_path: Path) -> None:
    away = []
    for seed in range(3):
        draws = np.random.default_rng(seed)
        cells = draws.permutation(48)[:30]
        ratings = draws.integers(1, 6, 30).astype(float)
        table = pd.DataFrame({"user": cells // 6, "item": cells % 6, "rating": ratings})
        summary = core.train(table, "bayes", folder=tmp_path / str(seed)).summary or {}
        away.append(summary["val_rmse"] - summary["baseline_rmse"])
    assert np.mean(away) < 0.05  # .2 where such tables are trusted in full


def test_a_run_can_be_pickled_once_it_has_been_asked(tmp_path: Path) -> None:
    run = core.train(frame(), "bias", folder=tmp_path / "run", **SMALL)
    asked = run.predict(*(run.model.users.identifier(0), run.model.items.identifier(0)))
    again = pickle.loads(pickle.dumps(run))
    assert again.predict(asked.user, asked.item).rating == asked.rating


@pytest.mark.parametrize(("given", "told"), [({"seed": -1}, "-1"), ({"seed": 1.5}, "1.5")])
def test_a_split_takes_a_seed_that_is_one(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        split_ratings(make_ratings(), **given)
    with pytest.raises(UsageError, match="takes a table, not a DataFrame"):
        split_ratings(frame())  # type: ignore[arg-type]


def architecture(**defaults: Any) -> type[Architecture]:
    fields = {name: option(default=value, help="A number.", minimum=1) for name, value in defaults.items()}
    types = {"__annotations__": dict.fromkeys(defaults, "int"), "__module__": __name__}
    options = type("Options", (ArchitectureOptions,), {**fields, **types})

    def build(self: Any, user: Any, item: Any, options: Any) -> Any:
        return user.embed("4") + item.embed(1)

    return type("Odd", (Architecture,), {"name": "odd", "Options": options, "build": build})


def test_defaults_that_nobody_could_give_are_refused() -> None:
    check_architecture(architecture(units=4))
    for default in ("many", None, 0):
        with pytest.raises(PluginError, match="Options.units: its default can't be given"):
            check_architecture(architecture(units=default))
