import pytest

from core.model import held_out
from tests.core.views.handmade import hand_model


def test_the_held_out_part_is_predicted_with_fallbacks() -> None:
    pairs = held_out(hand_model())
    assert (pairs.users.tolist(), pairs.items.tolist(), pairs.truth.tolist()) == ([0, 2], [3, 0], [2, 5])
    assert pairs.predicted[0] == pytest.approx(2.75)
