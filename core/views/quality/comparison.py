"""Runs side by side on one split, with intervals for their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import TastemapError, UsageError
from core.model import HeldOut, Model, held_out, mae, rmse
from core.options import option
from core.views import Answer, Cells, Lines, Table, View
from core.views.quality.ranking import Ranking

RESAMPLES = 1000


@dataclass(frozen=True, kw_only=True)
class Difference:
    """RMSE of a run minus that of the first one, with its 95 % interval: below 0 is better."""

    rmse: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Better, worse, or no clear difference."""
        if self.low <= 0 <= self.high:
            return "no clear difference"
        return "better" if self.high < 0 else "worse"


@dataclass(frozen=True, kw_only=True)
class ComparedRun:
    """A run's held-out figures; no `difference` for the first run and where `not_comparable` says why."""

    run: str
    architecture: str
    rmse: float | None = None
    mae: float | None = None
    ndcg: float | None = None
    seconds: float | None = None
    difference: Difference | None = None
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
        heading = ("run", "RMSE", "MAE", f"nDCG@{answer.k}", "seconds", "RMSE against the first (95 %)", "")
        yield Table([heading, *map(_cells, answer.runs)])


def compare(models: Sequence[Model], k: int) -> ComparedRuns:
    """Compare models, two at least, with the first of them."""
    reference = models[0]
    return ComparedRuns(k=k, runs=tuple(_compared(model, reference, k) for model in models))


def bootstrap_difference(first: HeldOut, other: HeldOut, seed: int = 0) -> Difference:
    """RMSE of `other` minus that of `first` on the same pairs, with a paired percentile bootstrap over users.

    Users are drawn, not ratings, since the ratings of one user err alike (cluster bootstrap, Davison &
    Hinkley 1997).
    """
    users, places = np.unique(first.users, return_inverse=True)
    sums = [np.bincount(places, weights=np.square(part.errors)).astype(np.float64) for part in (first, other)]
    counts = np.bincount(places).astype(np.float64)
    generator = np.random.default_rng(seed)
    drawn = np.array([_resample(sums, counts, generator) for _ in range(RESAMPLES if len(users) > 1 else 1)])
    low, high = np.percentile(drawn, [2.5, 97.5])
    exact = rmse(other.predicted, other.truth) - rmse(first.predicted, first.truth)
    return Difference(rmse=exact, low=float(low), high=float(high))


def _resample(
    sums: Sequence[npt.NDArray[np.float64]], counts: npt.NDArray[np.float64], generator: np.random.Generator
) -> float:
    chosen = generator.integers(len(counts), size=len(counts))
    first, other = (float(np.sqrt(part[chosen].sum() / counts[chosen].sum())) for part in sums)
    return other - first


class _Figures(NamedTuple):
    rmse: float
    mae: float
    ndcg: float


def _compared(model: Model, reference: Model, k: int) -> ComparedRun:
    run, architecture, seconds = model.facts.run or "", model.architecture.name, model.facts.seconds
    try:
        pairs = held_out(model)
        figures = _Figures(
            rmse(pairs.predicted, pairs.truth),
            mae(pairs.predicted, pairs.truth),
            Ranking(k=k).answer(model).model.ndcg,
        )
    except TastemapError as error:
        reason = f"its ratings table can't be read: {error}"
        return ComparedRun(run=run, architecture=architecture, seconds=seconds, not_comparable=reason)
    difference, reason = (None, "") if model is reference else _difference(model, reference, pairs)
    return ComparedRun(
        run=run,
        architecture=architecture,
        rmse=figures.rmse,
        mae=figures.mae,
        ndcg=figures.ndcg,
        seconds=seconds,
        difference=difference,
        verdict=difference.verdict if difference else "",
        not_comparable=reason,
    )


def _difference(model: Model, reference: Model, pairs: HeldOut) -> tuple[Difference | None, str]:
    """The difference from the first run, or why there can't be one."""
    if model.facts.split_hash != reference.facts.split_hash:
        return None, "another split (the hashes differ)"
    try:
        return bootstrap_difference(held_out(reference), pairs), ""
    except TastemapError:
        return None, "the first run's ratings table can't be read"


def _cells(one: ComparedRun) -> Cells:
    figures = [_figure(value, 4) for value in (one.rmse, one.mae, one.ndcg)]
    verdict = f"not comparable: {one.not_comparable}" if one.not_comparable else one.verdict
    away = one.difference
    interval = "" if away is None else f"{away.rmse:+.4f} ({away.low:+.4f} to {away.high:+.4f})"
    return one.run, *figures, _figure(one.seconds, 1), interval, verdict


def _figure(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
