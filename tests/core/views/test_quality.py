from dataclasses import replace

import numpy as np
import pytest

from core.errors import RunError, UsageError
from core.model.held_out import HeldOut, held_out
from core.model.model import Model
from core.views.axes import benjamini_hochberg, named_axes, permutation_test
from core.views.comparison import bootstrap_difference, compare
from core.views.diagnosis import diagnose
from tests.core.views.handmade import hand_model, without_ratings


def test_the_held_out_part_is_predicted_with_fallbacks() -> None:
    pairs = held_out(hand_model())
    assert (pairs.users.tolist(), pairs.items.tolist(), pairs.truth.tolist()) == ([0, 2], [3, 0], [2, 5])
    assert pairs.predicted[0] == pytest.approx(2.75)


def test_diagnosis_slices_by_hand() -> None:
    model = hand_model()
    diagnosis, errors = diagnose(model), held_out(model).errors
    assert diagnosis.whole.rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert [(one.name, one.ratings) for one in diagnosis.by_user_activity] == [("0", 1), ("1–4", 1)]
    assert [one.name for one in diagnosis.by_rating] == ["2", "5"]
    assert diagnosis.by_rating[0].bias == pytest.approx(0.75)
    assert {one.name for one in diagnosis.by_genre} == {"Crime", "Horror", "Sci-Fi"}
    assert [one.user for one in diagnosis.worst] == ["cid", "ann"]
    assert sum(one.ratings for one in diagnosis.calibration) == 2


def test_diagnosis_needs_the_table() -> None:
    with pytest.raises(RunError, match="gone"):
        diagnose(without_ratings(hand_model()))


def pairs_with(errors: np.ndarray, users: np.ndarray) -> HeldOut:
    truth = np.full(len(errors), 3, np.float32)
    return HeldOut(users, np.zeros(len(errors), np.int64), truth, (truth + errors).astype(np.float32))


def test_equal_predictions_differ_by_nothing() -> None:
    errors, users = np.random.default_rng(0).normal(size=500), np.repeat(np.arange(50), 10)
    difference = bootstrap_difference(pairs_with(errors, users), pairs_with(-errors, users))
    assert (difference.rmse, difference.low, difference.high) == pytest.approx((0, 0, 0), abs=1e-6)
    assert bootstrap_difference(pairs_with(errors, users), pairs_with(errors, users)).verdict == (
        "no clear difference"
    )


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
    return replace(model, facts={"run": run, "split_hash": split_hash, "seconds": 1.5})


def test_runs_on_one_split_are_compared_with_the_first() -> None:
    better = hand_model(item_bias=np.reshape([0.1, 0.2, -0.3, -0.25, -0.3, 9], (6, 1)))
    first, second = compare([named(hand_model(), "a", "x"), named(better, "b", "x")])
    assert first.difference is None and second.difference is not None
    assert second.difference.rmse == pytest.approx(second.rmse - first.rmse)  # type: ignore[operator]
    assert (second.run, second.seconds, second.not_comparable) == ("b", 1.5, "")


def test_another_split_is_not_comparable() -> None:
    _, other = compare([named(hand_model(), "a", "x"), named(hand_model(), "b", "y")])
    assert "hashes differ" in other.not_comparable
    assert other.difference is None and other.rmse is not None


def test_a_run_without_its_table_is_not_comparable() -> None:
    gone = named(without_ratings(hand_model()), "b", "x")
    _, other = compare([named(hand_model(), "a", "x"), gone])
    assert "gone" in other.not_comparable
    _, other = compare([gone, named(hand_model(), "a", "x")])
    assert "first run's" in other.not_comparable


def test_one_run_is_no_comparison() -> None:
    with pytest.raises(UsageError, match="two runs"):
        compare([hand_model()])


def test_benjamini_hochberg_by_hand() -> None:
    q_values = benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5]))
    assert q_values == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_correlations_and_permuted_p_values() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(100, 1))
    features = np.hstack([values * 2 + 1, generator.normal(size=(100, 1)), np.ones((100, 1))])
    correlations, p_values = permutation_test(features, values)
    assert correlations[0, 0] == pytest.approx(1)
    assert correlations[1, 0] == pytest.approx(np.corrcoef(features[:, 1], values[:, 0])[0, 1])
    assert p_values[0, 0] == pytest.approx(1 / 2001)
    assert p_values[2, 0] == 1


def planted_model() -> Model:
    """200 items whose first factor is the year and whose second is noise."""
    generator = np.random.default_rng(0)
    model = hand_model()
    years = generator.integers(1950, 2000, 200)
    factors = np.stack([(years - 1975) / 10, generator.normal(0, 0.3, 200)], axis=1)
    table = replace(
        model.item_table,
        titles=tuple(map(str, range(200))),
        genres=((),) * 200,
        years=years.astype(np.int32),
    )
    baseline = replace(
        model.baseline, item_counts=generator.permutation(200) + 1, item_offsets=np.zeros(200, np.float32)
    )
    weights = {**model.weights, "table/item_factors": factors.astype(np.float32)}
    return replace(model, item_table=table, baseline=baseline, weights=weights)


def test_a_planted_axis_gets_its_name_and_noise_gets_none() -> None:
    first, second = named_axes(planted_model())
    assert {first.high.split(" · ")[0], first.low.split(" · ")[0]} == {"newer", "older"}
    assert first.features[0].feature == "year"
    assert abs(first.features[0].correlation) > 0.99
    assert (second.high, second.low, second.features) == ("", "", ())


def test_pure_noise_is_rarely_significant() -> None:
    generator = np.random.default_rng(0)
    found = 0
    for _ in range(20):
        _, p_values = permutation_test(generator.normal(size=(60, 5)), generator.normal(size=(60, 2)))
        found += bool((benjamini_hochberg(p_values.ravel()) <= 0.05).any())
    assert found <= 4


def test_items_without_properties_have_no_names() -> None:
    model = planted_model()
    table = replace(model.item_table, years=np.zeros(200, np.int32))
    baseline = replace(model.baseline, item_counts=np.ones(200, np.int64))
    axes = named_axes(replace(model, item_table=table, baseline=baseline))
    assert [axis.features for axis in axes] == [(), ()]
