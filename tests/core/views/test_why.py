import numpy as np
import pytest

from core.errors import RunError, UsageError
from core.model.fold_in import Folder
from core.options import GivenRatings, Identifier
from core.views.prediction import Contributions
from core.views.view import compute
from core.views.why import Reasons, Why
from tests.core.views.handmade import hand_model, without_ratings


def explain(user: str, instead: GivenRatings | None = None, item: Identifier = 13) -> Reasons:
    return compute(Why(user=user, item=item, instead=instead), hand_model())


def test_influences_are_those_of_leaving_each_rating_out() -> None:
    model = hand_model()
    why = explain("bob")
    items, ratings = np.array([0, 1, 2, 3, 4]), np.array([3, 2, 1, 3, 4], np.float32)
    folder = Folder.of(model)

    def predicted(kept: np.ndarray, values: np.ndarray) -> float:
        return float(folder.raw(folder.fold(kept, values), np.array([3]))[0])

    whole = predicted(items, ratings)
    for one in why.influences:
        left = items != int(one.item) - 10
        assert one.effect == pytest.approx(whole - predicted(items[left], ratings[left]), abs=1e-4)
    strengths = [abs(one.effect) for one in why.influences]
    assert strengths == sorted(strengths, reverse=True)
    assert why.refitted == pytest.approx(whole, abs=1e-4)


def test_a_counterfactual_is_what_refitting_gives() -> None:
    model = hand_model()
    (other,) = explain("bob", {14: 1.0}).counterfactuals
    items, ratings = np.array([0, 1, 2, 3, 4]), np.array([3, 2, 1, 3, 1], np.float32)
    folder = Folder.of(model)
    expected = folder.raw(folder.fold(items, ratings), np.array([3]))[0]
    assert (other.rating, other.instead) == (4.0, 1.0)
    assert other.predicted == pytest.approx(expected, abs=1e-4)


def test_without_a_wish_the_strongest_influence_is_turned_round() -> None:
    why = explain("bob")
    assert why.counterfactuals[0].item == why.influences[0].item
    assert why.counterfactuals[0].instead == 5.5 - why.influences[0].rating


@pytest.mark.parametrize(
    ("user", "instead", "reason"),
    [
        ("cid", None, "no training rating"),
        ("ann", {14: 1.0}, "no training rating of item 14"),
        ("ann", {10: 9.0}, "not 9"),
    ],
)
def test_what_can_not_be_explained_is_told(user: str, instead: GivenRatings | None, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        explain(user, instead)


def test_the_contributions_are_those_of_the_prediction() -> None:
    assert explain("bob").contributions == Contributions(user="bob", item=13).answer(hand_model())


def test_items_are_named_by_title_too() -> None:
    assert explain("bob", {"toy story": 4.0}, "the godfather") == explain("bob", {12: 4.0})


def test_without_the_table_there_is_nothing_to_explain_by() -> None:
    with pytest.raises(RunError, match="gone"):
        Why(user="bob", item=13).answer(without_ratings(hand_model()))
