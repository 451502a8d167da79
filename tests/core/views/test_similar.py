import numpy as np
import pytest

from core.errors import UsageError
from core.views.similar import SimilarItem, SimilarItems, SimilarUsers
from tests.core.views.handmade import hand_model


def similar(item: int | str, min_ratings: int = 1) -> tuple[SimilarItem, ...]:
    return SimilarItems(item=item, min_ratings=min_ratings).answer(hand_model()).similar


def test_similar_items_by_cosine_ties_by_row() -> None:
    found = similar(10)
    assert [(item.item, item.similarity) for item in found] == [(11, 1), (12, 0), (14, 0), (13, -1)]


def test_rarely_rated_items_can_be_left_out() -> None:
    assert [item.item for item in similar(10, min_ratings=2)] == [12]


def test_similar_users() -> None:
    found = SimilarUsers(user="ann").answer(hand_model()).similar
    assert [(user.user, user.ratings) for user in found] == [("bob", 5)]
    assert found[0].similarity == pytest.approx(-0.5 / np.sqrt(2 * 1.25))


@pytest.mark.parametrize(("item", "reason"), [(15, "no training rating"), (99, "no item 99")])
def test_items_without_meaning_are_refused(item: int, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        similar(item)


def test_an_architecture_without_factors_is_refused() -> None:
    with pytest.raises(UsageError, match="no item factors"):
        SimilarItems(item=10).answer(hand_model(user_factors=None, item_factors=None))


def test_an_item_is_named_by_its_title_too_and_told_in_full() -> None:
    found = SimilarItems(item="toy story", min_ratings=1).answer(hand_model())
    assert (found.item.item, found.item.title) == (12, "Toy Story (1995)")
    assert found.similar == similar(12)


def test_a_user_that_training_never_saw_is_like_nobody() -> None:
    with pytest.raises(UsageError, match="'cid' had no training rating"):
        SimilarUsers(user="cid").answer(hand_model())
