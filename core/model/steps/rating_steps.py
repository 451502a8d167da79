"""How likely a rating is each step of its scale, given what is predicted: an ordered probit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import DoubleArray, LongArray
from core.data import RatingScale

Numbers = npt.NDArray[np.floating]

MOST_STEPS = 25
"""A scale of more steps is as good as without any: too many bars to see, and too few ratings for each."""


@dataclass(frozen=True)
class StepProbability:
    """A step of the rating scale and how likely it is, from 0 to 1."""

    rating: float
    probability: float


@dataclass(frozen=True, kw_only=True)
class RatingSteps:
    """The steps of a scale, ascending, and the cuts between them, of which there is one fewer.

    P(rating ≤ values[k]) = F((cuts[k] − raw) / (spread · deviation)), where `deviation` is the pair's own if
    the architecture tells one (`Architecture.uncertainty`), else 1. F is normal where `tail` is 0; else half
    of it spreads exp(tail) times as far and half as much less, so that more ratings lie near the middle and
    more far from it. Cuts needn't lie midway: where people avoid half stars theirs lie close together.
    """

    values: tuple[float, ...]
    cuts: tuple[float, ...]
    spread: float = 1.0
    tail: float = 0.0

    @classmethod
    def midway(cls, scale: RatingScale) -> RatingSteps | None:
        """The steps of a scale with cuts midway; None where it has none, one, or too many."""
        if not scale.step:
            return None
        count = round((scale.maximum - scale.minimum) / scale.step) + 1
        if not 2 <= count <= MOST_STEPS:
            return None
        values = [float(round(scale.minimum + number * scale.step, 9)) for number in range(count)]
        cuts = [(low + high) / 2 for low, high in pairwise(values)]
        return cls(values=tuple(values), cuts=tuple(cuts))

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> RatingSteps:
        """Read back what `to_dict` gave."""
        values, cuts = (tuple(map(float, told[name])) for name in ("values", "cuts"))
        return cls(values=values, cuts=cuts, spread=float(told["spread"]), tail=float(told["tail"]))

    def to_dict(self) -> dict[str, Any]:
        """These steps, ready for JSON."""
        return {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items()}

    def probabilities(self, raw: Numbers, deviations: Numbers | None = None) -> DoubleArray:
        """How likely each step is for raw predictions (n,) with their own deviations: shape (n, steps)."""
        own: Any = 1.0 if deviations is None else np.asarray(deviations, np.float64)[:, None]
        away = (np.array(self.cuts) - np.asarray(raw, np.float64)[:, None]) / (self.spread * own)
        halves = [normal_below(away / math.exp(tail)) for tail in (-self.tail, self.tail)]
        below = np.pad((halves[0] + halves[1]) / 2, ((0, 0), (1, 0)))
        return np.diff(np.pad(below, ((0, 0), (0, 1)), constant_values=1.0), axis=1)

    def nearest(self, ratings: Numbers) -> LongArray:
        """The number of the step nearest to each rating, shape (n,)."""
        middles = (np.array(self.values[1:]) + np.array(self.values[:-1])) / 2
        return np.searchsorted(middles, np.asarray(ratings, np.float64)).astype(np.int64)


def normal_below(values: DoubleArray) -> DoubleArray:
    """The standard normal distribution function, to 1e-7 of its value also in the lower tail.

    By Chebyshev's fit of Press et al. ("Numerical Recipes", erfcc): a short command, or a small training,
    would wait for SciPy's import.
    """
    away = np.abs(values) / math.sqrt(2)
    part = 1 / (1 + away / 2)
    tail = part * np.exp(np.polyval(_FIT, part) - away**2) / 2
    found: DoubleArray = np.where(np.asarray(values) < 0, tail, 1 - tail)
    return found


_FIT = (
    *(0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807),
    *(-0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223),
)
