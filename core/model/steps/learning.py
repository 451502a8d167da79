"""Where the cuts between steps lie and how far ratings spread, from ratings that training didn't see.

The likelihood of the ordered probit is raised by scoring steps (Newton's with the outer products of its
gradients for curvature), held by a normal prior: a cut stays midway where few ratings tell another place.
"""

from __future__ import annotations

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.data import RatingScale
from core.model.steps.rating_steps import Numbers, RatingSteps, normal_below

_FEWEST = 20
"""Of fewer ratings only the spread is told, by their errors."""
_STEPS, _HALVINGS, _SETTLED = 60, 12, 1e-3
_LEAST = 1e-12
_SPREAD_PRIOR = 0.5
"""The prior's standard deviation of the spread's logarithm around that of errors; a cut's is half a step."""


def learn_steps(
    scale: RatingScale, raw: Numbers, deviations: Numbers | None, ratings: Numbers
) -> RatingSteps | None:
    """Learn from raw predictions and ratings, shape (n,), of pairs that the model wasn't trained on.

    `deviations` (n,) are the pairs' own, None where the architecture tells none. Returns None for a scale
    without steps, or no ratings.
    """
    midway = RatingSteps.midway(scale)
    if midway is None or not len(ratings):
        return None
    likelihood = _Likelihood(midway, raw, deviations, ratings)
    numbers = np.zeros(len(midway.values)) if len(ratings) < _FEWEST else likelihood.raised()
    cuts, spread = likelihood.read(numbers)
    return RatingSteps(values=midway.values, cuts=tuple(cuts.tolist()), spread=float(spread))


class _Likelihood:
    """How likely ratings are by numbers: how far each cut lies from midway, and the spread's logarithm."""

    def __init__(
        self, midway: RatingSteps, raw: Numbers, deviations: Numbers | None, ratings: Numbers
    ) -> None:
        self._raw = np.asarray(raw, np.float64)
        self._own = np.ones(len(raw)) if deviations is None else np.asarray(deviations, np.float64)
        self._steps: LongArray = midway.nearest(ratings)
        self._midway = np.array(midway.cuts)
        errors = (np.asarray(ratings, np.float64) - self._raw) / self._own
        self._start = max(float(np.sqrt(np.mean(errors**2))), 1e-3 * float(np.diff(midway.values).min()))
        half = np.diff(midway.values) / 2
        self._pull = 1 / np.append(half, _SPREAD_PRIOR) ** 2

    def read(self, numbers: DoubleArray) -> tuple[DoubleArray, float]:
        """The cuts (steps − 1,) and the spread."""
        return self._midway + numbers[:-1], self._start * float(np.exp(numbers[-1]))

    def raised(self) -> DoubleArray:
        """The most probable numbers, shape (steps,)."""
        numbers = np.zeros(len(self._midway) + 1)
        for _ in range(_STEPS):
            value, gradients = self._at(numbers), self._gradients(numbers)
            slope = gradients.sum(axis=0) - self._pull * numbers
            step = np.linalg.solve(gradients.T @ gradients + np.diag(self._pull), slope)
            tried = (numbers + step / 2**halving for halving in range(_HALVINGS))
            better = next((one for one in tried if self._at(one) > value), None)
            if better is None or self._at(better) - value < _SETTLED:
                break
            numbers = better
        return numbers

    def _at(self, numbers: DoubleArray) -> float:
        """The logarithm of likelihood and prior; −∞ where cuts don't ascend."""
        cuts, _ = self.read(numbers)
        if not (np.diff(cuts) > 0).all():
            return -np.inf
        low, high, _ = self._ends(numbers)
        return float(np.log(_between(low, high)).sum() - 0.5 * (self._pull * numbers**2).sum())

    def _gradients(self, numbers: DoubleArray) -> DoubleArray:
        """How each rating's likelihood depends on the numbers, shape (n, steps)."""
        low, high, scale = self._ends(numbers)
        likely, rows = _between(low, high), np.arange(len(scale))
        bells = [_bell(end) / likely for end in (low, high)]
        found = np.zeros((len(scale), len(self._midway) + 2))  # the cuts between two ends that stay
        found[rows, self._steps] = -bells[0] / scale
        found[rows, self._steps + 1] = bells[1] / scale
        turned = _times(low, bells[0]) - _times(high, bells[1])
        return np.column_stack([found[:, 1:-1], turned])

    def _ends(self, numbers: DoubleArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
        """Each rating's step as a range of the standard normal, and the deviation of its pair, (n,) each."""
        cuts, spread = self.read(numbers)
        ends, scale = np.concatenate([[-np.inf], cuts, [np.inf]]), spread * self._own
        low, high = ((ends[self._steps + upper] - self._raw) / scale for upper in (0, 1))
        return low, high, scale


def _between(low: DoubleArray, high: DoubleArray) -> DoubleArray:
    """The normal probability between two ends, taken in the tail where both are above the middle."""
    above = low > 0
    found = normal_below(np.where(above, -low, high)) - normal_below(np.where(above, -high, low))
    return np.maximum(found, _LEAST)


def _bell(values: DoubleArray) -> DoubleArray:
    """The standard normal density; 0 at the infinite ends."""
    found: DoubleArray = np.exp(-0.5 * values**2) / np.sqrt(2 * np.pi)
    return found


def _times(ends: DoubleArray, bells: DoubleArray) -> DoubleArray:
    return np.where(np.isfinite(ends), ends, 0.0) * bells
