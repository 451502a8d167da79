import pytest

from core.views.biases import Biases
from tests.core.views.handmade import hand_model


def test_both_ends_of_the_bias_table() -> None:
    table = Biases(count=2).answer(hand_model())
    assert [(item.item, item.bias) for item in table.top] == [
        (13, pytest.approx(0.5)),
        (11, pytest.approx(0.2)),
    ]
    assert [item.item for item in table.bottom] == [12, 14]
    assert table.source == "item bias"


def test_only_the_most_rated_take_part() -> None:
    assert [item.item for item in Biases(most_rated=2).answer(hand_model()).top] == [10, 12]


def test_without_a_bias_table_predictions_are_averaged_over_users() -> None:
    table = Biases().answer(hand_model(user_bias=None, item_bias=None))
    # ann and bob predict 1 and −1 from the mean for item 10, 2 and −2 for 11, 1 and 0.5 for 12, …
    deviations = {item.item: item.bias for item in table.top}
    assert deviations == pytest.approx({10: 0, 11: 0, 12: 0.75, 13: 0, 14: -0.75})
    assert table.source == "mean predicted deviation over 2 users"
