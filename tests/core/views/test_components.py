from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from core.errors import RunError, UsageError
from core.model.component_names import COMPONENT_NAMES_FILE, read_component_names, write_component_name
from core.model.projection import Projection
from core.views.components import component_table, name_component
from core.views.map import item_map
from tests.core.views.handmade import hand_model


def test_components_of_the_hand_made_factors_are_the_axes() -> None:
    table = component_table(hand_model(), ends=2)
    assert table.explained == pytest.approx((5.2 / 7.2, 2 / 7.2))
    first, second = table.components
    assert [(end.item, end.value) for end in first.high] == [
        (11, pytest.approx(1.6)),
        (10, pytest.approx(0.6)),
    ]
    assert [(end.item, end.value) for end in first.low][:1] == [(13, pytest.approx(-1.4))]
    assert (second.high[0].item, second.low[0].item) == (12, 14)


def test_the_projection_agrees_with_scikit_learn_up_to_signs() -> None:
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(200, 6)) * [5, 4, 3, 2, 1, 0.5]
    peer = PCA(3).fit(factors)
    projection = Projection.fit(factors, generator.integers(1, 100, 200), 3)
    np.testing.assert_allclose(projection.explained, peer.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(
        np.abs(projection.project(factors)), np.abs(peer.transform(factors)), atol=1e-9
    )


def test_the_more_rated_lie_on_the_high_side_whatever_the_factors_signs() -> None:
    factors, counts = np.array([[3.0, 0], [1, 0], [-1, 0.1], [-3, 0]]), np.array([100, 10, 5, 1])
    for sign in (1, -1):
        assert Projection.fit(sign * factors, counts, 1).project(sign * factors)[0, 0] > 0


@pytest.mark.parametrize(
    ("factors", "reason"),
    [([[1, 2]], "two items"), ([[1, 2], [1, 2]], "all the same"), ([[np.nan], [1]], "finite")],
)
def test_factors_without_components_are_refused(factors: list[list[float]], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Projection.fit(np.array(factors), np.ones(len(factors), int), 2)


def test_the_map_is_columnar_by_popularity() -> None:
    places = item_map(hand_model())
    assert places.items == (10, 12, 11, 13, 14)
    assert places.x == pytest.approx((0.6, -0.4, 1.6, -1.4, -0.4))
    assert places.y == pytest.approx((0, 1, 0, 0, -1))
    assert places.ratings == (2, 2, 1, 1, 1)
    assert places.bias == pytest.approx((0.1, -0.3, 0.2, 0.5, -0.3))
    assert places.years[0] == 1979


def test_the_map_takes_a_range_of_ranks_and_swapped_components() -> None:
    places = item_map(hand_model(), components=(2, 1), first=1, last=3)
    assert places.items == (12, 11)
    assert places.x == pytest.approx((1, 0))


def test_an_empty_range_of_ranks_gives_empty_columns() -> None:
    assert item_map(hand_model(), first=50, last=100).x == ()


def test_the_map_without_biases_and_with_one_factor() -> None:
    one = hand_model(
        user_factors=[[1], [1], [1]], item_factors=[[1], [2], [3], [4], [5], [6]], item_bias=None
    )
    assert item_map(one, components=(1, 1)).bias is None
    with pytest.raises(UsageError, match="components 1 to 1, not 2"):
        item_map(one)


def test_without_factors_there_are_no_components() -> None:
    with pytest.raises(UsageError, match="no item factors"):
        component_table(hand_model(user_factors=None, item_factors=None))


def test_a_name_is_saved_shown_replaced_and_taken_away(tmp_path: Path) -> None:
    model = replace(hand_model(), folder=tmp_path)
    name_component(model, 2, "  quiet\nfilms ")
    assert component_table(model).components[1].name == "quiet films"
    assert item_map(model).names == {"x": "", "y": "quiet films"}
    name_component(model, 1, "loud")
    assert name_component(model, 2, "") == {1: "loud"} == read_component_names(tmp_path)


def test_a_live_model_can_not_be_named() -> None:
    with pytest.raises(UsageError, match="isn't saved yet"):
        name_component(hand_model(), 1, "loud")


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    model = replace(hand_model(), folder=tmp_path)
    with pytest.raises(UsageError, match="components 1 to 2, not 3"):
        name_component(model, 3, "loud")
    with pytest.raises(UsageError, match="100 characters"):
        write_component_name(tmp_path, 1, "x" * 101)


def test_a_damaged_file_of_names_is_told(tmp_path: Path) -> None:
    (tmp_path / COMPONENT_NAMES_FILE).write_text('{"one": "loud"}')
    with pytest.raises(RunError, match="damaged"):
        read_component_names(tmp_path)
