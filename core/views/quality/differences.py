"""Differences between two ways to predict or to rank the same held-out part, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.model import HeldOut, rmse
from core.protocol import interval_told, verdict_of
from core.ranking import PerUser, mean_interval
from core.views.quality.resampling import resampled_rmse


@dataclass(frozen=True, kw_only=True)
class Difference:
    """RMSE of a run minus that of another or of damped means, with its 95 % interval: below 0 is better."""

    rmse: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The difference itself."""
        return self.rmse

    @property
    def verdict(self) -> str:
        """Better, worse, or no clear difference."""
        return verdict_of(self.low, self.high)


@dataclass(frozen=True, kw_only=True)
class RankingDifference:
    """nDCG of a run minus that of another or of popularity, with its 95 % interval: above 0 is better."""

    ndcg: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The difference itself."""
        return self.ndcg

    @property
    def verdict(self) -> str:
        """Better, worse, or no clear difference."""
        return verdict_of(-self.high, -self.low)


def bootstrap_difference(first: HeldOut, other: HeldOut, seed: int = 0) -> Difference:
    """RMSE of `other` minus that of `first` on the same pairs, with a paired bootstrap over users."""
    squares = np.empty((len(first.truth), 2))
    for way, part in enumerate((first, other)):
        np.square(part.errors, out=squares[:, way])
    drawn = resampled_rmse(first.users, squares, seed)
    low, high = np.percentile(drawn[:, 1] - drawn[:, 0], [2.5, 97.5])
    exact = rmse(other.predicted, other.truth) - rmse(first.predicted, first.truth)
    return Difference(rmse=exact, low=float(low), high=float(high))


def paired_difference(first: PerUser, other: PerUser) -> RankingDifference:
    """Mean nDCG of `other` minus that of `first` on the same users, with a paired bootstrap over them."""
    return _mean_difference(other.ndcg - first.ndcg)


Ways = tuple[HeldOut, HeldOut] | tuple[PerUser, PerUser]
"""A held-out part by two ways to predict or to rank it: the one to beat, then the other."""


def pooled_difference(parts: Sequence[Ways]) -> Difference | RankingDifference:
    """How two ways differ over several held-out parts (one at least, all of one kind) together.

    RMSE over the ratings of all parts; nDCG as the mean over users of each one's mean over the parts.
    """
    predicted = [part for part in parts if isinstance(part[0], HeldOut) and isinstance(part[1], HeldOut)]
    if predicted:
        first, other = (_joined([part[way] for part in predicted]) for way in (0, 1))
        return bootstrap_difference(first, other)
    ranked = [part for part in parts if isinstance(part[0], PerUser) and isinstance(part[1], PerUser)]
    users, places = np.unique(np.concatenate([first.users for first, _ in ranked]), return_inverse=True)
    away = np.concatenate([other.ndcg - first.ndcg for first, other in ranked])
    means = np.bincount(places, weights=away, minlength=len(users)) / np.bincount(places)
    return _mean_difference(means.astype(np.float64))


def _joined(parts: Sequence[HeldOut]) -> HeldOut:
    if len(parts) == 1:
        return parts[0]
    columns = zip(*((part.users, part.items, part.truth, part.predicted) for part in parts), strict=True)
    return HeldOut(*(np.concatenate(column) for column in columns))


def _mean_difference(away: npt.NDArray[np.float64]) -> RankingDifference:
    mean, interval = float(away.mean()), mean_interval(away)
    low, high = (mean, mean) if interval is None else (interval.low, interval.high)
    return RankingDifference(ndcg=mean, low=low, high=high)


ADVICE = "; to do better try --tune 20, --arch bayes or more ratings"
RANKING_ADVICE = "; to do better try --tune 20, --arch ease or more data"


class Away(Protocol):
    """A difference from the baseline with its interval, as the finished event and evaluations have it."""

    @property
    def difference(self) -> float | None: ...
    @property
    def difference_low(self) -> float | None: ...
    @property
    def difference_high(self) -> float | None: ...
    @property
    def verdict(self) -> str: ...


def against_baseline(name: str, reached: float | None, away: Away, advice: str = "") -> list[str]:
    """A line: the baseline's figure, the difference, the verdict, and advice where it isn't beaten."""
    if reached is None:
        return []
    if away.difference is None:
        return [f"{name} {reached:.4f}"]
    low, high = away.difference_low or 0.0, away.difference_high or 0.0
    told = f"{name} {reached:.4f}: {away.difference:+.4f} ({interval_told(low, high)}), {away.verdict}"
    return [told if away.verdict == "better" else f"{told}{advice}"]
