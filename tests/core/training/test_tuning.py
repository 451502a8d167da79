from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.contract.plugins import load_plugins
from core.contract.settings import Resolved, resolve
from core.data import load_ratings
from core.data.ratings import Ratings
from core.errors import DivergenceError, UsageError
from core.protocol.events import Event, TrialFinished, Tuned
from core.training import tune
from core.training._prepare import prepare
from core.training._tune import _Trial, run_trials, sample_trials


def start(**settings: object) -> Resolved:
    options = {"factors": 4}
    return resolve(load_plugins().architecture("bias"), options=options, settings={"epochs": 8, **settings})


def test_a_search_drops_trials_and_returns_the_best() -> None:
    told: list[Event] = []
    poor = start(learning_rate=0.012)
    best = tune(load_ratings("demo"), poor, 4, told.append)
    trials = [event for event in told if isinstance(event, TrialFinished)]
    assert [event.epochs for event in trials] == [2] * 4 + [8] * 4
    (tuned,) = (event for event in told if isinstance(event, Tuned))
    chosen = {**best.options.to_dict(), "learning_rate": best.settings.learning_rate}
    assert tuned.gained and tuned.choices == chosen
    least = min(trials[4:], key=lambda event: event.tuning_rmse or 9)
    assert least.choices == chosen
    assert best.options != poor.options
    assert best.settings.epochs == 8
    assert best.settings.early_stopping == 0


def test_trials_side_by_side_reach_what_each_reaches_alone(ratings: Ratings) -> None:
    """Each keeps its own pulls, start and learning rate, and one that diverges harms no other."""
    prepared = prepare(ratings, start(early_stopping=1).settings)
    held = {"l2": 0.3, "prior": 20.0, "initial_spread": 0.2, "factors": 4}
    sgd = {"optimizer": "sgd", "epochs": 8}
    choices = [
        start(**sgd, learning_rate=0.01),
        resolve(load_plugins().architecture("bias"), options=held, settings={**sgd, "learning_rate": 0.03}),
        start(**sgd, learning_rate=500.0),
    ]
    trials = [_Trial(one) for one in choices]
    together = [trial.error for trial in run_trials(trials, prepared, 3)]
    alone = [run_trials([trial], prepared, 3)[0].error for trial in trials]
    assert together[:2] == pytest.approx(alone[:2], abs=1e-5)
    assert abs(together[0] - together[1]) > 1e-4
    assert together[2] == alone[2] == np.inf


def test_only_choices_of_one_shape_are_trained_together() -> None:
    from core.training.start import alike

    nn, options = load_plugins().architecture("nn"), {"factors": 4, "net_factors": 2, "hidden_units": 3}
    changed = [{}, {"l2": 0.5, "net_prior": 3.0}, {"dropout": 0.1}, {"factors": 5}, {"net_l2": 0.1}]
    choices = [resolve(nn, options={**options, **change}) for change in changed]
    assert alike(choices) == [[0, 1, 4], [2], [3]]


def test_the_held_out_part_has_no_say(ratings: Ratings) -> None:
    """Whatever the held-out ratings are, the same choices win."""
    held_out = prepare(ratings, start().settings).split.test
    spoiled = ratings.ratings.copy()
    spoiled[held_out] = np.where(spoiled[held_out] > 3, 0.5, 5)
    other = replace(ratings, ratings=spoiled)
    first, second = (tune(table, start(), 4, lambda event: None) for table in (ratings, other))
    assert (first.options, first.settings) == (second.options, second.settings)


