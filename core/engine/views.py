"""The views that a Query can ask for: each takes a model and arguments and gives a JSON-able result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from core.errors import UsageError
from core.options import suggest
from core.recommender.model import Model

View = Callable[[Model, Mapping[str, Any]], Any]


def answer_view(view: str, model: Model, arguments: Mapping[str, Any]) -> Any:
    """Compute a view; raises UsageError for an unknown view or a missing argument."""
    if view not in VIEWS:
        raise UsageError(f"There is no view {view!r}.", hint=suggest(view, VIEWS))
    return VIEWS[view](model, arguments)


def argument(arguments: Mapping[str, Any], name: str) -> Any:
    """Take an argument; raises UsageError where it is missing."""
    if name not in arguments:
        raise UsageError(f"The query lacks {name!r}.")
    return arguments[name]


def _prediction(model: Model, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments: user, item (external ids)."""
    return asdict(model.predict(argument(arguments, "user"), argument(arguments, "item")))


VIEWS: Mapping[str, View] = {"prediction": _prediction}
