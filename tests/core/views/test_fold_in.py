import pytest

from core.errors import UsageError
from core.model.model import Model
from core.options import GivenRatings, Identifier
from core.views.fold_in import FoldedIn, FoldIn, FoldInReasons, FoldInWhy
from core.views.view import compute
from core.views.why import Why
from tests.core.views.handmade import hand_model, without_ratings

BOBS: GivenRatings = {10: 3.0, 11: 2.0, 12: 1.0, 13: 3.0, 14: 4.0}


def fold_in(ratings: GivenRatings, model: Model | None = None, count: int = 10) -> FoldedIn:
    return compute(FoldIn(ratings=ratings, count=count), model or hand_model())


def reasons(ratings: GivenRatings, item: Identifier, count: int = 10) -> FoldInReasons:
    return compute(FoldInWhy(ratings=ratings, item=item, count=count), hand_model())


def test_a_new_user_is_folded_in() -> None:
    folded = fold_in({"10": 5.0, 13: 0.5, 15: 3.0}, count=2)
    assert [(one.item, one.rating) for one in folded.given] == [(10, 5.0), (13, 0.5)]
    assert folded.ignored == ("Unseen",)
    assert [item.item for item in folded.top] == [11, 12]
    assert folded.position is not None and folded.position[0] > 0


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [({99: 3.0}, "no item 99"), ({10: 6.0}, "0.5 to 5, not 6"), ({10: float("nan")}, "nan")],
)
def test_wrong_ratings_are_refused(ratings: GivenRatings, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        fold_in(ratings)


def test_users_without_embeddings_can_not_be_folded_in() -> None:
    with pytest.raises(UsageError, match="user embeddings"):
        fold_in({10: 5.0}, hand_model(user_factors=None, item_factors=None, user_bias=None))


def test_folding_in_works_without_the_ratings_table() -> None:
    assert fold_in({10: 5.0}, without_ratings(hand_model())).top


def test_items_are_named_by_id_or_title() -> None:
    assert fold_in({"toy story": 5.0, "13": 2.0}) == fold_in({12: 5.0, 13: 2.0})


def test_without_ratings_the_average_user_is_recommended_to() -> None:
    folded = fold_in({})
    assert (folded.given, len(folded.top)) == ((), 5)


def test_filters_hold_for_a_new_user_too() -> None:
    folded = compute(FoldIn(ratings={10: 5.0}, genre="comedy", year_to=1999), hand_model())
    assert [one.item for one in folded.top] == [12]


def test_a_new_user_who_rates_as_bob_did_is_explained_as_bob_is() -> None:
    new, bob = reasons(BOBS, 13), Why(user="bob", item=13).answer(hand_model())
    assert new.rating == pytest.approx(bob.refitted)
    assert new.influences == bob.influences
    assert (new.item, new.title) == (13, "Godfather, The (1972)")


def test_without_ratings_nothing_influences_the_average_user() -> None:
    why = reasons({}, "11")
    assert why.influences == ()
    assert why.rating == why.average


def test_a_single_rating_makes_all_the_difference_from_the_average_user() -> None:
    why = reasons({10: 3.5}, 11, count=1)
    assert why.rating < 5, "clipped, the difference would be smaller"
    assert why.influences[0].effect == pytest.approx(why.rating - why.average, abs=1e-4)
    assert why.rating > why.average


@pytest.mark.parametrize(("item", "reason"), [(99, "no item 99"), (15, "nothing influences")])
def test_what_can_not_be_explained_says_so(item: int, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        reasons(BOBS, item)


def test_standing_counts_the_trained_users_below() -> None:
    likes, dislikes = (fold_in({10: rating, 11: rating}) for rating in (5.0, 0.5))
    assert likes.standing is not None and dislikes.standing is not None
    assert likes.position is not None and dislikes.position is not None
    high = 0 if likes.position[0] > dislikes.position[0] else 1
    assert likes.standing[high] > dislikes.standing[high]
    assert all(share in (0, 0.5, 1) for share in likes.standing), "two users are trained"


def test_who_rates_like_somebody_is_their_twin() -> None:
    bob = fold_in(BOBS).twins
    assert bob[0].user == "bob"
    assert bob[0].ratings == 5
    assert bob[0].similarity == pytest.approx(1, abs=0.2)
    assert fold_in({}).twins == (), "an average user is nobody's twin"
