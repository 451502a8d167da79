"""Where the cuts between steps lie and how far ratings spread, from ratings that training didn't see.

The likelihood is raised by scoring steps (Newton's, with outer products of its gradients for curvature),
for the best of some tails. A normal prior holds it: a cut stays midway where few ratings tell another place.
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
_SPREAD_PRIOR, _TAIL_PRIOR = 0.5, 0.5
"""Standard deviations of priors: of the spread's logarithm around that of errors, and of the tail; a cut's is
half a step."""
_TAILS = (0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
_MOST = 30_000
"""Of more ratings some tell as much."""


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
    some = slice(None, None, -(-len(ratings) // _MOST))
    own = None if deviations is None else deviations[some]
    likelihood = _Likelihood(midway, raw[some], own, ratings[some])
    if len(ratings) < _FEWEST:
        return likelihood.steps(np.zeros(len(midway.values)), 0.0)
    start, found = np.zeros(len(midway.values)), []
    for tail in _TAILS:
        start = likelihood.raised(start, tail)
        found.append((likelihood.at(start, tail), tail, start))
    _, tail, numbers = max(found, key=lambda one: one[0])
    return likelihood.steps(numbers, tail)


class _Likelihood:
    """How likely ratings are by numbers: how far each cut lies from midway, and the spread's logarithm."""

    def __init__(
        self, midway: RatingSteps, raw: Numbers, deviations: Numbers | None, ratings: Numbers
    ) -> None:
        self._raw = np.asarray(raw, np.float64)
        self._own = np.ones(len(raw)) if deviations is None else np.asarray(deviations, np.float64)
        self._steps: LongArray = midway.nearest(ratings)
        self._midway, self._values = np.array(midway.cuts), midway.values
        errors = (np.asarray(ratings, np.float64) - self._raw) / self._own
        self._start = max(float(np.sqrt(np.mean(errors**2))), 1e-3 * float(np.diff(midway.values).min()))
        half = np.diff(midway.values) / 2
        self._pull = 1 / np.append(half, _SPREAD_PRIOR) ** 2

    def steps(self, numbers: DoubleArray, tail: float) -> RatingSteps:
        """What the numbers, shape (steps,), mean."""
        cuts, spread = self._read(numbers)
        return RatingSteps(values=self._values, cuts=tuple(cuts.tolist()), spread=spread, tail=tail)

    def raised(self, numbers: DoubleArray, tail: float) -> DoubleArray:
        """The most probable numbers, shape (steps,), from some to begin with."""
        value = self.at(numbers, tail)
        for _ in range(_STEPS):
            gradients = self._gradients(numbers, tail)
            slope = gradients.sum(axis=0) - self._pull * numbers
            step = np.linalg.solve(gradients.T @ gradients + np.diag(self._pull), slope)
            tried = (numbers + step / 2**halving for halving in range(_HALVINGS))
            better = next(((at, one) for one in tried if (at := self.at(one, tail)) > value), None)
            if better is None:
                break
            gained, (value, numbers) = better[0] - value, better
            if gained < _SETTLED:
                break
        return numbers

    def at(self, numbers: DoubleArray, tail: float) -> float:
        """The logarithm of likelihood and prior; −∞ where cuts don't ascend."""
        if not (np.diff(self._read(numbers)[0]) > 0).all():
            return -np.inf
        likely = sum(_between(low, high) for low, high, _ in self._halves(numbers, tail)) / 2
        held = 0.5 * float((self._pull * numbers**2).sum() + (tail / _TAIL_PRIOR) ** 2)
        return float(np.log(np.maximum(likely, _LEAST)).sum()) - held

    def _read(self, numbers: DoubleArray) -> tuple[DoubleArray, float]:
        """The cuts (steps − 1,) and the spread."""
        return self._midway + numbers[:-1], self._start * float(np.exp(numbers[-1]))

    def _gradients(self, numbers: DoubleArray, tail: float) -> DoubleArray:
        """How each rating's likelihood depends on the numbers, shape (n, steps)."""
        halves, rows = self._halves(numbers, tail), np.arange(len(self._steps))
        likely = np.maximum(sum(_between(low, high) for low, high, _ in halves), _LEAST)
        cuts = np.zeros((len(rows), len(self._midway) + 2))  # the first and the last are ends that stay
        spread = np.zeros(len(rows))
        for low, high, scale in halves:
            bells = [_bell(end) / likely for end in (low, high)]
            cuts[rows, self._steps] -= bells[0] / scale
            cuts[rows, self._steps + 1] += bells[1] / scale
            spread += _times(low, bells[0]) - _times(high, bells[1])
        return np.column_stack([cuts[:, 1:-1], spread])

    def _halves(
        self, numbers: DoubleArray, tail: float
    ) -> list[tuple[DoubleArray, DoubleArray, DoubleArray]]:
        """For both halves each rating's step as a range of the normal, and its deviation, (n,) each."""
        cuts, spread = self._read(numbers)
        ends, found = np.concatenate([[-np.inf], cuts, [np.inf]]), []
        for width in (spread * np.exp(-tail), spread * np.exp(tail)):
            scale = width * self._own
            low, high = ((ends[self._steps + upper] - self._raw) / scale for upper in (0, 1))
            found.append((low, high, scale))
        return found


def _between(low: DoubleArray, high: DoubleArray) -> DoubleArray:
    """The normal probability between two ends, taken in the tail where both are above the middle."""
    above = low > 0
    return normal_below(np.where(above, -low, high)) - normal_below(np.where(above, -high, low))


def _bell(values: DoubleArray) -> DoubleArray:
    """The standard normal density; 0 at the infinite ends."""
    found: DoubleArray = np.exp(-0.5 * values**2) / np.sqrt(2 * np.pi)
    return found


def _times(ends: DoubleArray, bells: DoubleArray) -> DoubleArray:
    return np.where(np.isfinite(ends), ends, 0.0) * bells
