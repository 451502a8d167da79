"""Figures of rankings against naive computations, ties, likes and sets."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.errors import DataError, UsageError
from core.ranking import (
    ItemSets,
    RankingTask,
    bootstrap_means,
    first_of_block,
    gini,
    in_long_tail,
    like_rule,
    mean_interval,
    popularity_scores,
    sum_up,
)

USERS, ITEMS = 30, 50


def sets(pairs: list[tuple[int, int]], users: int = USERS, items: int = ITEMS) -> ItemSets:
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    return ItemSets.of(rows[:, 0], rows[:, 1], (users, items))


def drawn(seed: int, share: float) -> list[tuple[int, int]]:
    return [tuple(pair) for pair in np.argwhere(np.random.default_rng(seed).random((USERS, ITEMS)) < share)]  # type: ignore[misc]


def naive(
    scores: np.ndarray, seen: set[int], relevant: set[int], k: int
) -> tuple[float, float, float, list[int]]:
    """nDCG, recall and average precision of one user, in plain Python."""
    order = sorted((item for item in range(len(scores)) if item not in seen), key=lambda i: (-scores[i], i))
    top = order[:k]
    gains = [1 / math.log2(place + 2) for place, item in enumerate(top) if item in relevant]
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))
    hits, precisions = 0, 0.0
    for place, item in enumerate(top, 1):
        if item in relevant:
            hits += 1
            precisions += hits / place
    return sum(gains) / ideal, hits / len(relevant), precisions / min(k, len(relevant)), top


def test_figures_are_those_of_a_naive_computation() -> None:
    seen, relevant = drawn(1, 0.2), drawn(2, 0.1)
    task = RankingTask.of(sets(seen), sets(relevant), sets(seen).item_sizes)
    scores = np.round(np.random.default_rng(3).normal(size=(USERS, ITEMS)), 1).astype(np.float32)  # with ties
    measured = task.measure([(task.users, scores[task.users].copy())], 10)
    for place, user in enumerate(measured.users.tolist()):
        known = {item for owner, item in seen if owner == user}
        sought = {item for owner, item in relevant if owner == user} - known
        ndcg, recall, precision, top = naive(scores[user], known, sought, 10)
        assert measured.shown[place].tolist() == top
        found = measured.ndcg[place], measured.recall[place], measured.precision[place]
        assert found == pytest.approx((ndcg, recall, precision))
        assert measured.recall_20[place] == pytest.approx(naive(scores[user], known, sought, 20)[1])


def test_blocks_and_one_block_measure_the_same() -> None:
    task = RankingTask.of(sets(drawn(1, 0.2)), sets(drawn(2, 0.1)), sets(drawn(1, 0.2)).item_sizes)
    scores = np.random.default_rng(4).normal(size=(USERS, ITEMS)).astype(np.float32)
    whole = task.measure([(task.users, scores[task.users].copy())], 5)
    parts = task.measure(
        ((task.users[i : i + 1], scores[task.users[i : i + 1]].copy()) for i in range(len(task.users))), 5
    )
    assert np.array_equal(whole.shown, parts.shown)
    assert np.array_equal(whole.ndcg, parts.ndcg)


def test_what_a_user_has_is_never_sought() -> None:
    task = RankingTask.of(sets([(0, 1)]), sets([(0, 1), (0, 2), (1, 1)]), sets([(0, 1)]).item_sizes)
    assert task.relevant.of_user(0).tolist() == [2]
    assert task.users.tolist() == [0, 1]


def test_the_first_of_a_block_are_in_stable_order_at_ties() -> None:
    generator = np.random.default_rng(0)
    for count in (1, 3, 10, 40):
        scores = generator.integers(0, 4, (50, 40)).astype(np.float32)
        expected = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        assert np.array_equal(first_of_block(scores, count), expected)


def test_popularity_has_no_ties() -> None:
    scores = popularity_scores(np.array([2, 5, 2, 0]))
    assert np.argsort(-scores).tolist() == [1, 0, 2, 3]
    assert len(set(scores.tolist())) == 4


def test_sets_add_the_weights_of_a_pair() -> None:
    made = ItemSets.of(np.array([1, 0, 1]), np.array([2, 1, 2]), (3, 4), np.array([1, 2, 3], np.float32))
    assert made.starts.tolist() == [0, 1, 2, 2]
    assert (made.items.tolist(), made.weights.tolist()) == ([1, 2], [2, 4])
    assert made.item_sizes.tolist() == [0, 1, 1, 0]
    places, pairs = made.pairs_of(np.array([2, 1, 0]))
    assert (places.tolist(), pairs.tolist()) == ([1, 2], [1, 0])


def test_gini_of_equal_counts_is_0_and_of_one_alone_nearly_1() -> None:
    assert gini(np.full(9, 4)) == pytest.approx(0)
    assert gini(np.eye(100)[0]) == pytest.approx(0.99)
    pairs = np.abs(np.subtract.outer([1, 2, 7], [1, 2, 7])).sum() / (2 * 3 * 3 * (10 / 3))
    assert gini(np.array([7, 1, 2])) == pytest.approx(pairs)


def test_the_long_tail_is_what_the_most_popular_leave() -> None:
    assert in_long_tail(np.array([50, 1, 40, 9])).tolist() == [False, True, False, True]


def test_the_interval_covers_the_mean_about_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(60):
        values = np.random.default_rng(seed).exponential(size=200)
        interval = mean_interval(values, seed)
        assert interval is not None
        covered += interval.low <= 1 <= interval.high
    assert covered >= 51
    assert mean_interval(np.ones(1)) is None


def test_bootstrap_means_have_the_spread_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(size=400)
    assert bootstrap_means(values).std() == pytest.approx(values.std() / 20, rel=0.1)


def test_figures_beyond_accuracy() -> None:
    seen = sets([(0, 0), (1, 0), (1, 1)], 2, 4)
    task = RankingTask.of(seen, sets([(0, 1), (1, 2)], 2, 4), seen.item_sizes)
    scores = np.tile(np.array([4, 3, 2, 1], np.float32), (2, 1))
    figures = sum_up(task.measure([(task.users, scores)], 1), task.item_counts, task.trained_users)
    assert figures.ndcg == 1
    assert figures.coverage == 1  # items 1 and 2, where training has two
    assert figures.popularity == pytest.approx((1 + 0) / 2)


@pytest.mark.parametrize(
    ("values", "threshold"),
    [([1, 2, 3, 5], None), ([0, 1], 1), ([-1, 1], 1), ([-2, -1, 0, 1, 2], 1), ([1, 5], 5)],
)
def test_what_counts_as_a_like_by_itself(values: list[float], threshold: float | None) -> None:
    rule = like_rule("auto", np.array(values, np.float32), are_ratings=True)
    assert rule.threshold == threshold
    assert rule.why


def test_interactions_are_all_likes_and_a_threshold_is_kept() -> None:
    weights = np.array([1, 3], np.float32)
    assert like_rule("auto", weights, are_ratings=False).likes(weights).all()
    rule = like_rule("3.5", np.array([3, 4], np.float32), are_ratings=True)
    assert rule.likes(np.array([3.5, 3], np.float32)).tolist() == [True, False]


def test_a_threshold_that_can_not_be_met_or_read_is_refused() -> None:
    with pytest.raises(DataError, match="nothing counts as a like"):
        like_rule("9", np.array([1, 5], np.float32), are_ratings=True)
    for text in ("high", "nan", "inf"):
        with pytest.raises(UsageError, match="--positive-from"):
            like_rule(text, np.array([1, 5], np.float32), are_ratings=True)
