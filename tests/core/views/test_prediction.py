from dataclasses import replace
from typing import Any

import pytest

from core import Architecture, Rows
from core.model.model import Model
from core.views.prediction import Term, contribute, judge
from tests.core.views.handmade import hand_model, without_ratings


class Whole(Architecture):
    """A head that can't be split."""

    name = "whole"

    def build(self, user: Any, item: Any, options: Any) -> Any:
        raise NotImplementedError


def unsplittable() -> Model:
    """A model whose head is a plain function, so that no Keras is loaded."""
    model = replace(hand_model(), architecture=Whole())

    def head_scores(rows: Rows) -> Any:
        return rows["item_bias"][:, 0] * 2

    model.__dict__["scorer"] = replace(model.scorer, head_scores=head_scores)
    return model


def test_a_prediction_comes_with_its_truth_and_part() -> None:
    judged = judge(hand_model(), "ann", 12)
    assert (judged.rating, judged.truth, judged.part) == (pytest.approx(3.95), 5.0, "train")
    assert judge(hand_model(), "ann", "13").part == "held-out"


def test_an_unrated_pair_has_no_truth() -> None:
    judged = judge(hand_model(), "ann", 11)
    assert (judged.rating, judged.truth, judged.part, judged.note) == (5.0, None, None, "")


def test_without_the_table_the_prediction_still_works() -> None:
    judged = judge(without_ratings(hand_model()), "ann", 12)
    assert (judged.rating, judged.truth, judged.note) == (pytest.approx(3.95), None, "The table is gone.")


def test_terms_and_mean_sum_to_the_raw_prediction() -> None:
    contributions = contribute(hand_model(), "ann", 11)
    assert [term.name for term in contributions.terms] == ["user bias", "item bias", "factor 1", "factor 2"]
    assert [term.value for term in contributions.terms] == pytest.approx([0.25, 0.2, 2, 0])
    assert contributions.mean + sum(term.value for term in contributions.terms) == pytest.approx(5.45)
    assert contributions.prediction.raw == pytest.approx(5.45)


def test_one_factor_is_a_term_of_its_own() -> None:
    model = hand_model(
        user_factors=[[2], [1], [0]],
        item_factors=[[1], [2], [3], [4], [5], [6]],
        user_bias=None,
        item_bias=None,
    )
    assert contribute(model, "ann", 11).terms == (Term("factors", 4.0),)


def test_a_fallback_has_no_terms_and_says_why() -> None:
    contributions = contribute(hand_model(), "nobody", 10)
    assert not contributions.available
    assert "the user had no training rating" in contributions.reason


def test_a_whole_head_has_no_terms_and_says_why() -> None:
    contributions = contribute(unsplittable(), "ann", 10)
    assert (contributions.available, contributions.terms) == (False, ())
    assert "whole can't be split" in contributions.reason
    assert contributions.prediction.raw == pytest.approx(3.2)
