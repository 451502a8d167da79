"""Figures of rankings: nDCG, recall, average precision, coverage, novelty and what lies beyond accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import DoubleArray, LongArray, Mask

RESAMPLES = 1000
LONG_TAIL = 0.8
"""The most popular items hold this share of training; all others are the long tail."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class RankingFigures:
    """How one way to rank does, as means over users of their first k.

    `ndcg` has gain 1 for a relevant item and `interval` around its mean over users; `recall` is the share of
    the relevant found, `recall_20` that among the first 20; `map` is average precision over min(k, relevant).
    `coverage` is the share of trained items that anybody is shown, `novelty` the mean −log₂ of the share of
    users who have what is shown (Vargas & Castells 2011), in bits. `gini` says how unequally items are shown
    (0: all alike, 1: one alone), `long_tail` the share of what is shown that is not among the most popular
    items which hold 80 % of training, `popularity` the mean count of training of what is shown.
    """

    ndcg: float
    recall: float
    map: float
    coverage: float
    novelty: float
    recall_20: float = 0.0
    gini: float = 0.0
    long_tail: float = 0.0
    popularity: float = 0.0
    interval: Interval | None = None


@dataclass(frozen=True)
class PerUser:
    """What each of `users` was shown, shape (users, k), and their nDCG, recall, recall@20 and average
    precision, each of shape (users,)."""

    users: LongArray
    shown: LongArray
    ndcg: DoubleArray
    recall: DoubleArray
    recall_20: DoubleArray
    precision: DoubleArray


def figures_of(hits: Mask, relevant: npt.NDArray[np.integer]) -> DoubleArray:
    """nDCG, recall and average precision of each user, shape (users, 3).

    `hits` (users, k) says which of the shown are relevant, `relevant` (users,) how many there are (≥ 1).
    """
    k = hits.shape[1]
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, k) - 1]
    precision = np.cumsum(hits, axis=1) / np.arange(1, k + 1)
    average_precision = (precision * hits).sum(axis=1) / np.minimum(relevant, k)
    return np.stack([hits @ discounts / ideal, hits.sum(axis=1) / relevant, average_precision], axis=1)


def sum_up(
    measured: PerUser, item_counts: LongArray, trained_users: int, *, interval: bool = True
) -> RankingFigures:
    """Average over users; `item_counts` are those of training, shape (items,). An interval takes its time."""
    shown = measured.shown
    information = -np.log2(np.maximum(item_counts[shown], 1) / max(1, trained_users))
    trained = item_counts > 0
    times_shown = np.bincount(shown.ravel(), minlength=len(item_counts))
    return RankingFigures(
        ndcg=float(measured.ndcg.mean()),
        recall=float(measured.recall.mean()),
        map=float(measured.precision.mean()),
        coverage=len(np.unique(shown)) / max(1, int(trained.sum())),
        novelty=float(information.mean()),
        recall_20=float(measured.recall_20.mean()),
        gini=gini(times_shown[trained]),
        long_tail=float(in_long_tail(item_counts)[shown].mean()),
        popularity=float(item_counts[shown].mean()),
        interval=share_interval(measured.ndcg) if interval else None,
    )


def gini(counts: npt.NDArray[np.number]) -> float:
    """Gini index of counts, shape (n,): 0 where all are alike, towards 1 where one has all."""
    total = float(counts.sum())
    if not len(counts) or not total:
        return 0.0
    ordered = np.sort(counts).astype(np.float64)
    ranks = np.arange(1, len(ordered) + 1)
    return float(((2 * ranks - len(ordered) - 1) * ordered).sum() / (len(ordered) * total))


def in_long_tail(item_counts: npt.NDArray[np.number]) -> Mask:
    """Which items, shape (items,), are not among the most popular ones that hold `LONG_TAIL` of training."""
    order = np.argsort(-item_counts, kind="stable")
    before = np.cumsum(item_counts[order]) - item_counts[order]
    tail = np.ones(len(item_counts), bool)
    tail[order[before < LONG_TAIL * item_counts.sum()]] = False
    return tail


_MANY_USERS = 30
"""Of so many users on a bootstrap's interval is taken as it is."""


def mean_interval(values: DoubleArray, seed: int = 0) -> Interval | None:
    """The 95 % percentile bootstrap interval of a mean over users; None for a single one."""
    if len(values) < 2:
        return None
    low, high = np.percentile(bootstrap_means(values, seed), [2.5, 97.5])
    return Interval(low=float(low), high=float(high))


def share_interval(values: DoubleArray, seed: int = 0) -> Interval | None:
    """`mean_interval` of figures between 0 and 1, which it doesn't leave."""
    found = mean_interval(values, seed)
    return found and Interval(low=max(0.0, found.low), high=min(1.0, found.high))


def bootstrap_means(values: DoubleArray, seed: int = 0) -> DoubleArray:
    """Means of `RESAMPLES` samples of users with replacement, shape (RESAMPLES,), in bounded memory.

    The counts with which users are drawn are multinomial, so equal values are drawn together.
    """
    distinct, counts = np.unique(values, return_counts=True)
    generator = np.random.default_rng(seed)
    shares = counts / counts.sum()
    size = max(1, 4_000_000 // max(1, len(distinct)))
    parts = [
        generator.multinomial(len(values), shares, min(size, RESAMPLES - start)) @ distinct
        for start in range(0, RESAMPLES, size)
    ]
    means: DoubleArray = widened(np.concatenate(parts) / len(values), float(values.mean()), len(values))
    return means


def widened(drawn: DoubleArray, exact: Any, users: int) -> DoubleArray:
    """Resampled figures, drawn apart from the exact ones where they are of few users.

    A bootstrap of few spreads too little: by the root of (n − 1) / n, and as if their spread were known
    (Hesterberg 2015, "expanded percentile"); Student's t makes up for that.
    """
    if not 1 < users < _MANY_USERS:
        return drawn
    from scipy.special import stdtrit

    wider = float(stdtrit(users - 1, 0.975)) / 1.96 * (users / (users - 1)) ** 0.5
    found: DoubleArray = exact + wider * (drawn - exact)
    return found
