"""Views about how good a model is: errors, ranking, comparison; and tested names for its axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.engine.arguments import Arguments
from core.errors import UsageError
from core.model.model import Model
from core.views.axes import NamedAxis, named_axes
from core.views.comparison import ComparedRun, compare
from core.views.diagnosis import Diagnosis, diagnose
from core.views.ranking import RankingQuality, ranking_quality

View = Callable[[Model, Arguments], Any]


def _axes(model: Model, given: Arguments) -> tuple[NamedAxis, ...]:
    """Arguments: most_rated, components."""
    return named_axes(model, given.integer("most_rated", 2000, 2), given.integer("components", 3, 1))


def _ranking(model: Model, given: Arguments) -> RankingQuality:
    """Arguments: k, relevant_from (a rating; the upper quarter of the scale), popularity (measure that)."""
    k, popularity = given.integer("k", 10, 1), given.yes("popularity", False)
    threshold = given.take("relevant_from", None)
    return ranking_quality(model, k, None if threshold is None else given.number("relevant_from"), popularity)


def _diagnosis(model: Model, given: Arguments) -> Diagnosis:
    """Arguments: worst (how many)."""
    return diagnose(model, given.integer("worst", 10))


def _comparison(model: Model, given: Arguments) -> tuple[ComparedRun, ...]:
    """Arguments: runs (a list of other runs' names), k."""
    from core.api import load_run
    from core.runs.models import saved_model

    runs = given.take("runs")
    if not isinstance(runs, list):
        raise UsageError(f"runs is a list of names, not {runs!r}.")
    return compare([model, *(saved_model(load_run(str(run))) for run in runs)], given.integer("k", 10, 1))


QUALITY_VIEWS: Mapping[str, View] = {
    "axes": _axes,
    "ranking": _ranking,
    "diagnosis": _diagnosis,
    "comparison": _comparison,
}
