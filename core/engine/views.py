"""The views that a Query can ask for: each takes a model and arguments and gives a JSON-able result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from core.engine.arguments import Arguments
from core.engine.view_lists import LIST_VIEWS
from core.engine.view_people import PEOPLE_VIEWS
from core.engine.view_quality import QUALITY_VIEWS
from core.engine.view_tables import TABLE_VIEWS
from core.errors import UsageError
from core.model.model import Model
from core.options import suggest

VIEWS = {**LIST_VIEWS, **TABLE_VIEWS, **PEOPLE_VIEWS, **QUALITY_VIEWS}


def answer_view(view: str, model: Model, arguments: Mapping[str, Any]) -> Any:
    """Compute a view; raises UsageError for an unknown view and for missing, wrong or unknown arguments.

    BLAS keeps to one thread: views are small, and its threads wait on cores that training holds (a map took
    80 ms instead of 2).
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if view not in VIEWS:
        raise UsageError(f"There is no view {view!r}.", hint=suggest(view, VIEWS))
    given = Arguments(arguments)
    with threadpool_limits(1, user_api="blas"):
        result = jsonable(VIEWS[view](model, given))
    given.finish()
    return result


def jsonable(result: Any) -> Any:
    """Turn a dataclass, or a sequence of them, into plain dicts and lists; other values stay as they are.

    A sequence holds dataclasses if its first element is one: long columns of numbers aren't looked through.
    """
    if is_dataclass(result) and not isinstance(result, type):
        return {one.name: jsonable(getattr(result, one.name)) for one in fields(result)}
    if isinstance(result, tuple | list):
        holds_dataclasses = bool(result) and is_dataclass(result[0])
        return [jsonable(part) for part in result] if holds_dataclasses else list(result)
    return result
