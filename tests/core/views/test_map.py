import numpy as np
import pytest

from core.errors import UsageError
from core.pictures.labels import Scatter
from core.views.map import Map, MapPlace, _fidelity
from tests.core.views.handmade import hand_model


def test_the_map_is_columnar_by_popularity() -> None:
    places = Map().answer(hand_model())
    assert places.items == (10, 12, 11, 13, 14)
    assert places.x == pytest.approx((0.6, -0.4, 1.6, -1.4, -0.4))
    assert places.y == pytest.approx((0, 1, 0, 0, -1))
    assert places.ratings == (2, 2, 1, 1, 1)
    assert places.bias == pytest.approx((0.1, -0.3, 0.2, 0.5, -0.3))
    assert places.years[0] == 1979


def test_the_map_takes_a_range_of_ranks_and_swapped_components() -> None:
    places = Map(x=2, y=1, first=1, last=3).answer(hand_model())
    assert places.items == (12, 11)
    assert places.x == pytest.approx((1, 0))


def test_an_empty_range_of_ranks_gives_empty_columns() -> None:
    assert Map(first=50, last=100).answer(hand_model()).x == ()


def test_the_map_without_biases_and_with_one_factor() -> None:
    one = hand_model(
        user_factors=[[1], [1], [1]], item_factors=[[1], [2], [3], [4], [5], [6]], item_bias=None
    )
    assert Map(x=1, y=1).answer(one).bias is None
    with pytest.raises(UsageError, match="components 1 to 1, not 2"):
        Map().answer(one)


def test_a_frame_has_a_row_an_item_with_and_without_biases() -> None:
    first = Map().answer(hand_model()).rows()[0]
    assert first == MapPlace(
        item=10,
        title="Alien (1979)",
        x=0.6,
        y=0.0,
        year=1979,
        genres=("Horror", "Sci-Fi"),
        ratings=2,
        bias=0.1,
    )
    assert Map().answer(hand_model(item_bias=None)).rows()[0].bias is None


def test_a_picture_is_coloured_by_the_first_genre_and_names_its_axes() -> None:
    scatter = Map(x=2, y=1, last=1).answer(hand_model()).scatter()
    captions = ("component 2 (27.8% of variance)", "component 1 (72.2% of variance)")
    assert scatter == Scatter((0.0,), (0.6,), ("Alien (1979)",), ("Horror",), captions)


def test_a_map_says_how_many_neighbours_it_keeps() -> None:
    places = np.random.default_rng(1).normal(size=(60, 2))
    flat = np.hstack([places, np.zeros((60, 3))])
    assert _fidelity(flat, places) == 1.0
    deep = np.hstack([places * 0.01, np.random.default_rng(2).normal(size=(60, 8))])
    lost = _fidelity(deep, places)
    assert lost is not None and lost < 0.5
    assert _fidelity(flat[:10], places[:10]) is None
