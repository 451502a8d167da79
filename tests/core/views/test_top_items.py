import csv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest

from core.errors import RunError, UsageError
from core.model.model import Model
from core.views.top_items import (
    Recommendation,
    TopItems,
    diversify,
    recommend_to_all,
    recommendation_table,
    write_recommendations,
)
from core.views.view import compute
from tests.core.views.handmade import hand_model, without_ratings


def top(model: Model, *users: str, **arguments: Any) -> tuple[Recommendation, ...]:
    return compute(TopItems(user=users, **arguments), model).items


def test_unseen_items_by_falling_prediction() -> None:
    found = top(hand_model(), "ann")
    assert [(item.item, item.rating) for item in found] == [(11, 5.0), (14, pytest.approx(1.95))]


def test_seen_items_on_request_but_never_untrained_ones() -> None:
    found = top(hand_model(), "ann", unseen=False)
    assert [item.item for item in found] == [11, 10, 12, 13, 14]


@pytest.mark.parametrize(
    ("only", "items"),
    [
        ({"genre": "sci-fi"}, [11, 10]),
        ({"year_from": 1986}, [11, 12, 14]),
        ({"year_to": 1979}, [10, 13]),
        ({"min_ratings": 2}, [10, 12]),
        ({"genre": "Comedy", "year_to": 1990}, []),
    ],
)
def test_filters(only: dict[str, Any], items: list[int]) -> None:
    assert [item.item for item in top(hand_model(), "ann", unseen=False, **only)] == items


def test_an_unknown_genre_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="Comedy, Crime"):
        top(hand_model(), "ann", genre="western")


def test_a_group_gets_the_best_mean_prediction() -> None:
    # bob: 1.6, 0.7, 2.7, 4.0, 1.7 for items 10 to 14; the means are 2.975, 3.075, 3.325, 3.375, 1.825.
    found = top(hand_model(), "ann", "bob", unseen=False)
    assert [item.item for item in found] == [13, 12, 11, 10, 14]
    assert found[0].rating == pytest.approx(3.375)


def test_an_untrained_user_gets_what_the_means_favour() -> None:
    found = top(hand_model(), "cid", count=1, unseen=False)
    assert found[0].item == 14


def test_without_the_table_unseen_is_refused() -> None:
    with pytest.raises(RunError, match="gone"):
        top(without_ratings(hand_model()), "ann")
    assert len(top(without_ratings(hand_model()), "ann", unseen=False)) == 5


def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(UsageError, match="no user 'eve'"):
        top(hand_model(), "eve")


def test_diversity_takes_the_unlike_before_the_like() -> None:
    ratings = np.array([5, 4.9, 4], np.float32)
    factors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert diversify(ratings, factors, 3, 0.0).tolist() == [0, 1, 2]
    assert diversify(ratings, factors, 3, 0.6).tolist() == [0, 2, 1]
    assert diversify(ratings[:0], factors[:0], 3, 0.6).tolist() == []


def test_diversity_needs_factors_and_a_sensible_number() -> None:
    with pytest.raises(UsageError, match="no item factors"):
        top(hand_model(user_factors=None, item_factors=None), "ann", diversity=0.5)
    with pytest.raises(UsageError, match="from 0 to 1, not 1.5"):
        top(hand_model(), "ann", diversity=1.5)


def test_nobody_is_recommended_nothing() -> None:
    with pytest.raises(UsageError, match="one user"):
        top(hand_model())


def test_the_answer_names_the_users_by_their_ids() -> None:
    assert compute(TopItems(user=("bob", "ann")), hand_model()).users == ("bob", "ann")


def test_everybody_gets_what_each_gets_alone() -> None:
    model = hand_model()
    found = recommend_to_all(model, TopItems(user=(), count=2))
    for user, name in enumerate(("ann", "bob", "cid")):
        mine = found.users == user
        alone = top(model, name, count=2)
        assert model.items.ids[found.items[mine]].tolist() == [item.item for item in alone]
        np.testing.assert_allclose(found.ratings[mine], [item.rating for item in alone], rtol=1e-6)
        assert found.ranks[mine].tolist() == list(range(1, mine.sum() + 1))


def test_filters_hold_for_everybody() -> None:
    found = recommend_to_all(hand_model(), TopItems(user=(), count=5, unseen=False, genre="crime"))
    assert set(found.items.tolist()) == {3}


def test_unseen_needs_the_table() -> None:
    with pytest.raises(RunError, match="gone"):
        recommend_to_all(without_ratings(hand_model()), TopItems(user=()))


def test_files_hold_ids_titles_and_ranks(tmp_path: Path) -> None:
    model = hand_model()
    found = recommend_to_all(model, TopItems(user=(), count=1))
    write_recommendations(model, found, tmp_path / "all.parquet")
    table = parquet.read_table(tmp_path / "all.parquet")
    assert table.column_names == ["user", "rank", "item", "title", "rating"]
    assert table["user"].to_pylist() == ["ann", "cid"]  # bob rated every item that training saw
    write_recommendations(model, found, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open() as file:
        assert next(iter(csv.DictReader(file)))["title"] == "Aliens (1986)"
    with pytest.raises(UsageError, match=r"\.parquet"):
        write_recommendations(model, found, tmp_path / "all.xlsx")


@pytest.mark.parametrize(("rating", "said"), [(None, "7 likes"), (4.5, "7 ratings")])
def test_what_training_counts_is_called_by_what_it_is(rating: float | None, said: str) -> None:
    item = Recommendation(item=1, title="One", year=0, genres=(), ratings=7, rank=1, rating=rating, score=0.5)
    assert recommendation_table([item]).rows[0][-1] == said
