"""All views by name: what the engine answers, what commands there are, what a run can be asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar

from core.errors import UsageError
from core.options import suggest
from core.views.biases import Biases
from core.views.components import Axes, Components, NameComponent
from core.views.crosstab import Crosstab
from core.views.fold_in import FoldIn, FoldInWhy
from core.views.history import UserHistory
from core.views.map import Map
from core.views.prediction import Contributions, Predict
from core.views.quality import Comparison, Diagnosis, Ranking
from core.views.search import Search
from core.views.similar import SimilarItems, SimilarUsers
from core.views.summary import Summary
from core.views.top_items import TopItems
from core.views.view import A, View
from core.views.why import Why

P = ParamSpec("P")
R = TypeVar("R")


class _Asks(Generic[P, R]):
    """A method that asks a view: its arguments are the view's, its result the view's answer."""

    def __init__(self, view: Callable[P, View[Any]]) -> None:
        self.view, self.name = view, ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, asker: Asker, owner: type) -> Callable[P, R]:
        def ask(*arguments: P.args, **named: P.kwargs) -> R:
            answer: R = asker.ask(self.view(*arguments, **named))
            return answer

        ask.__doc__, ask.__name__, ask.__qualname__ = self.view.__doc__, self.name, f"Asker.{self.name}"
        vars(ask)["__signature__"] = inspect.signature(self.view)
        return ask


def _asks(view: Callable[P, View[A]]) -> _Asks[P, A]:
    return _Asks(view)


class Asker:
    """Every view as a method with the view's own arguments: `run.top_items(user=(4,), count=5)`."""

    axes = _asks(Axes)
    biases = _asks(Biases)
    comparison = _asks(Comparison)
    components = _asks(Components)
    contributions = _asks(Contributions)
    crosstab = _asks(Crosstab)
    diagnosis = _asks(Diagnosis)
    fold_in = _asks(FoldIn)
    fold_in_why = _asks(FoldInWhy)
    map = _asks(Map)
    name_component = _asks(NameComponent)
    prediction = _asks(Predict)
    ranking = _asks(Ranking)
    search = _asks(Search)
    similar_items = _asks(SimilarItems)
    similar_users = _asks(SimilarUsers)
    summarize = _asks(Summary)
    top_items = _asks(TopItems)
    user_history = _asks(UserHistory)
    why = _asks(Why)

    def ask(self, view: View[A]) -> A:
        """Answer a view; raises TastemapError."""
        raise NotImplementedError


VIEWS: Mapping[str, type[View[Any]]] = MappingProxyType(
    {
        asked.view.tag: asked.view
        for asked in vars(Asker).values()
        if isinstance(asked, _Asks) and isinstance(asked.view, type) and issubclass(asked.view, View)
    }
)
"""The views by their names on the wire."""


def find_view(tag: str) -> type[View[Any]]:
    """Look a view up; raises UsageError with the nearest name."""
    if tag not in VIEWS:
        raise UsageError(f"There is no view {tag!r}.", hint=suggest(tag, VIEWS))
    return VIEWS[tag]
