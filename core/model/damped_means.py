"""Damped means: mean + what a user adds + what an item adds, the model that every other must beat.

How far offsets are damped follows from the table: offsets are taken for draws from normal distributions, one
for users and one for items, whose variances and the ratings' noise are learnt from the ratings themselves
(variance components by expectation maximization, Dempster, Laird & Rubin 1977). A side whose offsets vary
little is damped much. It takes a few passes over the ratings and no choice by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.array_types import DoubleArray

PLAIN_DAMPING = 5.0
"""Ratings of the mean that the plain damped means mix into every user's and item's own (Funk 2006)."""
_SWEEPS, _LEARNING_SWEEPS = 15, 30
_CLOSE = 1e-4
"""Sweeps end when no offset moves by more than this share of the ratings' standard deviation."""

_Rows = npt.NDArray[np.integer]


@dataclass(frozen=True)
class DampedMeans:
    """A rating is `mean` + `user_offsets` (shape (users,)) + `item_offsets` ((items,)) + noise.

    `dampings` say how many ratings of 0 are mixed into a user's and into an item's offset; `noise` is the
    standard deviation of ratings around their means.
    """

    mean: float
    user_offsets: DoubleArray
    item_offsets: DoubleArray
    dampings: tuple[float, float]
    noise: float

    def predict(self, users: _Rows, items: _Rows) -> DoubleArray:
        """Predict pairs of rows, shape (n,), not clipped."""
        predicted: DoubleArray = self.mean + self.user_offsets[users] + self.item_offsets[items]
        return predicted

    def folding_in(self, users: _Rows, items: _Rows, ratings: npt.NDArray[np.floating]) -> DampedMeans:
        """The same with offsets of users, given by some of their ratings, each of shape (n,)."""
        left = ratings - self.mean - self.item_offsets[items]
        sums = np.bincount(users, weights=left, minlength=len(self.user_offsets))
        counts = np.bincount(users, minlength=len(self.user_offsets))
        folded = sums / (counts + self.dampings[0])
        return replace(self, user_offsets=np.where(counts > 0, folded, self.user_offsets))


def plain_damped_means(
    users: _Rows, items: _Rows, ratings: npt.NDArray[np.floating], counts: tuple[int, int]
) -> DampedMeans:
    """Fit damped means with the usual damping of both sides, around the ratings' own mean."""
    fit = _Fit(users, items, ratings, counts)
    dampings = (PLAIN_DAMPING, PLAIN_DAMPING)
    for _ in range(_SWEEPS):
        if fit.sweep(dampings) < _CLOSE:
            break
    return fit.means(dampings, fit.noise(dampings))


def learn_damped_means(
    users: _Rows, items: _Rows, ratings: npt.NDArray[np.floating], counts: tuple[int, int]
) -> DampedMeans:
    """Fit damped means, with dampings, mean and noise learnt from the ratings; `counts`: users and items."""
    fit = _Fit(users, items, ratings, counts)
    noise, variances = fit.variance / 2, [fit.variance / 4, fit.variance / 4]
    dampings = (2.0, 2.0)
    for _ in range(_LEARNING_SWEEPS):
        moved = fit.sweep(dampings)
        fit.center()
        noise = fit.noise(dampings, noise)
        variances = [fit.offset_variance(side, dampings[side], noise) for side in (0, 1)]
        before, dampings = dampings, (noise / variances[0], noise / variances[1])
        if moved < _CLOSE and all(abs(a / b - 1) < 0.01 for a, b in zip(before, dampings, strict=True)):
            break
    return fit.means(dampings, noise)


class _Fit:
    """Offsets of both sides in turn, each given the other (backfitting)."""

    def __init__(
        self, users: _Rows, items: _Rows, ratings: npt.NDArray[np.floating], counts: tuple[int, int]
    ) -> None:
        self.sides = (users, items)
        self.mean = float(ratings.mean(dtype=np.float64))
        self.residuals = ratings.astype(np.float64) - self.mean
        self.variance = max(float(self.residuals.var()), 1e-12)
        self.counts = [np.bincount(rows, minlength=n) for rows, n in zip(self.sides, counts, strict=True)]
        self.offsets = [np.zeros(count) for count in counts]

    def sweep(self, dampings: tuple[float, float]) -> float:
        """Fit items' and then users' offsets anew; returns how far the furthest moved, in deviations."""
        furthest = max(self._fit_side(side, dampings[side]) for side in (1, 0))
        return furthest / math.sqrt(self.variance)

    def center(self) -> None:
        """Move the mean to where the residuals' lies."""
        shift = float(self.residuals.mean())
        self.mean += shift
        self.residuals -= shift

    def noise(self, dampings: tuple[float, float], before: float = 0.0) -> float:
        """The variance of ratings around their means; `before` is the estimate of the last sweep.

        The offsets' own uncertainty adds as much as they have degrees of freedom.
        """
        freedom = sum(
            float((count / (count + damping)).sum())
            for count, damping in zip(self.counts, dampings, strict=True)
        )
        squares = float((self.residuals**2).sum())
        return max((squares + before * freedom) / len(self.residuals), 1e-6 * self.variance)

    def offset_variance(self, side: int, damping: float, noise: float) -> float:
        """The variance of a side's offsets, their uncertainty included, over rows with ratings."""
        counts = self.counts[side]
        seen = counts > 0
        expected = self.offsets[side][seen] ** 2 + noise / (counts[seen] + damping)
        return max(float(expected.mean()), 1e-4 * noise)

    def means(self, dampings: tuple[float, float], noise: float) -> DampedMeans:
        """What was found."""
        return DampedMeans(self.mean, self.offsets[0], self.offsets[1], dampings, noise**0.5)

    def _fit_side(self, side: int, damping: float) -> float:
        rows, counts, offsets = self.sides[side], self.counts[side], self.offsets[side]
        totals = np.bincount(rows, weights=self.residuals, minlength=len(offsets))
        fitted = (totals + counts * offsets) / (counts + damping)
        change = fitted - offsets
        self.residuals -= change[rows]
        self.offsets[side] = fitted
        return float(np.abs(change).max(initial=0.0))
