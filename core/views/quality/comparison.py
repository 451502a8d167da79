"""Runs side by side on one split, with intervals for their differences from the first and the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from core.errors import TastemapError, UsageError
from core.model import Model, held_out, held_out_by_means, mae, rmse
from core.options import option
from core.protocol import interval_told
from core.ranking import PerUser
from core.views import Answer, Cells, Lines, Table, View
from core.views.quality.differences import (
    Difference,
    RankingDifference,
    bootstrap_difference,
    paired_difference,
)
from core.views.quality.ranking import measure_popularity, measure_users, threshold_of


@dataclass(frozen=True, kw_only=True)
class ComparedRun:
    """A run's held-out figures; no differences for the first run and where `not_comparable` says why.

    Runs that rank have no RMSE and MAE; the verdict is by RMSE where both have it, else by nDCG. Each run has
    its baseline beside it, on its own split: damped means (`baseline_rmse`), or mere popularity for one that
    ranks (`baseline_ndcg`), and the difference from that, with `baseline_verdict`.
    """

    run: str
    architecture: str
    rmse: float | None = None
    mae: float | None = None
    ndcg: float | None = None
    seconds: float | None = None
    difference: Difference | None = None
    ranking_difference: RankingDifference | None = None
    verdict: str = ""
    not_comparable: str = ""
    baseline_rmse: float | None = None
    baseline_ndcg: float | None = None
    baseline_difference: Difference | None = None
    baseline_ranking_difference: RankingDifference | None = None
    baseline_verdict: str = ""


@dataclass(frozen=True, kw_only=True)
class ComparedRuns(Answer):
    """The runs in the order asked for; nDCG is that of the first `k`."""

    k: int
    runs: tuple[ComparedRun, ...]


class Comparison(View[ComparedRuns]):
    """Compare runs on the same split, with bootstrap intervals for the differences from the first.

    Those with another split hash, or without their table, aren't comparable, and say so. Raises UsageError
    for fewer than two.
    """

    command: ClassVar[str] = "compare"
    on_held_out: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("runs",)
    runs: tuple[str, ...] = option(help="The others: ids, beginnings of them, or paths.", metavar="RUN")
    k: int = option(
        default=10, help="nDCG of the first k of each user's ranking.", minimum=1, flags=("-k", "--k")
    )

    def answer(self, model: Model) -> ComparedRuns:
        """Compare the model with the runs that are named."""
        if not self.runs:
            raise UsageError("A comparison takes two runs at least.")
        if model.open_run is None:
            raise UsageError("This model can't be compared: it knows of no other runs.")
        return compare([model, *map(model.open_run, self.runs)], self.k)

    @classmethod
    def lines(cls, answer: ComparedRuns) -> Lines:
        """A row a run, then a row each for what it must beat."""
        ndcg, against = f"nDCG@{answer.k}", "against the first (95 %)"
        heading = ("run", "RMSE", "MAE", ndcg, "seconds", f"RMSE {against}", f"{ndcg} {against}", "")
        yield Table([heading, *map(_cells, answer.runs)])
        rows = [_baseline_cells(one) for one in answer.runs if one.baseline_verdict]
        if rows:
            yield Table([("run", "baseline", "", "against it (95 %)", ""), *rows])


def compare(models: Sequence[Model], k: int) -> ComparedRuns:
    """Compare models, two at least, with the first of them."""
    reference = models[0]
    return ComparedRuns(k=k, runs=tuple(_compared(model, reference, k) for model in models))


def _compared(model: Model, reference: Model, k: int) -> ComparedRun:
    known = ComparedRun(
        run=model.facts.run or "", architecture=model.architecture.name, seconds=model.facts.seconds
    )
    try:
        figures = _figures(model, reference, k)
    except TastemapError as error:
        return replace(known, not_comparable=f"it can't be measured: {error}")
    known = replace(known, **figures)
    return known if model is reference else replace(known, **_differences(model, reference, k))


def _figures(model: Model, reference: Model, k: int) -> dict[str, Any]:
    """The figures that a run and its baseline have; nDCG by what is relevant to the first run."""
    measured = _measured(model, reference, k)
    ndcg = {"ndcg": float(measured.ndcg.mean())}
    if model.ranks:
        popular = measure_popularity(model, k, threshold_of(reference, None))
        gain = paired_difference(popular, measured)
        told = {"baseline_ranking_difference": gain, "baseline_verdict": gain.verdict}
        return {**ndcg, "baseline_ndcg": float(popular.ndcg.mean()), **told}
    pairs, means = held_out(model), held_out_by_means(model)
    errors = {"rmse": rmse(pairs.predicted, pairs.truth), "mae": mae(pairs.predicted, pairs.truth)}
    difference = bootstrap_difference(means, pairs)
    told = {"baseline_difference": difference, "baseline_verdict": difference.verdict}
    return {**ndcg, **errors, "baseline_rmse": rmse(means.predicted, means.truth), **told}


def _measured(model: Model, reference: Model, k: int) -> PerUser:
    return measure_users(model, k, threshold_of(reference, None))


def _differences(model: Model, reference: Model, k: int) -> dict[str, Any]:
    """The differences from the first run, or why there can't be any."""
    if model.facts.split_hash != reference.facts.split_hash:
        return {"not_comparable": "another split (the hashes differ)"}
    try:
        ranking = paired_difference(_measured(reference, reference, k), _measured(model, reference, k))
        if model.ranks or reference.ranks:
            return {"ranking_difference": ranking, "verdict": ranking.verdict}
        difference = bootstrap_difference(held_out(reference), held_out(model))
    except TastemapError:
        return {"not_comparable": "the first run's ratings table can't be read"}
    return {"difference": difference, "ranking_difference": ranking, "verdict": difference.verdict}


def _cells(one: ComparedRun) -> Cells:
    figures = [_figure(value, 4) for value in (one.rmse, one.mae, one.ndcg)]
    verdict = f"not comparable: {one.not_comparable}" if one.not_comparable else one.verdict
    errors, ranking = one.difference, one.ranking_difference
    away = "" if errors is None else _interval(errors.rmse, errors.low, errors.high)
    ranked = "" if ranking is None else _interval(ranking.ndcg, ranking.low, ranking.high)
    return one.run, *figures, _figure(one.seconds, 1), away, ranked, verdict


def _baseline_cells(one: ComparedRun) -> Cells:
    errors, ranking = one.baseline_difference, one.baseline_ranking_difference
    if errors is not None:
        away = _interval(errors.rmse, errors.low, errors.high)
        return one.run, "damped means, RMSE", _figure(one.baseline_rmse, 4), away, one.baseline_verdict
    away = "" if ranking is None else _interval(ranking.ndcg, ranking.low, ranking.high)
    return one.run, "popularity, nDCG", _figure(one.baseline_ndcg, 4), away, one.baseline_verdict


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:+.4f} ({interval_told(low, high).removeprefix('95 % ')})"


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
