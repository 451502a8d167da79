"""The errors of a saved run, on the held-out part of its table or on another table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.data import Ratings, load_ratings
from core.errors import RunError, UsageError
from core.model import mae, rmse
from core.runs.config import recorded_split
from core.runs.recorded import recorded_ratings
from core.views import Answer, Lines

if TYPE_CHECKING:
    from core.runs.run import Run


@dataclass(frozen=True, kw_only=True)
class Evaluation(Answer):
    """Errors of a run on `ratings` rows, of which `fallbacks` had an id that training never saw."""

    part: str
    rmse: float
    mae: float
    ratings: int
    fallbacks: int
    split_hash: str | None

    def lines(self) -> Lines:
        """The errors, and how many rows were no prediction of the model's own."""
        yield f"RMSE {self.rmse:.4f}  MAE {self.mae:.4f}  on {self.ratings:,} ratings ({self.part})"
        if self.fallbacks:
            yield f"{self.fallbacks:,} of them by the fallback: training never saw their user or item"


def evaluated(run: Run, ratings: Any = None) -> Evaluation:
    """Measure a run as `Run.evaluate` says."""
    if run.objective == "ranking":
        hint = "`tastemap rank` measures rankings."
        raise UsageError(
            f"{run.id} ranks and predicts no ratings, so there are no errors of them.", hint=hint
        )
    if ratings is not None:
        return _measure(run, _table(run, ratings), "all rows", None)
    table = recorded_ratings(run)
    split = recorded_split(run.config.split, table)
    if split.hash != run.config.split["hash"]:
        hint = "Name a table with --data to measure on all its rows."
        raise RunError(f"{table.source} has changed since {run.id} was trained.", hint=hint)
    return _measure(run, table, "held-out", split.hash, split.test)


def _table(run: Run, ratings: Any) -> Ratings:
    if isinstance(ratings, Ratings):
        return ratings
    return load_ratings(ratings, sources=run.registry.data_sources)


def _measure(
    run: Run, table: Ratings, part: str, split_hash: str | None, rows: Any = slice(None)
) -> Evaluation:
    predictor = run.model.predictor
    users, items = (side[rows] for side in predictor.rows_of(table))
    predictions, truth = predictor.predict_rows(users, items), table.ratings[rows]
    fallbacks = int((~predictor.known(users, items)).sum())
    return Evaluation(
        part=part,
        rmse=rmse(predictions, truth),
        mae=mae(predictions, truth),
        ratings=len(truth),
        fallbacks=fallbacks,
        split_hash=split_hash,
    )
