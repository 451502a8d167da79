"""Predictions as distributions over the steps of the scale."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import load_ratings, train
from core.contract import Architecture
from core.data import RatingScale, split_ratings
from core.errors import RunError, UsageError
from core.model.steps import COVERAGES, RatingSteps, coverage, learn_steps, places
from core.model.steps.rating_steps import normal_below
from core.runs import Run
from core.views.prediction import Predict
from tests.core.views.handmade import Splittable, hand_model
from tests.support import command, make_ratings

STARS = RatingScale(1, 5, 1)
CUTS = (1.2, 2.1, 3.6, 4.2)
PLANTED = RatingSteps(values=(1, 2, 3, 4, 5), cuts=CUTS, spread=0.8)


def planted(count: int, seed: int = 0) -> tuple[Any, Any, Any]:
    """Raw predictions, their own deviations, and ratings drawn around them between planted cuts."""
    generator = np.random.default_rng(seed)
    raw, own = generator.normal(3.2, 0.8, count), generator.uniform(0.5, 1.5, count)
    drawn = raw + PLANTED.spread * own * generator.standard_normal(count)
    return raw, own, 1.0 + np.searchsorted(CUTS, drawn)


def test_planted_cuts_and_spread_are_found_again() -> None:
    found = learn_steps(STARS, *planted(20_000))
    assert found is not None and found.values == PLANTED.values
    np.testing.assert_allclose(found.cuts, CUTS, atol=0.05)
    assert found.spread == pytest.approx(0.8, abs=0.02)
    alike = learn_steps(STARS, planted(20_000)[0], None, planted(20_000)[2])
    assert alike is not None and alike.spread == pytest.approx(0.8, abs=0.15)


def test_probabilities_are_the_shares_of_ratings_so_drawn() -> None:
    raw, own = np.full(100_000, 3.3), np.full(100_000, 1.2)
    drawn = raw + PLANTED.spread * own * np.random.default_rng(1).standard_normal(len(raw))
    shares = np.bincount(np.searchsorted(CUTS, drawn), minlength=5) / len(raw)
    likely = PLANTED.probabilities(raw[:2], own[:2])
    np.testing.assert_allclose(likely[0], shares, atol=0.005)
    np.testing.assert_allclose(likely.sum(axis=1), 1)


def test_intervals_cover_what_they_say_and_too_narrow_ones_less() -> None:
    raw, own, ratings = planted(20_000, seed=2)
    rated = PLANTED.nearest(ratings)
    true = places(PLANTED.probabilities(raw, own), rated)
    narrow = places(replace(PLANTED, spread=0.4).probabilities(raw, own), rated)
    for share in COVERAGES:
        assert coverage(true, share) == pytest.approx(share, abs=0.01)
        assert coverage(narrow, share) < share - 0.05


def test_heavy_tails_are_found_and_covered() -> None:
    generator = np.random.default_rng(4)
    raw, own = generator.normal(3, 0.5, 20_000), generator.uniform(0.5, 1.5, 20_000)
    drawn = raw + own * 0.7 * np.exp(
        np.where(generator.random(20_000) < 0.5, 0.6, -0.6)
    ) * generator.standard_normal(20_000)
    ratings = 1.0 + np.searchsorted(CUTS, drawn)
    found = learn_steps(STARS, raw, own, ratings)
    assert found is not None and 0.4 <= found.tail <= 0.8
    covered = places(found.probabilities(raw, own), found.nearest(ratings))
    assert [coverage(covered, share) for share in COVERAGES] == pytest.approx(COVERAGES, abs=0.01)


def test_the_normal_distribution_is_python_s() -> None:
    values = np.linspace(-12, 6, 200)
    exact = [0.5 * math.erfc(-value / math.sqrt(2)) for value in values]
    np.testing.assert_allclose(normal_below(values), exact, rtol=3e-7)
    assert normal_below(np.array([-np.inf, np.inf])).tolist() == [0, 1]


@pytest.mark.parametrize("count", [1, 2, 5, 19, 20, 60])
def test_few_ratings_and_ratings_all_alike_leave_cuts_in_order(count: int) -> None:
    raw, own, ratings = planted(count)
    for rated in (ratings, np.full(count, 5.0), raw.round().clip(1, 5)):
        found = learn_steps(STARS, raw, own, rated)
        assert found is not None and found.spread > 0
        assert (np.diff(found.cuts) > 0).all() and np.isfinite(found.probabilities(raw, own)).all()
    exact = learn_steps(STARS, np.full(count, 3.0), None, np.full(count, 3.0))
    assert exact is not None and exact.probabilities(np.array([3.0]))[0, 2] > 0.9


def test_a_scale_without_steps_or_with_too_many_has_no_distribution() -> None:
    for scale in (RatingScale(0, 1), RatingScale(0, 100, 1), RatingScale(3, 3, 1)):
        assert learn_steps(scale, *planted(50)) is None


class Sure(Splittable):
    """Tells its uncertainty."""

    name = "sure"

    def uncertainty(self, rows: Any, options: Any) -> Any:
        return np.full(len(rows["user_bias"]), 0.5, np.float32)


@pytest.mark.parametrize(
    ("architecture", "changes", "said"),
    [
        (Splittable(), {}, "no distribution was learnt"),
        (Splittable(), {"objective": "ranking"}, "ranks"),
        (Sure(), {"scale": RatingScale(0.5, 5.0)}, "has no steps"),
    ],
)
def test_where_there_is_no_distribution_it_says_why(
    architecture: Architecture, changes: dict[str, Any], said: str
) -> None:
    model = replace(hand_model(), architecture=architecture)
    if "scale" in changes:
        model = replace(model, baseline=replace(model.baseline, **changes))
    else:
        model = replace(model, **changes)
    told = Predict(user="ann", item=12, distribution=True).answer(model)
    assert told.distribution == () and said in told.undistributed


def test_an_architecture_that_knows_how_sure_it_is_needs_nothing_learnt() -> None:
    model = replace(hand_model(), architecture=Sure())
    told = Predict(user="ann", item=12, distribution=True).answer(model)  # raw 3.95, 0.5 to either side
    assert max(told.distribution, key=lambda one: one.probability).rating == 4
    assert sum(one.probability for one in told.distribution) == pytest.approx(1)
    assert Predict(user="ann", item=12).answer(model).distribution == ()
    idle = replace(model, scoring=replace(model.scoring, share=0.0))
    assert Predict(user="ann", item=12).answer(idle).deviation is None
    unknown = Predict(user="nobody", item=12, distribution=True).answer(model)
    assert unknown.distribution == () and "fallback" in unknown.undistributed


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("steps") / "run"
    train(make_ratings(60, 50, 25), "bias", folder=folder)
    return folder


def test_a_training_learns_it_and_the_command_shows_it(learnt: Path) -> None:
    run = Run.open(learnt)
    assert run.model.steps is not None and run.model.steps.to_dict() == run.config.adaptation["steps"]
    user, item = run.model.users.identifier(0), run.model.items.identifier(0)
    told = json.loads(
        command("predict", str(learnt), str(user), str(item), "--distribution", "--json").stdout
    )
    assert sum(one["probability"] for one in told["distribution"]) == pytest.approx(1)
    text = command("predict", str(learnt), str(user), str(item), "--distribution").stdout.splitlines()
    assert len(text) == 1 + len(told["distribution"]) and any("█" in line for line in text)
    assert run.predict(user, item, distribution=True).distribution
    with pytest.raises(UsageError, match="not of a frame"):
        run.predict([], None, distribution=True)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cuts", [1, 2]),
        ("cuts", [5, 4, 3, 2, 1, 0.9, 0.8, 0.7, 0.6]),
        ("values", "abc"),
        ("spread", 0),
        ("spread", -1),
        ("spread", 1e308),
        ("values", [1e300] * 10),
    ],
)
def test_damaged_steps_are_damage(learnt: Path, tmp_path: Path, name: str, value: object) -> None:
    run = Path(shutil.copytree(learnt, tmp_path / "run"))
    config = json.loads((run / "config.json").read_text())
    config["adaptation"]["steps"][name] = value
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(RunError, match=r"damaged.*adaptation\.steps"):
        Run.open(run)


@pytest.mark.slow
def test_the_demo_s_distributions_are_as_wide_as_they_say(trained_once: Any) -> None:
    run = Run.open(trained_once("demo", "bias"))
    table, steps = load_ratings("demo"), run.model.steps
    assert steps is not None
    held_out = split_ratings(table).test
    users, items = table.users[held_out], table.items[held_out]
    known = run.model.baseline.known(users, items)
    raw = run.model.scorer.raw(users[known], items[known])
    found = places(steps.probabilities(raw), steps.nearest(table.ratings[held_out][known]))
    assert [coverage(found, share) for share in COVERAGES] == pytest.approx(COVERAGES, abs=0.02)
