"""What a verdict concludes, from standings made by hand, and that its intervals cover what they should."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from core.verdict import Away, Part, Standing, conclude, reversals
from core.verdict.answer import Pair, cells
from core.verdict.standings import Judged, parts_of
from core.views.quality import resampled_means, resampled_rmse


def part(
    split: str, figures: dict[str, float], noise: float, measure: str = "RMSE", users: int = 100
) -> Part:
    """Standings whose differences all have intervals of ± noise."""
    ordered = sorted(figures, key=lambda name: figures[name] * (1 if measure == "RMSE" else -1))
    baseline = "damped means" if measure == "RMSE" else "popularity"

    def away(first: str, other: str) -> Away:
        difference = figures[other] - figures[first]
        return Away(difference=difference, low=difference - noise, high=difference + noise)

    return Part(
        split=split,
        measure=measure,
        split_hash="0" * 16,
        users=users,
        rows=1000,
        baseline=baseline,
        standings=tuple(
            Standing(
                name=name,
                figure=figures[name],
                low=figures[name] - noise,
                high=figures[name] + noise,
                from_baseline=None if name == baseline else away(baseline, name),
                from_best=None if name == ordered[0] else away(ordered[0], name),
            )
            for name in ordered
        ),
        pairs=tuple(Pair(first=a, other=b, away=away(a, b)) for a, b in combinations(figures, 2)),
    )


def test_an_order_that_holds_is_said_to() -> None:
    figures = {"damped means": 0.9, "bias": 0.87, "bayes": 0.83}
    told = conclude([part("random", figures, 0.01), part("time", figures, 0.01)])
    assert told[0].startswith(
        "RMSE, random: bayes is best with 0.8300, 7.8% below damped means (0.9000; clearly"
    )
    assert told[0].endswith("all others lie clearly behind.")
    assert told[2] == "RMSE: the order holds: no pair turns round beyond noise, and bayes is best everywhere."
    assert told[3].startswith("So to predict ratings, take bayes: it leads or ties on every split")


def test_splits_that_say_nothing_are_in_no_conclusion() -> None:
    figures = {"damped means": 0.9, "bias": 0.87, "bayes": 0.83}
    few = part("time", figures, 0.01, users=3)
    told = conclude([part("random", figures, 0.01), few, part("newcomers", figures, 0.01)])
    assert told[1] == "RMSE, time: 3 users are too few to conclude anything."
    assert told[3].endswith("and bayes is best on every split with users enough.")
    assert "it leads or ties on every split with users enough, and it clearly beats" in told[4]
    assert not any("better" in cell for row in cells(few) for cell in row)
    near = conclude([part(split, figures, 0.2) for split in ("random", "time")])
    assert near[2].endswith("and bayes comes first everywhere, within noise.")


def test_an_order_that_turns_round_is_told_with_both_sizes() -> None:
    one = part("random", {"popularity": 0.2, "ease": 0.35, "bpr": 0.30}, 0.01, "nDCG@10")
    two = part("time", {"popularity": 0.1, "ease": 0.11, "bpr": 0.16}, 0.02, "nDCG@10")
    (turned,) = reversals([one, two])
    assert (turned.first, turned.other, turned.split, turned.elsewhere) == ("ease", "bpr", "random", "time")
    assert (turned.ahead, turned.behind) == (pytest.approx(0.05), pytest.approx(0.05))
    told = " ".join(conclude([one, two]))
    assert "ease is ahead of bpr on random (by 0.0500) and behind it on time (by 0.0500)" in told
    assert (
        "take bpr: it leads or ties on 1 of 2 splits, and it clearly beats popularity on every split" in told
    )


def test_noise_reverses_nothing_and_nothing_beats_what_is_within_it() -> None:
    one = part("random", {"damped means": 0.90, "bias": 0.895}, 0.02)
    two = part("time", {"damped means": 0.90, "bias": 0.905}, 0.02)
    assert reversals([one, two]) == ()
    told = conclude([one, two])
    assert "within noise of it: damped means" in told[0]
    assert "nothing beats that baseline; within noise of it: bias" in told[1]
    assert (
        told[-1]
        == "So to predict ratings, nothing clearly beats damped means here: take that, it costs nothing."
    )


def test_too_few_users_conclude_nothing() -> None:
    few = part("time", {"damped means": 0.9, "bias": 0.5}, 0.01, users=3)
    many = part("random", {"damped means": 0.9, "bias": 0.95}, 0.01)
    told = conclude([many, few])
    assert told[1] == "RMSE, time: 3 users are too few to conclude anything."
    assert "one split" in told[2]
    assert reversals([many, few]) == ()


def test_differences_are_paired_by_user() -> None:
    """Users differ far more than the models do; the paired interval is narrow all the same."""
    generator = np.random.default_rng(0)
    users = np.repeat(np.arange(80), 10)
    level = np.repeat(generator.gamma(1.0, 1.0, 80), 10)
    judged = Judged("random", "x", users, {"damped means": level * 1.1, "bias": level, "dot": level * 1.3})
    (found,) = parts_of(judged, {"RMSE": "damped means", "nDCG@10": "popularity"}, {"bias": 2.0}, {})
    assert [one.name for one in found.standings] == ["bias", "damped means", "dot"]
    assert found.standing("bias").seconds == 2.0
    away = found.standing("bias").from_baseline
    assert away.clear
    assert away.high - away.low < 0.3 * (found.best.high - found.best.low)
    assert away.difference == pytest.approx(np.sqrt(level.mean()) - np.sqrt(1.1 * level.mean()))


@pytest.mark.parametrize("measure", ["rmse", "mean"])
def test_intervals_cover_the_truth_as_often_as_they_say(measure: str) -> None:
    """Made data whose true difference is known: 95 % of the intervals hold it, give or take chance."""
    generator, held, times = np.random.default_rng(4), 0, 150
    for _ in range(times):
        own = generator.normal(0, 1, (60, 1))
        if measure == "rmse":
            users = np.repeat(np.arange(60), 8)
            noise = generator.normal(0, 1, (480, 2)) * np.array([1.0, 1.2]) * np.exp(0.3 * own[users])
            drawn, truth = resampled_rmse(users, np.square(noise)), 0.2 * np.exp(0.09)
        else:
            drawn, truth = resampled_means(own + generator.normal(0, 0.5, (60, 2)) + np.array([0, 0.1])), 0.1
        low, high = np.percentile(drawn[:, 1] - drawn[:, 0], [2.5, 97.5])
        held += low <= truth <= high
    assert 0.87 <= held / times <= 0.99


def test_a_single_user_has_one_sample() -> None:
    assert resampled_rmse(np.zeros(3, int), np.array([[1.0], [4.0], [4.0]])).tolist() == [[3**0.5]]
