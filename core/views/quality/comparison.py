"""Runs side by side on one split, with intervals for their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from core.errors import TastemapError, UsageError
from core.model import HeldOut, Model, held_out, mae, rmse
from core.options import option
from core.protocol import verdict_of
from core.ranking import PerUser, mean_interval
from core.views import Answer, Cells, Lines, Table, View
from core.views.quality.ranking import measure_users, threshold_of
from core.views.quality.resampling import resampled_rmse


@dataclass(frozen=True, kw_only=True)
class Difference:
    """RMSE of a run minus that of the first one, with its 95 % interval: below 0 is better."""

    rmse: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Better, worse, or no clear difference."""
        return verdict_of(self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class RankingDifference:
    """nDCG of a run minus that of the first one, with its 95 % interval: above 0 is better."""

    ndcg: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Better, worse, or no clear difference."""
        return verdict_of(-self.high, -self.low)


@dataclass(frozen=True, kw_only=True)
class ComparedRun:
    """A run's held-out figures; no differences for the first run and where `not_comparable` says why.

    Runs that rank have no RMSE and MAE; the verdict is by RMSE where both have it, else by nDCG.
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
        """A row a run."""
        ndcg, against = f"nDCG@{answer.k}", "against the first (95 %)"
        heading = ("run", "RMSE", "MAE", ndcg, "seconds", f"RMSE {against}", f"{ndcg} {against}", "")
        yield Table([heading, *map(_cells, answer.runs)])


def compare(models: Sequence[Model], k: int) -> ComparedRuns:
    """Compare models, two at least, with the first of them."""
    reference = models[0]
    return ComparedRuns(k=k, runs=tuple(_compared(model, reference, k) for model in models))


def bootstrap_difference(first: HeldOut, other: HeldOut, seed: int = 0) -> Difference:
    """RMSE of `other` minus that of `first` on the same pairs, with a paired bootstrap over users."""
    squares = np.stack([np.square(part.errors) for part in (first, other)], axis=1)
    drawn = resampled_rmse(first.users, squares, seed)
    low, high = np.percentile(drawn[:, 1] - drawn[:, 0], [2.5, 97.5])
    exact = rmse(other.predicted, other.truth) - rmse(first.predicted, first.truth)
    return Difference(rmse=exact, low=float(low), high=float(high))


def paired_difference(first: PerUser, other: PerUser) -> RankingDifference:
    """Mean nDCG of `other` minus that of `first` on the same users, with a paired bootstrap over them."""
    away = other.ndcg - first.ndcg
    interval = mean_interval(away)
    low, high = (float(away.mean()),) * 2 if interval is None else (interval.low, interval.high)
    return RankingDifference(ndcg=float(away.mean()), low=low, high=high)


def _compared(model: Model, reference: Model, k: int) -> ComparedRun:
    known = ComparedRun(
        run=model.facts.run or "", architecture=model.architecture.name, seconds=model.facts.seconds
    )
    try:
        figures = _figures(model, reference, k)
    except TastemapError as error:
        return replace(known, not_comparable=f"its ratings table can't be read: {error}")
    known = replace(known, **figures)
    return known if model is reference else replace(known, **_differences(model, reference, k))


def _figures(model: Model, reference: Model, k: int) -> dict[str, Any]:
    """The figures that a run has; nDCG by what is relevant to the first run."""
    ndcg = float(_measured(model, reference, k).ndcg.mean())
    if model.ranks:
        return {"ndcg": ndcg}
    pairs = held_out(model)
    errors = {"rmse": rmse(pairs.predicted, pairs.truth), "mae": mae(pairs.predicted, pairs.truth)}
    return {**errors, "ndcg": ndcg}


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


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