def test_trials_stay_in_the_declared_ranges_and_repeat_by_seed() -> None:
    fields = {field.name: field.search for field in type(start().options).fields() if field.search}
    chosen = start()
    drawn = list(sample_trials(chosen, 50))
    for trial in drawn:
        values = trial.resolved.options.to_dict()
        for name, (low, high) in fields.items():
            assert low <= values[name] <= high or values[name] == chosen.options.to_dict()[name]
        assert values["initial_spread"] == start().options.to_dict()["initial_spread"]
    assert len({trial.resolved.options.to_dict()["l2"] for trial in drawn}) > 40
    sizes = [trial.resolved.options.to_dict()["factors"] for trial in drawn]
    assert sizes[:15] == [4] * 15 and len(set(sizes[15:31])) == 1 and len(set(sizes)) > 2
    assert drawn == list(sample_trials(chosen, 50))


def test_a_start_outside_a_range_takes_the_range_along_and_what_is_off_stays_off() -> None:
    """Rankings begin with more l2 than the range for ratings holds, and without priors."""
    chosen = start(objective="ranking")
    begun = chosen.options.to_dict()
    drawn = [trial.resolved.options.to_dict() for trial in sample_trials(chosen, 50)]
    l2 = [one["l2"] for one in drawn]
    assert begun["l2"] == 0.37 and min(l2) < 0.2 and max(l2) > 0.7
    assert begun["prior"] == 0 and {one["prior"] for one in drawn} == {0}


def test_one_trial_is_no_search_and_divergence_everywhere_is_said(ratings: Ratings) -> None:
    with pytest.raises(UsageError, match="two trials"):
        tune(ratings, start(), 1, lambda event: None)
    with pytest.raises(DivergenceError, match="Every trial diverged"):
        tune(ratings, start(optimizer="sgd", learning_rate=500.0), 2, lambda event: None)


def test_a_search_that_gains_nothing_leaves_the_choices_as_they_were(ratings: Ratings) -> None:
    """The table is noise, so that no option can beat another by more than chance."""
    generator = np.random.default_rng(8)
    noise = np.round(generator.uniform(1, 10, len(ratings))).astype(np.float32) / 2
    told: list[Event] = []
    best = tune(replace(ratings, ratings=noise), start(), 4, told.append)
    (tuned,) = (event for event in told if isinstance(event, Tuned))
    assert not tuned.gained
    assert best.options == start().options
    assert best.settings.learning_rate == start().settings.learning_rate


def likes(chance: np.ndarray) -> Ratings:
    """A table of who took what, by each pair's chance, shape (users, items)."""
    users, items = np.nonzero(np.random.default_rng(3).random(chance.shape) < chance)
    return load_ratings(pd.DataFrame({"user": users, "item": items}))


def tuned_ranking(table: Ratings, **options: object) -> tuple[Tuned, Resolved, Resolved]:
    """What a search under ranking says, what it started from and what it gives."""
    start = resolve(load_plugins().architecture("ease"), options=options, settings={"objective": "ranking"})
    told: list[Event] = []
    best = tune(table, start, 3, told.append)
    (said,) = (event for event in told if isinstance(event, Tuned))
    assert said.choices == best.options.to_dict()
    return said, start, best


def test_a_search_under_ranking_is_taken_where_it_gains() -> None:
    """Two halves of users take two halves of items, which the start learns with all their noise."""
    tastes = np.kron(np.eye(2), np.ones((30, 20))) * 0.45 + 0.05
    said, start, best = tuned_ranking(likes(tastes), l2=0.001)
    assert said.gained and best.options != start.options
    assert said.tuning_rmse is None and said.start_ndcg is not None and said.popularity_ndcg is not None
    assert (said.tuning_ndcg or 0) > said.start_ndcg >= said.popularity_ndcg - 0.02


def test_a_search_under_ranking_that_gains_nothing_leaves_the_choices_as_they_were() -> None:
    """Nothing but popularity is to be learnt, so nothing beats it."""
    said, start, best = tuned_ranking(likes(np.tile(np.linspace(0.6, 0.05, 30), (60, 1))))
    assert not said.gained and (best.options, best.settings) == (start.options, start.settings)
    assert said.tuning_ndcg == said.start_ndcg == said.popularity_ndcg
