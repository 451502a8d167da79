"""The errors of a saved run, on the held-out part of its table or on another table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.array_types import FloatArray, Mask
from core.data import Ratings, Split, load_ratings
from core.errors import RunError, UsageError
from core.model import RatedTable, mae, predict_rows, rmse
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
        table, predictor = _table(run, ratings), run.model.predictor
        strangers = ~predictor.known(*predictor.rows_of(table))
        return _evaluation("all rows", predictor.predict_ratings(table), table.ratings, strangers)
    if run.config.split.get("method") == "none":
        hint = "Give a table to measure on all its rows, with --data."
        raise UsageError(f"{run.id} was trained on all its ratings: nothing was held out.", hint=hint)
    table = recorded_ratings(run)
    split = recorded_split(run.config.split, table)
    if split.hash != run.config.split["hash"]:
        hint = "Name a table with --data to measure on all its rows."
        raise RunError(f"{table.source} has changed since {run.id} was trained.", hint=hint)
    return _held_out(run, table, split)


def _table(run: Run, ratings: Any) -> Ratings:
    if isinstance(ratings, Ratings):
        return ratings
    return load_ratings(ratings, sources=run.registry.data_sources)


def _held_out(run: Run, table: Ratings, split: Split) -> Evaluation:
    """Measure the held-out part; users whom training doesn't know are folded in from what they gave."""
    model = replace(run.model, read_rated=lambda: RatedTable.of_split(table, split))
    users, items = (side[split.test] for side in model.predictor.rows_of(table))
    strangers = ~model.predictor.known(users, items)
    if split.folds_in:
        strangers &= model.baseline.item_counts[items] == 0
    predictions, truth = predict_rows(model, split.test), table.ratings[split.test]
    return replace(_evaluation("held-out", predictions, truth, strangers), split_hash=split.hash)


def _evaluation(part: str, predictions: FloatArray, truth: FloatArray, strangers: Mask) -> Evaluation:
    return Evaluation(
        part=part,
        rmse=rmse(predictions, truth),
        mae=mae(predictions, truth),
        ratings=len(truth),
        fallbacks=int(strangers.sum()),
        split_hash=None,
    )
