from dataclasses import replace
from typing import Any

import pytest

from core import Architecture, Rows
from core.model import fit_components
from core.model.model import Model
from core.views.prediction import Contribution, Contributions, ContributionTable, Predict, judge
from tests.core.views.handmade import hand_model, without_ratings


class Whole(Architecture):
    """A head that can't be split."""

    name = "whole"

    def build(self, user: Any, item: Any, options: Any) -> Any:
        raise NotImplementedError


def unsplittable() -> Model:
    """A model whose head is a plain function, so that no Keras is loaded."""
    model = replace(hand_model(), architecture=Whole())

    def score_rows(rows: Rows) -> Any:
        return rows["item_bias"][:, 0] * 2

    model.__dict__["scorer"] = replace(model.scorer, score_rows=score_rows)
    return model


def contribute(model: Model, user: str, item: int) -> ContributionTable:
    return Contributions(user=user, item=item).answer(model)


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


def test_contributions_and_mean_sum_to_the_raw_prediction() -> None:
    split = contribute(hand_model(), "ann", 11)
    assert [one.name for one in split.contributions] == ["user bias", "item bias", "factor 1", "factor 2"]
    assert [one.value for one in split.contributions] == pytest.approx([0.25, 0.2, 2, 0])
    assert split.mean + sum(one.value for one in split.contributions) == pytest.approx(5.45)
    assert split.prediction.raw == pytest.approx(5.45)


def test_one_factor_is_a_contribution_of_its_own() -> None:
    model = hand_model(
        user_factors=[[2], [1], [0]],
        item_factors=[[1], [2], [3], [4], [5], [6]],
        user_bias=None,
        item_bias=None,
    )
    assert contribute(model, "ann", 11).contributions == (Contribution("factors", 4.0),)


def test_a_fallback_has_no_contributions_and_says_why() -> None:
    split = contribute(hand_model(), "nobody", 10)
    assert not split.available
    assert "there is no user 'nobody'" in split.reason


def test_a_whole_head_has_no_contributions_and_says_why() -> None:
    split = contribute(unsplittable(), "ann", 10)
    assert (split.available, split.contributions) == (False, ())
    assert "whole can't be split" in split.reason
    assert split.prediction.raw == pytest.approx(3.2)


def test_a_prediction_is_a_line_with_its_truth_and_title() -> None:
    (line,) = Predict.lines(judge(hand_model(), "ann", 12))
    assert line == "3.95 (truly 5, train)  user ann, item 12 Toy Story (1995)"


def test_the_text_sums_all_factors_up() -> None:
    line, table = Contributions.lines(contribute(hand_model(), "ann", 11))
    assert line == "5.00  user ann, item 11 Aliens (1986)"
    assert table.rows == [  # type: ignore[union-attr]
        ("+3.000", "mean"),
        ("+0.250", "user bias"),
        ("+0.200", "item bias"),
        ("+2.000", "factors"),
    ]


def test_components_take_the_product_apart_as_the_map_does() -> None:
    table = contribute(hand_model(), "ann", 11)
    factors = sum(one.value for one in table.contributions if one.name.startswith("factor"))
    model = hand_model()
    own = model.table("user_factors")[0]
    _, projection = fit_components(model, 2000, 6)
    average = float(own @ projection.mean)
    assert sum(part.value for part in table.components) == pytest.approx(factors - average, abs=1e-5)
    assert [part.number for part in table.components] == [1, 2]
    assert contribute(hand_model(item_factors=None, user_factors=None), "ann", 11).components == ()
