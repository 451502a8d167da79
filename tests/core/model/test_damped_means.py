"""Damped means against loops, and what they learn from tables whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.model.baseline import rmse
from core.model.damped_means import _Fit, learn_damped_means, plain_damped_means

COUNTS = (300, 200)


def planted(user_spread: float, item_spread: float, noise: float, ratings: int = 12_000) -> tuple:
    generator = np.random.default_rng(4)
    users, items = (generator.integers(count, size=ratings) for count in COUNTS)
    truth = 3 + generator.normal(0, user_spread, COUNTS[0])[users]
    truth += generator.normal(0, item_spread, COUNTS[1])[items]
    return users, items, (truth + generator.normal(0, noise, ratings)).astype(np.float32)


def test_plain_means_equal_a_loop_over_rows() -> None:
    users, items, ratings = planted(0.5, 0.5, 1.0, ratings=800)
    mean = ratings.astype(float).mean()
    added = {"user": np.zeros(COUNTS[0]), "item": np.zeros(COUNTS[1])}
    for _ in range(15):
        for side, rows, other, across in (("item", items, "user", users), ("user", users, "item", items)):
            for row in range(len(added[side])):
                chosen = rows == row
                left = ratings[chosen] - mean - added[other][across[chosen]]
                added[side][row] = left.sum() / (chosen.sum() + 5)
    found = plain_damped_means(users, items, ratings, COUNTS)
    assert found.mean == pytest.approx(mean)
    np.testing.assert_allclose(found.user_offsets, added["user"], atol=1e-3)
    np.testing.assert_allclose(found.item_offsets, added["item"], atol=1e-3)


def test_errors_of_ratings_left_out_equal_a_loop() -> None:
    users, items, ratings = planted(0.5, 0.5, 1.0, ratings=400)
    fit = _Fit(users, items, ratings, COUNTS)
    fit.sweep((5.0, 3.0))
    reckoned = fit._left_out(0, (5.0, 3.0))(2.0)
    with_item = np.bincount(items, minlength=COUNTS[1])[items] + 3.0
    own = fit.offsets[0][users]
    alone = (ratings.astype(float) - fit.mean - fit.offsets[1][items] - own) * with_item / (
        with_item - 1
    ) + own
    expected = np.zeros(COUNTS[0])
    for at, user in enumerate(users):
        others = (users == user) & (np.arange(len(users)) != at)
        expected[user] += (alone[at] - alone[others].sum() / (others.sum() + 2.0)) ** 2
    np.testing.assert_allclose(reckoned, expected[np.bincount(users, minlength=COUNTS[0]) > 0], rtol=1e-5)


def test_a_small_table_keeps_near_the_usual_dampings() -> None:
    """Of 40 tables of 200 ratings where 5 is right, hardly any gets another damping by chance."""
    generator = np.random.default_rng(0)
    spread, away = (1 / 5) ** 0.5, []
    for _ in range(40):
        users, items = generator.integers(40, size=200), generator.integers(30, size=200)
        offsets = generator.normal(0, spread, 40), generator.normal(0, spread, 30)
        ratings = 3 + offsets[0][users] + offsets[1][items] + generator.normal(0, 1, 200)
        away += learn_damped_means(users, items, ratings.astype(np.float32), (40, 30)).dampings
    assert np.median(np.abs(np.log(np.array(away) / 5))) < np.log(1.5)


@pytest.mark.parametrize(("user_spread", "item_spread"), [(0.5, 0.2), (0.2, 0.6), (0.4, 0.4)])
def test_dampings_and_noise_are_those_that_were_planted(user_spread: float, item_spread: float) -> None:
    found = learn_damped_means(*planted(user_spread, item_spread, 0.8), COUNTS)
    assert found.noise == pytest.approx(0.8, rel=0.05)
    assert found.dampings[0] == pytest.approx((0.8 / user_spread) ** 2, rel=0.3)
    assert found.dampings[1] == pytest.approx((0.8 / item_spread) ** 2, rel=0.3)


def test_a_side_that_adds_nothing_is_damped_away() -> None:
    found = learn_damped_means(*planted(0.5, 0.0, 0.8), COUNTS)
    assert np.abs(found.item_offsets).max() < 0.1 * np.abs(found.user_offsets).max()


def test_learnt_means_predict_new_ratings_better_than_plain_ones() -> None:
    users, items, ratings = planted(0.9, 0.1, 1.0, ratings=3_000)
    train, test = slice(0, 2_000), slice(2_000, None)
    errors = []
    for fit in (plain_damped_means, learn_damped_means):
        means = fit(users[train], items[train], ratings[train], COUNTS)
        errors.append(rmse(means.predict(users[test], items[test]), ratings[test]))
    assert errors[1] < errors[0] - 0.005


def test_one_rating_and_equal_ratings_give_finite_means() -> None:
    one = learn_damped_means(np.array([0]), np.array([0]), np.array([4.0], np.float32), (2, 2))
    assert one.predict(np.array([0, 1]), np.array([0, 1])) == pytest.approx([4, 4])
    users = items = np.arange(50)
    equal = learn_damped_means(users, items, np.full(50, 2.0, np.float32), (50, 50))
    assert np.isfinite(equal.user_offsets).all() and equal.predict(users, items) == pytest.approx(2.0)


def test_rows_of_one_rating_each_say_nothing_of_their_damping() -> None:
    generator = np.random.default_rng(2)
    items = generator.integers(20, size=600)
    ratings = (3 + generator.normal(0, 1, 20)[items] + generator.normal(0, 1, 600)).astype(np.float32)
    for turned in (False, True):
        sides, counts = (np.arange(600), items), (600, 20)
        found = learn_damped_means(
            *(sides[::-1] if turned else sides), ratings, counts[:: -1 if turned else 1]
        )
        assert found.dampings[int(turned)] == 5.0
