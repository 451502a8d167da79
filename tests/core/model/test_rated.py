import numpy as np
import pytest

from core.errors import RunError
from core.model.rated import Grouped
from tests.core.views.handmade import hand_model, without_ratings


def test_rows_are_grouped_in_table_order() -> None:
    grouped = Grouped.by(np.array([2, 0, 2, 0]), 4)
    assert [grouped.rows(key).tolist() for key in range(4)] == [[1, 3], [], [0, 2], []]


def test_rows_are_the_same_however_many_keys_are_asked_for() -> None:
    keys = np.random.default_rng(1).integers(0, 200_000, 3_000)
    keys[::7] = 70_003
    grouped = Grouped.by(keys, 200_000)
    for key in (70_003, *keys[:20].tolist(), 70_003, 199_999, 5):
        assert grouped.rows(key).tolist() == np.flatnonzero(keys == key).tolist()


def test_a_rated_pair_has_its_rating_and_part() -> None:
    rated = hand_model().rated
    assert rated.rating(0, 2) == (5.0, "train")
    assert rated.rating(0, 3) == (2.0, "held-out")
    assert rated.rating(0, 1) is None


def test_seen_items_are_those_of_both_parts() -> None:
    assert hand_model().rated.seen(0).tolist() == [0, 2, 3]


def test_a_table_that_cannot_be_read_gives_its_reason() -> None:
    model = without_ratings(hand_model())
    assert model.rated_or_reason == (None, "The table is gone.")
    with pytest.raises(RunError, match="gone"):
        _ = model.rated
