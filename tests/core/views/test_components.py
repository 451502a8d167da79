from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import UsageError
from core.model.component_names import read_component_names
from core.views.components import Axes, Components, NameComponent
from core.views.map import Map
from tests.core.views.handmade import hand_model


def test_components_of_the_hand_made_factors_are_the_axes() -> None:
    table = Components(ends=2).answer(hand_model())
    assert table.explained == pytest.approx((5.2 / 7.2, 2 / 7.2))
    first, second = table.components
    assert [(end.item, end.value) for end in first.high] == [
        (11, pytest.approx(1.6)),
        (10, pytest.approx(0.6)),
    ]
    assert [(end.item, end.value) for end in first.low][:1] == [(13, pytest.approx(-1.4))]
    assert (second.high[0].item, second.low[0].item) == (12, 14)


def test_the_tested_names_come_along_where_they_are_wanted() -> None:
    assert Components(axes=False).answer(hand_model()).axes == ()
    assert Components(components=1).answer(hand_model()).axes == Axes(components=1).answer(hand_model()).axes


def test_without_factors_there_are_no_components() -> None:
    with pytest.raises(UsageError, match="no item factors"):
        Components().answer(hand_model(user_factors=None, item_factors=None))


def test_a_name_is_saved_shown_replaced_and_taken_away(tmp_path: Path) -> None:
    model = replace(hand_model(), folder=tmp_path)
    NameComponent(number=2, name="  quiet\nfilms ").answer(model)
    assert Components().answer(model).components[1].name == "quiet films"
    assert Map().answer(model).names == ("", "quiet films")
    NameComponent(number=1, name="loud").answer(model)
    left = NameComponent(number=2, name="").answer(model).names
    assert left == {1: "loud"} == read_component_names(tmp_path)


def test_a_live_model_can_not_be_named() -> None:
    with pytest.raises(UsageError, match="isn't saved yet"):
        NameComponent(number=1, name="loud").answer(hand_model())


@pytest.mark.parametrize("number", [0, 3])
def test_a_component_that_is_not_there_gets_no_name(tmp_path: Path, number: int) -> None:
    with pytest.raises(UsageError, match=f"components 1 to 2, not {number}"):
        NameComponent(number=number, name="loud").answer(replace(hand_model(), folder=tmp_path))
