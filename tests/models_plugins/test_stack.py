"""Stacking: users follow from histories, members are added up, choices are made on carved likes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from core import TastemapError, train
from core.testing import assert_conforms
from core.views import FoldIn, SimilarItems, Why
from models_plugins.stack import Stack
from models_plugins.stack._choosing import PLAIN, _pick, carve, choose, ndcg
from models_plugins.stack._factors import train_factors, user_rows
from models_plugins.stack._saved import read_back
from models_plugins.stack._scores import Shares, stacked, standardized
from models_plugins.stack._sessions import REACH, near_counts
from tests.support import make_ratings

SMALL = {"factors": 4, "members": 2, "passes": 10, "min_likes": 1}


def taken(seed: int = 0, users: int = 120, items: int = 40) -> Any:
    """Two groups of users with items of their own, as a sparse matrix of ones."""
    generator = np.random.default_rng(seed)
    same = (np.arange(users) % 2)[:, None] == (np.arange(items) % 2)[None, :]
    chance = np.where(same, 0.5, 0.05) * (1.4 - np.arange(items) / items)
    return scipy.sparse.csr_array((generator.random((users, items)) < chance).astype(np.float32))


def counts_of(matrix: Any) -> np.ndarray:
    return np.asarray(matrix.sum(axis=0)).ravel().astype(np.float32)


def test_rows_of_users_are_where_the_gradient_of_the_softmax_is_nothing() -> None:
    matrix = taken()
    factors = train_factors(matrix, 4, 0.3, 20, 1)
    rows = user_rows(matrix, factors, counts_of(matrix), 0.3)
    scores = rows @ factors.rows.T + factors.biases
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    amounts = np.diff(matrix.indptr)[:, None]
    gradient = chances @ factors.rows - (matrix @ factors.rows) / amounts + 0.3 * rows
    assert np.abs(gradient).max() < 1e-3 * np.abs(rows).max()


def test_a_users_row_does_not_depend_on_who_is_asked_about_beside_them() -> None:
    matrix = taken()
    factors = train_factors(matrix, 4, 0.3, 5, 1)
    together = user_rows(matrix, factors, counts_of(matrix), 0.3)
    alone = user_rows(matrix[[7]], factors, counts_of(matrix), 0.3)
    assert np.allclose(together[[7]], alone, atol=1e-6)


def test_scores_are_standardized_over_what_a_user_has_not_taken() -> None:
    matrix = taken()
    scores = np.random.default_rng(1).normal(3, 5, matrix.shape).astype(np.float32)
    found = standardized(scores, matrix)
    left = np.where(matrix.toarray() > 0, np.nan, found)
    assert np.allclose(np.nanmean(left, axis=1), 0, atol=1e-5)
    assert np.allclose(np.nanstd(left, axis=1), 1, atol=1e-4)
    both = stacked([found, found * 2, found * 3], Shares(1.0, 0.5, 0.0, 1.0, 1.0))
    assert np.allclose(both, 2 * found, atol=1e-5)


def test_ndcg_is_that_of_a_ranking_by_hand() -> None:
    kept = scipy.sparse.csr_array(np.array([[1, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    sought = np.array([[False, True, False, True], [True, False, False, False]])
    scores = np.array([[9, 1, 2, 3], [1, 2, 3, 4]], np.float32)
    first = (1 / np.log2(2) + 1 / np.log2(4)) / (1 / np.log2(2) + 1 / np.log2(3))
    assert ndcg(scores, kept, sought) == pytest.approx([first, 1 / np.log2(5)])


def test_what_is_picked_must_be_better_than_the_plain_choice_beyond_chance() -> None:
    generator = np.random.default_rng(0)
    plain = generator.uniform(0, 1, 200)
    chance, clear = plain + generator.normal(0.001, 0.2, 200), plain + generator.normal(0.1, 0.2, 200)
    assert _pick({"plain": plain, "other": chance}, "plain") == "plain"
    assert _pick({"plain": plain, "other": clear}, "plain") == "other"
    assert _pick({"a": plain, "b": clear}, "plain") == "b"


def test_carved_likes_are_taken_from_the_rest_and_popularity_wins_where_nothing_else_is_there() -> None:
    matrix = taken(1)
    kept, sought, times = carve(matrix, matrix * 5, np.random.default_rng(0))
    assert np.array_equal((kept * 5).toarray(), times.toarray())
    assert np.array_equal((kept + sought).toarray(), matrix.toarray())
    assert not (kept.toarray() * sought.toarray()).any()
    generator = np.random.default_rng(2)
    noise = generator.random((300, 40)) < np.linspace(0.5, 0.02, 40)
    carved = carve(scipy.sparse.csr_array(noise.astype(np.float32)), None, generator)
    shares = choose(carved, Stack.Options.parse({**SMALL, "factors": 16, "l2": 0.001}), 1)
    assert shares != PLAIN and (shares.popularity > 0 or not shares.factors)


def in_sessions(users: int = 250, items: int = 300, sessions: int = 12) -> Any:
    """When each took what: in each session six items in a row of a ring, from anywhere."""
    generator = np.random.default_rng(3)
    times = np.zeros((users, items))
    for user in range(users):
        starts = generator.integers(items, size=sessions)
        taken = ((starts[:, None] + np.arange(6)) % items).ravel()
        times[user, taken] = 1 + np.arange(len(taken))
    return scipy.sparse.csr_array(times)


def test_what_is_near_in_histories_counts_by_how_near_it_is() -> None:
    times = in_sessions(users=4, items=60)
    expected = np.zeros((60, 60))
    for row in times.toarray():
        order = np.argsort(np.where(row > 0, row, np.inf), kind="stable")[: (row > 0).sum()]
        for place, item in enumerate(order):
            for other, second in enumerate(order):
                expected[item, second] += max(0.0, 1 - abs(place - other) / REACH)
    found = near_counts(times, np.random.default_rng(0)).toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.linalg.eigvalsh(found).min() > -1e-3


def test_nearness_counts_where_it_tells_more_and_not_where_times_tell_nothing() -> None:
    times, options = in_sessions(), Stack.Options.parse({**SMALL, "passes": 2})
    known = times.sign().astype(np.float32)
    shares = choose(carve(known, times, np.random.default_rng(0)), options, 1)
    assert shares.near > 0
    times.data = np.random.default_rng(1).permutation(times.data)
    assert choose(carve(known, times, np.random.default_rng(0)), options, 1).near == 0


def test_it_conforms() -> None:
    assert_conforms(Stack(), SMALL, epochs=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("stack") / "run"
    return train(make_ratings(), "stack", options=SMALL, adapt=False, folder=folder)


def test_a_run_ranks_explains_and_folds_in_from_histories(run: Any) -> None:
    model = run.model
    assert run.objective == "ranking" and run.val_ndcg > 0
    user, own = model.users.identifier(2), model.scorer.taken.of_user(2)
    why = Why(user=user, item=model.items.identifier(int(own[0])), count=100).answer(model)
    assert len(why.influences) > 1
    likes = tuple(model.items.identifier(int(row)) for row in own)
    folded = FoldIn(likes=likes, count=5).answer(model)
    scores = model.scorer.all_scores(np.array([2]))[0]
    scores[own] = -np.inf
    assert folded.top[0].item == model.items.identifier(int(np.argmax(scores)))


def test_similar_items_are_told_by_the_factors(run: Any) -> None:
    answer = SimilarItems(item=100, count=3, min_ratings=1).answer(run.model)
    assert len(answer.similar) == 3


def test_damaged_weights_are_told(run: Any, tmp_path: Path) -> None:
    weights = dict(run.model.weights)
    for name, array in (
        ("history/kept", weights["history/kept"] + 1000),
        ("history/shares", np.zeros(2)),
        ("history/sources", weights["history/sources"][:-1]),
    ):
        with pytest.raises(TastemapError, match="damaged"):
            read_back({**weights, name: array}, 40)
