from dataclasses import replace

import numpy as np
import pytest

from core.errors import UsageError
from core.model import HeldOut, held_out_by_means
from core.model.model import Model, RunFacts
from core.ranking import PerUser
from core.views import Table
from core.views.quality.comparison import Comparison, compare
from core.views.quality.differences import bootstrap_difference, pooled_difference
from tests.core.views.handmade import hand_model, without_ratings


def pairs_with(errors: np.ndarray, users: np.ndarray) -> HeldOut:
    truth = np.full(len(errors), 3, np.float32)
    return HeldOut(users, np.zeros(len(errors), np.int64), truth, (truth + errors).astype(np.float32))


def test_equal_predictions_differ_by_nothing() -> None:
    errors, users = np.random.default_rng(0).normal(size=500), np.repeat(np.arange(50), 10)
    difference = bootstrap_difference(pairs_with(errors, users), pairs_with(-errors, users))
    assert (difference.rmse, difference.low, difference.high) == pytest.approx((0, 0, 0), abs=1e-6)
    same = bootstrap_difference(pairs_with(errors, users), pairs_with(errors, users))
    assert same.verdict == "no clear difference"


def test_twice_the_error_is_clearly_worse_and_half_better() -> None:
    errors, users = np.random.default_rng(0).normal(size=500), np.repeat(np.arange(50), 10)
    worse = bootstrap_difference(pairs_with(errors, users), pairs_with(2 * errors, users))
    assert worse.low < worse.rmse < worse.high
    assert worse.rmse == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-5)
    assert worse.verdict == "worse"
    assert bootstrap_difference(pairs_with(errors, users), pairs_with(errors / 2, users)).verdict == "better"


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        users = np.repeat(np.arange(80), 5)
        first, other = generator.normal(size=400), 1.1 * generator.normal(size=400)
        found = bootstrap_difference(pairs_with(first, users), pairs_with(other, users), seed)
        covered += found.low <= 0.1 <= found.high
    assert covered >= 34


def named(model: Model, run: str, split_hash: str) -> Model:
    return replace(model, facts=RunFacts(run=run, split_hash=split_hash, seconds=1.5))


def test_runs_on_one_split_are_compared_with_the_first() -> None:
    better = hand_model(item_bias=np.reshape([0.1, 0.2, -0.3, -0.25, -0.3, 9], (6, 1)))
    first, second = compare([named(hand_model(), "a", "x"), named(better, "b", "x")], 10).runs
    assert first.difference is None and second.difference is not None
    assert second.difference.rmse == pytest.approx(second.rmse - first.rmse)  # type: ignore[operator]
    assert (second.run, second.seconds, second.not_comparable) == ("b", 1.5, "")


def test_another_split_is_not_comparable() -> None:
    _, other = compare([named(hand_model(), "a", "x"), named(hand_model(), "b", "y")], 10).runs
    assert "hashes differ" in other.not_comparable
    assert other.difference is None and other.rmse is not None


def test_a_run_without_its_table_is_not_comparable() -> None:
    gone = named(without_ratings(hand_model()), "b", "x")
    _, other = compare([named(hand_model(), "a", "x"), gone], 10).runs
    assert "gone" in other.not_comparable
    _, other = compare([gone, named(hand_model(), "a", "x")], 10).runs
    assert "first run's" in other.not_comparable


def test_other_runs_are_opened_by_name() -> None:
    others = {"b": named(hand_model(), "b", "x"), "c": named(hand_model(), "c", "y")}
    model = replace(named(hand_model(), "a", "x"), open_run=others.__getitem__)
    found = Comparison(runs=("b", "c"), k=3).answer(model)
    assert (found.k, [one.run for one in found.runs]) == (3, ["a", "b", "c"])
    assert [bool(one.difference) for one in found.runs] == [False, True, False]


def test_one_run_is_no_comparison() -> None:
    with pytest.raises(UsageError, match="two runs"):
        Comparison(runs=()).answer(hand_model())
    with pytest.raises(UsageError, match="knows of no other runs"):
        Comparison(runs=("b",)).answer(hand_model())


def test_every_run_stands_beside_its_baseline() -> None:
    model = named(hand_model(), "a", "x")
    first, _ = compare([model, named(hand_model(), "b", "x")], 10).runs
    means = held_out_by_means(model)
    assert first.baseline_rmse == pytest.approx(np.sqrt(np.mean(means.errors**2)))
    assert first.baseline_difference is not None and first.rmse is not None
    assert first.baseline_difference.rmse == pytest.approx(first.rmse - first.baseline_rmse)
    assert first.baseline_verdict == first.baseline_difference.verdict
    shown = list(Comparison.lines(compare([model, model], 10)))
    assert isinstance(shown[1], Table) and shown[1].rows[1][1] == "damped means, RMSE"


def test_folds_are_judged_together() -> None:
    generator = np.random.default_rng(0)
    errors, users = generator.normal(size=400), np.repeat(np.arange(40), 10)
    whole = bootstrap_difference(pairs_with(errors, users), pairs_with(errors / 2, users))
    halves = [
        (pairs_with(errors[half], users[half]), pairs_with(errors[half] / 2, users[half]))
        for half in (slice(None, 150), slice(150, None))
    ]
    assert pooled_difference(halves) == whole


def test_users_of_several_folds_count_once() -> None:
    def ranked(users: list[int], ndcg: list[float]) -> PerUser:
        none = np.zeros(len(users))
        return PerUser(np.array(users), np.zeros((len(users), 1), np.int64), np.array(ndcg), none, none, none)

    first = (ranked([0, 1], [0.0, 0.0]), ranked([0, 1], [0.3, 0.3]))
    second = (ranked([1, 2], [0.0, 0.0]), ranked([1, 2], [0.5, 0.35]))
    found = pooled_difference([first, second])
    assert found.value == pytest.approx(np.mean([0.3, 0.4, 0.35]))
    assert found.verdict == "better"
