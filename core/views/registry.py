"""All views by name: what the engine answers, what commands there are, what a run can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

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
from core.views.view import Answer, View
from core.views.why import Why

VIEWS: Mapping[str, type[View[Any]]] = MappingProxyType(
    {
        view.tag: view
        for view in (
            Axes,
            Biases,
            Comparison,
            Components,
            Contributions,
            Crosstab,
            Diagnosis,
            FoldIn,
            FoldInWhy,
            Map,
            NameComponent,
            Predict,
            Ranking,
            Search,
            SimilarItems,
            SimilarUsers,
            Summary,
            TopItems,
            UserHistory,
            Why,
        )
    }
)
"""The views by their names on the wire."""


def find_view(tag: str) -> type[View[Any]]:
    """Look a view up; raises UsageError with the nearest name."""
    if tag not in VIEWS:
        raise UsageError(f"There is no view {tag!r}.", hint=suggest(tag, VIEWS))
    return VIEWS[tag]


def view_of(answer: type[Answer]) -> type[View[Any]]:
    """The view that answers with a class of answers."""
    return next(view for view in VIEWS.values() if view.answer_type() is answer)
