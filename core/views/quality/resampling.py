"""Figures of several models on the same users, over users drawn again and again: a paired bootstrap.

Users are drawn, not ratings, since the ratings of one user err alike (cluster bootstrap, Davison & Hinkley
1997).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.array_types import DoubleArray
from core.ranking import widened

RESAMPLES = 1000
_NUMBERS = 4_000_000


def resampled_rmse(users: npt.NDArray[np.integer], squares: DoubleArray, seed: int = 0) -> DoubleArray:
    """RMSE of each model, shape (resamples, models), of squared errors (n, models) of the `users`' rows (n,).

    A single user gives one sample; figures of few users are drawn apart (`core.ranking.widened`).
    """
    places = users - users.min()  # rows are counted: to sort a long held-out part would cost its size tenfold
    counts = np.bincount(places).astype(np.float64)
    there = counts > 0
    sums = np.stack([np.bincount(places, weights=column)[there] for column in squares.T], axis=1)
    counts = counts[there]
    parts = [np.sqrt((times @ sums) / (times @ counts)[:, None]) for times in _drawn(len(counts), seed)]
    return widened(np.concatenate(parts), np.sqrt(sums.sum(axis=0) / counts.sum()), len(counts))


def resampled_means(values: DoubleArray, seed: int = 0) -> DoubleArray:
    """Means of each model, shape (resamples, models), of figures of users, shape (users, models)."""
    drawn = np.concatenate([times @ values / len(values) for times in _drawn(len(values), seed)])
    return widened(drawn, values.mean(axis=0), len(values))


def _drawn(users: int, seed: int) -> Iterator[DoubleArray]:
    """How often each user is drawn, shape (some resamples, users), in bounded memory."""
    generator = np.random.default_rng(seed)
    left, size = RESAMPLES if users > 1 else 1, max(1, _NUMBERS // users)
    while left > 0:
        chosen = [generator.integers(users, size=users) for _ in range(min(size, left))]
        yield np.stack([np.bincount(one, minlength=users) for one in chosen]).astype(np.float64)
        left -= size
