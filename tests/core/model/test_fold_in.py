from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.api import load_run, train
from core.data import load_ratings, split_ratings
from core.model.baseline import rmse
from core.model.fold_in import FoldedUser, Folder, user_prior
from core.model.model import Model
from core.model.rated import RatedTable
from tests.core.views.handmade import hand_model

FOUR_USERS = {"user_factors": [[1, 1], [-1, 0.5], [9, 9]], "user_bias": [[0.25], [-0.5], [9]]}


def user_tables(model: Model) -> dict[str, np.ndarray]:
    return {name: model.scorer.tables[name] for name in ("user_factors", "user_bias")}


def ridge_by_hand(model: Model, items: list[int], ratings: list[float]) -> np.ndarray:
    """Weighted normal equations written out: bias first, as the tables are in order of name."""
    prior = user_prior(model, user_tables(model))
    factors, biases = model.weights["table/item_factors"], model.weights["table/item_bias"][:, 0]
    design = np.hstack([np.ones((len(items), 1)), factors[items]])
    targets = np.array(ratings) - 3 - biases[items]
    system = design.T @ design / prior.noise + np.linalg.inv(prior.covariance)
    right = design.T @ targets / prior.noise + np.linalg.inv(prior.covariance) @ prior.mean
    return np.linalg.solve(system, right)


def test_the_prior_is_that_of_trained_users_alone() -> None:
    model = hand_model(**FOUR_USERS)
    prior = user_prior(model, user_tables(model))
    assert prior.widths == (("user_bias", 1), ("user_factors", 2))
    assert prior.mean == pytest.approx([-0.125, 0, 0.75])
    assert np.diag(prior.covariance) == pytest.approx([0.28125, 2, 0.125], abs=2e-3)


@pytest.mark.parametrize(("items", "ratings"), [([0], [5.0]), ([0, 1, 2, 3, 4], [5.0, 4.5, 1.0, 2.0, 3.0])])
def test_few_and_many_ratings_give_the_ridge_solution(items: list[int], ratings: list[float]) -> None:
    model = hand_model()
    rows = Folder.of(model).fold(np.array(items), np.array(ratings, np.float32)).rows
    numbers = np.concatenate([rows["user_bias"], rows["user_factors"]])
    np.testing.assert_allclose(numbers, ridge_by_hand(model, items, ratings), rtol=1e-4, atol=1e-4)


def test_no_ratings_give_the_average_user() -> None:
    user = Folder.of(hand_model()).fold(np.zeros(0, np.int64), np.zeros(0, np.float32))
    assert user.offset == 0
    assert user.rows["user_factors"] == pytest.approx([0, 0.75])
    assert user.rows["user_bias"] == pytest.approx([-0.125])


def test_steps_through_a_head_reach_the_ridge_where_the_score_is_linear() -> None:
    model = hand_model()
    folder = Folder.of(model)
    items, ratings = np.array([0, 2, 3]), np.array([5, 1, 2], np.float32)
    steps = replace(folder, factorization=None).numbers(items, ratings)
    np.testing.assert_allclose(steps, folder.numbers(items, ratings), atol=2e-3)


def test_blocks_of_would_be_users_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = replace(Folder.of(hand_model()), factorization=None)
    items, ratings = np.array([0, 2, 3]), np.array([5, 1, 2], np.float32)
    whole = folder.numbers(items, ratings)
    monkeypatch.setattr("core.model.fold_in._CHUNK", 4)
    np.testing.assert_allclose(folder.numbers(items, ratings), whole)


def test_steps_lower_the_cost_of_a_bent_head() -> None:
    model = hand_model()
    straight = model.scorer.score_rows
    model.__dict__["scorer"] = replace(
        model.scorer, score_rows=lambda rows: np.tanh(straight(rows)).astype(np.float32)
    )
    folder = replace(Folder.of(model), factorization=None)
    items, ratings = np.array([0, 1, 4]), np.array([4, 4, 2.5], np.float32)
    found = folder.raw(folder.fold(items, ratings), items)
    average = folder.raw(FoldedUser(folder.prior.rows(folder.prior.mean), 0.0), items)
    assert rmse(found, ratings) < 0.5 * rmse(average, ratings)


def test_tables_beside_the_score_change_nothing() -> None:
    items, ratings = np.array([0, 2]), np.array([5, 4], np.float32)
    plain, beside = Folder.of(hand_model()), Folder.of(hand_model(user_spread=np.arange(6).reshape(3, 2)))
    assert beside.factorization is not None
    np.testing.assert_allclose(beside.numbers(items, ratings), plain.numbers(items, ratings))
    user = beside.fold(items, ratings)
    np.testing.assert_allclose(beside.raw(user, items), plain.raw(plain.fold(items, ratings), items))


def test_untrained_items_get_the_damped_mean_of_the_ratings() -> None:
    folder = Folder.of(hand_model())
    user = folder.fold(np.array([0, 2]), np.array([5, 4], np.float32))
    baseline = folder.model.baseline
    left = 5 + 4 - 2 * baseline.mean - baseline.item_offsets[[0, 2]].sum()
    assert folder.raw(user, np.array([5])) == pytest.approx([baseline.mean + left / 7])


@pytest.mark.real_data
@pytest.mark.slow
def test_held_out_users_are_met_nearly_as_well_as_trained_ones(
    movielens_2016: Path, trained_once: Callable[..., Path]
) -> None:
    """A fifth of the users is left out of training; their training ratings fold them in."""
    table = load_ratings(movielens_2016)
    split = split_ratings(table)
    generator = np.random.default_rng(1)
    left_out = np.isin(np.arange(table.user_count), generator.permutation(table.user_count)[:134])
    others = ~left_out[table.users]
    rest = replace(
        table,
        users=table.users[others],
        items=table.items[others],
        ratings=table.ratings[others],
        timestamps=None,
    )
    rated = RatedTable.of(rest, split_ratings(rest).train)
    model = replace(train(rest, "bias").model, read_rated=lambda: rated)
    tested = split.test[left_out[table.users[split.test]]]
    truth, folder = table.ratings[tested], Folder.of(model)
    predicted = np.empty(len(tested), np.float32)
    for user in np.flatnonzero(left_out):
        known = split.train[table.users[split.train] == user]
        known = known[model.baseline.item_counts[table.items[known]] > 0]
        met = folder.fold(table.items[known].astype(np.int64), table.ratings[known])
        mine = table.users[tested] == user
        predicted[mine] = folder.raw(met, table.items[tested[mine]].astype(np.int64))
    folded = rmse(model.baseline.clip(predicted), truth)
    item_means = rmse(model.baseline.mean + model.baseline.item_offsets[table.items[tested]], truth)
    whole = load_run(trained_once(movielens_2016, "bias")).model
    trained = rmse(whole.predict_ratings(table)[tested], truth)
    assert folded < item_means - 0.10
    assert folded < trained + 0.02
