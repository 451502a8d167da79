"""The errors of a saved run, on the held-out part of its table or on another table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.array_types import Mask
from core.data import Ratings, Split, load_ratings
from core.errors import RunError, TastemapError, UsageError
from core.model import HeldOut, RatedTable, mae, predict_by_means, predict_rows, rmse
from core.model.moments import predict_rows_at
from core.runs.config import recorded_split
from core.runs.recorded import recorded_ratings
from core.views import Answer, Lines, Remark
from core.views.quality import ADVICE, against_baseline, bootstrap_difference

if TYPE_CHECKING:
    from core.runs.run import Run


@dataclass(frozen=True, kw_only=True)
class Evaluation(Answer):
    """Errors of a run on `ratings` rows, of which `fallbacks` had an id that training never saw.

    `baseline_rmse` is what plain damped means of the run's training ratings reach on the same rows, and
    `difference` the run's RMSE minus that, with its 95 % interval: below 0 is better. They are None where
    the run's own table can't be read (`no_baseline` says why). `moment_rmse` is that of the held-out part
    where it is known when each was rated, None where that says nothing. `leak` says where training knows rows
    from after the held-out ones.
    """

    part: str
    rmse: float
    mae: float
    ratings: int
    fallbacks: int
    split_hash: str | None
    baseline_rmse: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    verdict: str = ""
    no_baseline: str = ""
    leak: str = ""
    moment_rmse: float | None = None

    def lines(self) -> Lines:
        """The errors beside the baseline's, and how many rows were no prediction of the model's own."""
        yield f"RMSE {self.rmse:.4f}  MAE {self.mae:.4f}  on {self.ratings:,} ratings ({self.part})"
        yield from against_baseline("damped means", self.baseline_rmse, self, ADVICE)
        if self.moment_rmse is not None:
            yield f"knowing when each was rated: RMSE {self.moment_rmse:.4f}"
        if self.no_baseline:
            yield Remark(f"no damped means to compare with: {self.no_baseline}")
        if self.fallbacks:
            yield f"{self.fallbacks:,} of them by the fallback: training never saw their user or item"
        if self.leak:
            yield Remark(self.leak)


def evaluated(run: Run, ratings: Any = None) -> Evaluation:
    """Measure a run as `Run.evaluate` says."""
    if run.objective == "ranking":
        hint = "`tastemap rank` measures rankings."
        raise UsageError(
            f"{run.id} ranks and predicts no ratings, so there are no errors of them.", hint=hint
        )
    if ratings is not None:
        table, predictor = _table(run, ratings), run.model.predictor
        if not table.has_ratings:
            hint = "Name its column of ratings, if it has one (--rating-column, --kind ratings)."
            raise UsageError(f"{table.source} holds interactions: they have no errors.", hint=hint)
        users, items = predictor.rows_of(table)
        pairs = HeldOut(users, items, table.ratings, predictor.predict_ratings(table))
        return _evaluation("all rows", run, pairs, ~predictor.known(users, items))
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
    pairs = HeldOut(users, items, table.ratings[split.test], predict_rows(model, split.test))
    measured = _evaluation("held-out", run, pairs, strangers, folded=True)
    then = None if split.folds_in else predict_rows_at(model, split.test)
    knowing = None if then is None else rmse(then, pairs.truth)
    return replace(measured, split_hash=split.hash, leak=run.model.facts.leak, moment_rmse=knowing)


def _evaluation(part: str, run: Run, pairs: HeldOut, strangers: Mask, folded: bool = False) -> Evaluation:
    return Evaluation(
        part=part,
        rmse=rmse(pairs.predicted, pairs.truth),
        mae=mae(pairs.predicted, pairs.truth),
        ratings=len(pairs.truth),
        fallbacks=int(strangers.sum()),
        split_hash=None,
        **_against_means(run, pairs, folded),
    )


def _against_means(run: Run, predicted: HeldOut, folded: bool) -> dict[str, Any]:
    """Damped means on the same rows, and how far the run lies from them; why not, where they can't be had."""
    try:
        by_means = predict_by_means(run.model, predicted.users, predicted.items, folded)
        means = replace(predicted, predicted=by_means)
    except TastemapError as error:
        return {"no_baseline": str(error)}
    away = bootstrap_difference(means, predicted)
    return {
        "baseline_rmse": rmse(means.predicted, means.truth),
        "difference": away.rmse,
        "difference_low": away.low,
        "difference_high": away.high,
        "verdict": away.verdict,
    }
