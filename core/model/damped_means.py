"""Damped means: mean + what a user adds + what an item adds, the model that every other must beat.

How far offsets are damped follows from the table: each rating is predicted from its row's other ratings, in
closed form for any damping, and the damping that errs least is taken (leave one out, Stone 1974), or one
nearer to the usual where chance could tell the two apart: on a small table the best one is mostly luck. A
side whose offsets vary little is damped much. It takes a few passes over the ratings and no choice by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.array_types import DoubleArray

PLAIN_DAMPING = 5.0
"""Ratings of the mean that the plain damped means mix into every user's and item's own (Funk 2006)."""
_SWEEPS, _LEARNING_SWEEPS = 15, 20
_DAMPINGS = PLAIN_DAMPING * 1.2 ** np.arange(-15, 23)
"""What a damping is chosen from: 0.3 to 275 ratings."""
_CHANCE = 1.0
"""A damping must err less by so many standard errors than one nearer to the plain damping (the rule of one
standard error, Breiman et al. 1984)."""
_ROUNDING = 1e-9
"""Errors that differ by so small a share are equal: rows of one rating each say nothing of their damping."""
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
        """Predict pairs of rows, shape (n,), not clipped; row −1 is an unknown id, which has no offset."""
        offsets = [
            np.where(rows >= 0, side[rows], 0.0)
            for rows, side in ((users, self.user_offsets), (items, self.item_offsets))
        ]
        predicted: DoubleArray = self.mean + offsets[0] + offsets[1]
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
    dampings = (PLAIN_DAMPING, PLAIN_DAMPING)
    for _ in range(_LEARNING_SWEEPS):
        moved = fit.sweep(dampings)
        fit.center()
        before, dampings = dampings, (fit.best_damping(0, dampings), fit.best_damping(1, dampings))
        if moved < _CLOSE and dampings == before:
            break
    fit.sweep(dampings)
    return fit.means(dampings, fit.noise(dampings))


_BLOCK = 1 << 23
"""Ratings that are looked at together: of a long table a copy in 64 bits would be dear."""


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]


class _Fit:
    """Offsets of both sides in turn, each given the other (backfitting)."""

    def __init__(
        self, users: _Rows, items: _Rows, ratings: npt.NDArray[np.floating], counts: tuple[int, int]
    ) -> None:
        self.sides = (users, items)
        self.mean = float(ratings.mean(dtype=np.float64))
        self.residuals = ratings.astype(np.float64)
        self.residuals -= self.mean
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

    def noise(self, dampings: tuple[float, float]) -> float:
        """The variance of ratings around their means.

        The offsets are fitted to the same ratings, as many of them as they have degrees of freedom.
        """
        freedom = sum(
            float((count / (count + damping)).sum())
            for count, damping in zip(self.counts, dampings, strict=True)
        )
        left = max(len(self.residuals) - freedom, 0.1 * len(self.residuals))
        squares = sum(float((self.residuals[block] ** 2).sum()) for block in _blocks(len(self.residuals)))
        return max(squares / left, 1e-6 * self.variance)

    def best_damping(self, side: int, dampings: tuple[float, float]) -> float:
        """The damping of a side by which its rows predict each of their ratings best from their others.

        Of those within `_CHANCE` standard errors of the best it is the one nearest to the plain damping.
        """
        left_out = self._left_out(side, dampings)
        totals = np.array([left_out(damping).sum() for damping in _DAMPINGS])
        least = left_out(_DAMPINGS[int(np.argmin(totals))])
        chance = [np.linalg.norm(left_out(damping) - least) for damping in _DAMPINGS]
        margins = _CHANCE * np.array(chance) + _ROUNDING * totals.min()
        near = np.flatnonzero(totals - totals.min() <= margins)
        return float(_DAMPINGS[near[np.argmin(np.abs(np.log(_DAMPINGS[near] / PLAIN_DAMPING)))]])

    def _left_out(self, side: int, dampings: tuple[float, float]) -> Callable[[float], DoubleArray]:
        """Squared errors of ratings left out, summed by row (those with any), as a function of the damping.

        Of n ratings with sum S and sum of squares Q, with a = 1 / (n − 1 + damping), a rating x errs by
        (1 + a) · x − a · S; the squares add up to (1 + a)² · Q − 2a(1 + a) · S² + n · a² · S². What a rating
        did to the other side's offset is taken out first.
        """
        seen = self.counts[side] > 0
        n, count = self.counts[side][seen].astype(np.float64), len(seen)
        sums, squares = np.zeros(count), np.zeros(count)
        for block in _blocks(len(self.residuals)):
            rows, ratings = self.sides[side][block], self._without_other(side, dampings, block)
            sums += np.bincount(rows, weights=ratings, minlength=count)
            squares += np.bincount(rows, weights=ratings**2, minlength=count)
        sums, squares = sums[seen] ** 2, squares[seen]

        def errors(damping: float) -> DoubleArray:
            share = 1 / (n - 1 + damping)
            summed: DoubleArray = (1 + share) ** 2 * squares - share * (2 + (2 - n) * share) * sums
            return summed

        return errors

    def _without_other(self, side: int, dampings: tuple[float, float], block: slice) -> DoubleArray:
        """Ratings of a block as a side sees them, without what each did to the other side's offset."""
        other = 1 - side
        with_other = self.counts[other][self.sides[other][block]] + dampings[other]
        ratings: DoubleArray = self.residuals[block] * with_other / (with_other - 1)
        return ratings + self.offsets[side][self.sides[side][block]]

    def means(self, dampings: tuple[float, float], noise: float) -> DampedMeans:
        """What was found."""
        return DampedMeans(self.mean, self.offsets[0], self.offsets[1], dampings, noise**0.5)

    def _fit_side(self, side: int, damping: float) -> float:
        rows, counts, offsets = self.sides[side], self.counts[side], self.offsets[side]
        totals = np.zeros(len(offsets))
        for block in _blocks(len(rows)):
            totals += np.bincount(rows[block], weights=self.residuals[block], minlength=len(offsets))
        fitted = (totals + counts * offsets) / (counts + damping)
        change = fitted - offsets
        for block in _blocks(len(rows)):
            self.residuals[block] -= change[rows[block]]
        self.offsets[side] = fitted
        return float(np.abs(change).max(initial=0.0))
