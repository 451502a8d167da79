import numpy as np
import pytest

from core.errors import UsageError
from core.views.similar import nearest, similar_items, similar_users, top_rows
from tests.core.views.handmade import hand_model


def test_similar_items_by_cosine_ties_by_row() -> None:
    found = similar_items(hand_model(), 10)
    assert [(item.item, item.similarity) for item in found] == [(11, 1), (12, 0), (14, 0), (13, -1)]


def test_rarely_rated_items_can_be_left_out() -> None:
    assert [item.item for item in similar_items(hand_model(), 10, min_ratings=2)] == [12]


def test_similar_users() -> None:
    found = similar_users(hand_model(), "ann")
    assert [(user.user, user.ratings) for user in found] == [("bob", 5)]
    assert found[0].similarity == pytest.approx(-0.5 / np.sqrt(2 * 1.25))


@pytest.mark.parametrize(("item", "reason"), [(15, "no training rating"), (99, "no item 99")])
def test_items_without_meaning_are_refused(item: int, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        similar_items(hand_model(), item)


def test_an_architecture_without_factors_is_refused() -> None:
    with pytest.raises(UsageError, match="no item factors"):
        similar_items(hand_model(user_factors=None, item_factors=None), 10)


def test_zero_factors_are_like_nothing() -> None:
    factors = np.array([[1, 0], [0, 0], [2, 0]], np.float32)
    rows, cosines = nearest(factors, 0, np.ones(3, bool), 5)
    assert (rows.tolist(), cosines.tolist()) == ([2, 1], [1, 0])


def test_blocks_give_the_same_as_one_product() -> None:
    factors = np.random.default_rng(0).normal(size=(70_000, 3)).astype(np.float32)
    directions = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    expected = np.argsort(-(directions @ directions[7]), kind="stable")[1:6]
    rows, _ = nearest(factors, 7, np.ones(len(factors), bool), 5)
    assert set(rows.tolist()) == set(expected.tolist())


def test_top_rows_are_ordered_with_ties_by_row() -> None:
    values = np.array([1, 3, 2, 3, 3], np.float32)
    assert top_rows(values, 2).tolist() == [1, 3]
    assert top_rows(values, 5).tolist() == [1, 3, 4, 2, 0]
    assert top_rows(values, 0).tolist() == []
