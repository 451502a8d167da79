import pytest

from core.errors import UsageError
from core.views.fold_in import fold_user_in
from core.views.fold_in_why import explain_fold_in
from core.views.why import explain
from tests.core.views.handmade import hand_model

BOBS: dict[object, float] = {10: 3.0, 11: 2.0, 12: 1.0, 13: 3.0, 14: 4.0}


def test_a_newcomer_who_rates_as_bob_did_is_explained_as_bob_is() -> None:
    newcomer, bob = explain_fold_in(hand_model(), BOBS, 13), explain(hand_model(), "bob", 13)
    assert newcomer.rating == pytest.approx(bob.refitted)
    assert newcomer.influences == bob.influences
    assert (newcomer.item, newcomer.title) == (13, "Godfather, The (1972)")


def test_without_ratings_nothing_pushes_the_average_user() -> None:
    why = explain_fold_in(hand_model(), {}, "11")
    assert why.influences == ()
    assert why.rating == why.average


def test_a_single_rating_makes_all_the_difference_from_the_average_user() -> None:
    why = explain_fold_in(hand_model(), {10: 3.5}, 11, count=1)
    assert why.rating < 5, "clipped, the difference would be smaller"
    assert why.influences[0].effect == pytest.approx(why.rating - why.average, abs=1e-4)
    assert why.rating > why.average


@pytest.mark.parametrize(("item", "reason"), [(99, "no item 99"), (15, "nothing influences")])
def test_what_can_not_be_explained_says_so(item: int, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        explain_fold_in(hand_model(), BOBS, item)


def test_standing_counts_the_trained_users_below() -> None:
    likes, dislikes = (fold_user_in(hand_model(), {10: rating, 11: rating}) for rating in (5.0, 0.5))
    assert likes.standing is not None and dislikes.standing is not None
    assert likes.position is not None and dislikes.position is not None
    high = 0 if likes.position[0] > dislikes.position[0] else 1
    assert likes.standing[high] > dislikes.standing[high]
    assert all(share in (0, 0.5, 1) for share in likes.standing), "two users are trained"
