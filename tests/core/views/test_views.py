"""Every view answers in plain JSON, and says what is wrong with a query."""

import json
from typing import Any

import pytest

from core.engine.views import VIEWS, answer_view
from core.errors import UsageError
from tests.core.views.handmade import hand_model

QUERIES: dict[str, dict[str, Any]] = {
    "prediction": {"user": "ann", "item": 10},
    "contributions": {"user": "ann", "item": "10"},
    "search": {"text": "alien", "limit": 1},
    "top_items": {"user": ["ann", "bob"], "unseen": False, "genre": "comedy", "year_from": 1990},
    "user_history": {"user": "ann"},
    "similar_items": {"item": 10, "count": 2},
    "similar_users": {"user": "ann"},
    "biases": {"most_rated": 3},
    "components": {"ends": 1},
    "crosstab": {"users": 1},
    "map": {"components": [2, 1], "last": 2},
    "summary": {},
    "axes": {"components": 1},
    "ranking": {"k": 2, "relevant_from": 4},
    "diagnosis": {"worst": 1},
    "fold_in": {"ratings": {"10": 5, "12": 0.5}, "count": 2},
    "fold_in_why": {"ratings": {"10": 5, "12": 0.5}, "item": 11},
    "why": {"user": "bob", "item": 13, "instead": {"14": 1}},
}


@pytest.mark.parametrize("view", QUERIES)
def test_results_are_plain_json(view: str) -> None:
    result = answer_view(view, hand_model(), QUERIES[view])
    assert json.loads(json.dumps(result, allow_nan=False)) == json.loads(json.dumps(result))
    assert result


def test_every_view_is_tried_here() -> None:
    assert {*QUERIES, "name_component", "comparison"} == set(VIEWS)


@pytest.mark.parametrize(
    ("view", "arguments", "reason"),
    [
        ("predictoin", {}, "Did you mean 'prediction'"),
        ("prediction", {"user": 1}, "lacks 'item'"),
        ("biases", {"cuont": 3}, "Did you mean 'count'"),
        ("biases", {"count": "many"}, "whole number"),
        ("biases", {"count": -1}, "at least 0"),
        ("search", {"text": "x", "side": "film"}, "not 'film'"),
        ("map", {"components": [1]}, "two numbers"),
        ("fold_in", {"ratings": [5]}, "an object of ratings"),
        ("fold_in", {"ratings": {"10": "5"}}, "not '5'"),
        ("map", {"components": [1, "2"]}, "two whole numbers"),
    ],
)
def test_a_wrong_query_is_told(view: str, arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        answer_view(view, hand_model(), arguments)
    assert reason in str(caught.value)
