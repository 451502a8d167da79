import pytest

from core.errors import UsageError
from core.views.history import UserHistory
from tests.core.views.handmade import hand_model, without_ratings


def test_history_has_truth_and_prediction() -> None:
    history = UserHistory(user="ann", count=2).answer(hand_model())
    assert (history.count, history.mean) == (3, pytest.approx(11 / 3))
    assert [(item.item, item.truth) for item in history.best] == [(12, 5.0), (10, 4.0)]
    assert [(item.item, item.predicted) for item in history.worst[:1]] == [(13, pytest.approx(2.75))]
    assert history.worst[0].part == "held-out"


def test_history_without_the_table_keeps_the_count() -> None:
    history = UserHistory(user="ann").answer(without_ratings(hand_model()))
    assert (history.count, history.mean, history.best, history.note) == (2, None, (), "The table is gone.")


def test_an_unknown_user_has_none() -> None:
    with pytest.raises(UsageError, match="no user 'eve'"):
        UserHistory(user="eve").answer(hand_model())
