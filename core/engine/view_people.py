"""Views that fold a user in: a newcomer met, and why a prediction is what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.engine.arguments import Arguments
from core.errors import UsageError
from core.model.model import Model
from core.views.fold_in import FoldIn, fold_user_in
from core.views.fold_in_why import FoldInWhy, explain_fold_in
from core.views.top_items import ItemFilter
from core.views.why import Why, explain

View = Callable[[Model, Arguments], Any]


def _fold_in(model: Model, given: Arguments) -> FoldIn:
    """Arguments: ratings (an object of ratings by item id), count, genre, min_ratings, components,
    most_rated."""
    ratings = _ratings(given.take("ratings"), "ratings")
    count, components = given.integer("count", 10), given.integer("components", 3, 1)
    only = ItemFilter(given.text("genre", None), min_ratings=given.integer("min_ratings", 0))
    return fold_user_in(model, ratings, count, only, components, given.integer("most_rated", 2000, 2))


def _why(model: Model, given: Arguments) -> Why:
    """Arguments: user, item, count, instead (other ratings by item id; none: the strongest turned round)."""
    instead = given.take("instead", None)
    changed = None if instead is None else _ratings(instead, "instead")
    return explain(model, given.take("user"), given.take("item"), given.integer("count", 10), changed)


def _fold_in_why(model: Model, given: Arguments) -> FoldInWhy:
    """Arguments: ratings (an object of ratings by item id), item, count."""
    ratings = _ratings(given.take("ratings"), "ratings")
    return explain_fold_in(model, ratings, given.take("item"), given.integer("count", 10))


def _ratings(value: Any, name: str) -> dict[object, float]:
    if not isinstance(value, dict):
        raise UsageError(f'{name} are an object of ratings by item id, as in {{"296": 4.5}}.')
    for rating in value.values():
        if isinstance(rating, bool) or not isinstance(rating, int | float):
            raise UsageError(f"A rating is a number, not {rating!r}.")
    return {item: float(rating) for item, rating in value.items()}


PEOPLE_VIEWS: Mapping[str, View] = {"fold_in": _fold_in, "fold_in_why": _fold_in_why, "why": _why}
