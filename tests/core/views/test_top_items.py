import numpy as np
import pytest

from core.errors import RunError, UsageError
from core.views.diversity import diversify
from core.views.history import user_history
from core.views.top_items import ItemFilter, top_items
from tests.core.views.handmade import hand_model, without_ratings


def test_unseen_items_by_falling_prediction() -> None:
    top = top_items(hand_model(), ["ann"])
    assert [(item.item, item.rating) for item in top] == [(11, 5.0), (14, pytest.approx(1.95))]


def test_seen_items_on_request_but_never_untrained_ones() -> None:
    top = top_items(hand_model(), ["ann"], unseen=False)
    assert [item.item for item in top] == [11, 10, 12, 13, 14]


@pytest.mark.parametrize(
    ("only", "items"),
    [
        (ItemFilter(genre="sci-fi"), [11, 10]),
        (ItemFilter(year_from=1986), [11, 12, 14]),
        (ItemFilter(year_to=1979), [10, 13]),
        (ItemFilter(min_ratings=2), [10, 12]),
        (ItemFilter(genre="Comedy", year_to=1990), []),
    ],
)
def test_filters(only: ItemFilter, items: list[int]) -> None:
    assert [item.item for item in top_items(hand_model(), ["ann"], unseen=False, only=only)] == items


def test_an_unknown_genre_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Comedy, Crime"):
        top_items(hand_model(), ["ann"], only=ItemFilter(genre="western"))


def test_a_group_gets_the_best_mean_prediction() -> None:
    # bob: 1.6, 0.7, 2.7, 4.0, 1.7 for items 10 to 14; the means are 2.975, 3.075, 3.325, 3.375, 1.825.
    top = top_items(hand_model(), ["ann", "bob"], unseen=False)
    assert [item.item for item in top] == [13, 12, 11, 10, 14]
    assert top[0].rating == pytest.approx(3.375)


def test_an_untrained_user_gets_what_the_means_favour() -> None:
    top = top_items(hand_model(), ["cid"], count=1, unseen=False)
    assert top[0].item == 14


def test_without_the_table_unseen_is_refused() -> None:
    with pytest.raises(RunError, match="gone"):
        top_items(without_ratings(hand_model()), ["ann"])
    assert len(top_items(without_ratings(hand_model()), ["ann"], unseen=False)) == 5


def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(UsageError, match="no user 'eve'"):
        top_items(hand_model(), ["eve"])


def test_diversity_takes_the_unlike_before_the_like() -> None:
    ratings = np.array([5, 4.9, 4], np.float32)
    factors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert diversify(ratings, factors, 3, 0.0).tolist() == [0, 1, 2]
    assert diversify(ratings, factors, 3, 0.6).tolist() == [0, 2, 1]
    assert diversify(ratings[:0], factors[:0], 3, 0.6).tolist() == []


def test_diversity_needs_factors_and_a_sensible_number() -> None:
    with pytest.raises(UsageError, match="no item factors"):
        top_items(hand_model(user_factors=None, item_factors=None), ["ann"], diversity=0.5)
    with pytest.raises(UsageError, match="between 0 and 1"):
        top_items(hand_model(), ["ann"], diversity=1.5)


def test_history_has_truth_and_prediction() -> None:
    history = user_history(hand_model(), "ann", count=2)
    assert (history.count, history.mean) == (3, pytest.approx(11 / 3))
    assert [(item.item, item.truth) for item in history.best] == [(12, 5.0), (10, 4.0)]
    assert [(item.item, item.predicted) for item in history.worst[:1]] == [(13, pytest.approx(2.75))]
    assert history.worst[0].part == "held-out"


def test_history_without_the_table_keeps_the_count() -> None:
    history = user_history(without_ratings(hand_model()), "ann")
    assert (history.count, history.mean, history.best, history.note) == (2, None, (), "The table is gone.")
