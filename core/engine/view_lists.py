"""Views about one user or item: predictions, search, recommendations, history, neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.engine.arguments import Arguments
from core.errors import UsageError
from core.model.model import Model
from core.views.history import UserHistory, user_history
from core.views.prediction import Contributions, JudgedPrediction, contribute, judge
from core.views.search import Found, search
from core.views.similar import SimilarItem, SimilarUser, similar_items, similar_users
from core.views.top_items import ItemFilter, Recommendation, top_items

View = Callable[[Model, Arguments], Any]


def _prediction(model: Model, given: Arguments) -> JudgedPrediction:
    """Arguments: user, item (external ids)."""
    return judge(model, given.take("user"), given.take("item"))


def _dissection(model: Model, given: Arguments) -> Contributions:
    """Arguments: user, item."""
    return contribute(model, given.take("user"), given.take("item"))


def _search(model: Model, given: Arguments) -> tuple[Found, ...]:
    """Arguments: text, side ("item" or "user"), limit."""
    side = given.text("side", "item")
    if side not in ("item", "user"):
        raise UsageError(f'side is "item" or "user", not {side!r}.')
    return search(model, given.text("text"), side, given.integer("limit", 20))


def _top_items(model: Model, given: Arguments) -> tuple[Recommendation, ...]:
    """Arguments: user (an id or a list of ids), count, unseen, genre, year_from, year_to, min_ratings,
    diversity."""
    user = given.take("user")
    users = user if isinstance(user, list) else [user]
    only = ItemFilter(
        given.text("genre", None),
        given.integer("year_from", None, None),
        given.integer("year_to", None, None),
        given.integer("min_ratings", 0),
    )
    unseen, diversity = given.yes("unseen", True), given.number("diversity", 0.0)
    return top_items(model, users, given.integer("count", 10), unseen, only, diversity)


def _user_history(model: Model, given: Arguments) -> UserHistory:
    """Arguments: user, count."""
    return user_history(model, given.take("user"), given.integer("count", 10))


def _similar_items(model: Model, given: Arguments) -> tuple[SimilarItem, ...]:
    """Arguments: item, count, min_ratings."""
    return similar_items(
        model, given.take("item"), given.integer("count", 10), given.integer("min_ratings", 1)
    )


def _similar_users(model: Model, given: Arguments) -> tuple[SimilarUser, ...]:
    """Arguments: user, count, min_ratings."""
    return similar_users(
        model, given.take("user"), given.integer("count", 10), given.integer("min_ratings", 1)
    )


LIST_VIEWS: Mapping[str, View] = {
    "prediction": _prediction,
    "contributions": _dissection,
    "search": _search,
    "top_items": _top_items,
    "user_history": _user_history,
    "similar_items": _similar_items,
    "similar_users": _similar_users,
}
