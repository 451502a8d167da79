"""Runs side by side on one split, with intervals for their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import TastemapError, UsageError
from core.model.baseline import mae, rmse
from core.model.held_out import HeldOut, held_out
from core.model.model import Model
from core.views.ranking import ranking_quality

RESAMPLES = 1000


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class ComparedRun:
    """A run's held-out figures; no `difference` for the first run and where `not_comparable` says why."""

    run: str
    architecture: str
    rmse: float | None
    mae: float | None
    ndcg: float | None
    seconds: float | None
    difference: Difference | None = None
    verdict: str = ""
    not_comparable: str = ""


def compare(models: Sequence[Model], k: int = 10) -> tuple[ComparedRun, ...]:
    """Compare saved models with the first; those with another split hash, or without their table, aren't
    comparable, and say so. Raises UsageError for fewer than two."""
    if len(models) < 2:
        raise UsageError("A comparison takes two runs at least.")
    reference, *others = models
    return (_compared(reference, reference, k), *(_compared(model, reference, k) for model in others))


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
    return Difference(exact, float(low), float(high))


def _resample(
    sums: Sequence[npt.NDArray[np.float64]], counts: npt.NDArray[np.float64], generator: np.random.Generator
) -> float:
    chosen = generator.integers(len(counts), size=len(counts))
    first, other = (float(np.sqrt(part[chosen].sum() / counts[chosen].sum())) for part in sums)
    return other - first


def _compared(model: Model, reference: Model, k: int) -> ComparedRun:
    name, seconds = str(model.facts.get("run", "")), model.facts.get("seconds")
    architecture = model.architecture.name
    try:
        pairs, ndcg = held_out(model), ranking_quality(model, k).ndcg
    except TastemapError as error:
        reason = f"its ratings table can't be read: {error}"
        return ComparedRun(name, architecture, None, None, None, seconds, not_comparable=reason)
    figures = (
        name,
        architecture,
        rmse(pairs.predicted, pairs.truth),
        mae(pairs.predicted, pairs.truth),
        ndcg,
    )
    if model is reference:
        return ComparedRun(*figures, seconds)
    if model.facts.get("split_hash") != reference.facts.get("split_hash"):
        return ComparedRun(*figures, seconds, not_comparable="another split (the hashes differ)")
    return _against(reference, figures, seconds, pairs)


def _against(
    reference: Model, figures: tuple[str, str, float, float, float], seconds: float | None, pairs: HeldOut
) -> ComparedRun:
    try:
        first = held_out(reference)
    except TastemapError:
        return ComparedRun(*figures, seconds, not_comparable="the first run's ratings table can't be read")
    difference = bootstrap_difference(first, pairs)
    return ComparedRun(*figures, seconds, difference, difference.verdict)
