"""By how much a model's distance from damped means, and moods, should count: learnt on carved parts.

The share is a regression through the origin (stacking, Breiman 1996), drawn to 0 by as much as it is
uncertain, as the nonnegative garrote does (Breiman 1995), but more so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.array_types import DoubleArray

_PARTS = ((10_000, 10), (50_000, 5))
"""Tables of fewer training ratings than the first number are carved so many times."""
_SHARE_CARVED, _MOST_CARVED = 0.1, 100_000
"""The share of the training ratings that is carved, and how many tell enough: the model that is measured on
them learns from all others, since one of fewer ratings a row would tell less than the whole table does."""
_CHANCE, _CAUTION = 2.25, 2
"""A share within so many standard errors of 0 is none: of many epochs the luckiest one is looked at. Beyond,
the garrote's factor counts so many times: where little is known, a gain that is there on average is a loss on
many a part of new ratings, and half a share has three quarters of the gain with half of that risk."""

_FEWEST_MOODS = 50
"""Of fewer carved ratings nothing is learnt of moments."""


@dataclass(frozen=True)
class Carving:
    """So many disjoint parts of training, each of this share of it, are carved out in turn."""

    parts: int
    share: float

    @classmethod
    def of(cls, ratings: int) -> Carving:
        """How so many training ratings are carved: of few, one part would tell too little."""
        parts = next((parts for limit, parts in _PARTS if ratings < limit), 1)
        return cls(parts, min(_SHARE_CARVED, _MOST_CARVED / max(1, ratings)))

    @property
    def overlap(self) -> float:
        """What variances are multiplied by: what several parts are trained on overlaps, with what others are
        measured on too, so they say less than as many ratings that are apart (Nadeau & Bengio 2003)."""
        return 1 + self.parts * self.share / (1 - self.share)


def trusted_share(truth: DoubleArray, predicted: DoubleArray, carving: Carving) -> float:
    """The share, from 0 to 1, by which predicted distances from damped means should count beside true ones.

    Both are those of all carved ratings, shape (n,).
    """
    if _says_nothing(truth, predicted):
        return 1.0
    squares = float(predicted @ predicted)
    share = float(truth @ predicted) / squares
    if share <= 0:
        return 0.0
    errors = truth - share * predicted
    variance = carving.overlap * float(((errors * predicted) ** 2).sum()) / squares**2
    certainty = max(0.0, 1 - _CHANCE**2 * variance / share**2)
    return min(1.0, share * certainty**_CAUTION)


def mood_weights(surroundings: DoubleArray, left: DoubleArray, carving: Carving) -> tuple[float, ...]:
    """What each of a moment's surroundings should count; () where together they say nothing.

    `surroundings` have shape (n, numbers), `left` is what is left of carved ratings, shape (n,). How far the
    weights are trusted is told by what those of one half of the ratings say of the other half.
    """
    if len(left) < _FEWEST_MOODS:
        return ()
    halves = np.arange(len(left)) % 2 == 0
    crossed = np.zeros(len(left))
    for half in (halves, ~halves):
        crossed[half] = surroundings[half] @ _ridge(surroundings[~half], left[~half])
    share = 0.0 if _says_nothing(left, crossed) else trusted_share(left, crossed, carving)
    weights = share * _ridge(surroundings, left)
    return tuple(round(float(weight), 4) for weight in weights) if share else ()


def _ridge(surroundings: DoubleArray, left: DoubleArray) -> Any:
    """Regress what is left on surroundings, under a standard normal prior on their weights."""
    prior = np.eye(surroundings.shape[1]) * max(float(np.mean(left**2)), 1e-12)
    return np.linalg.solve(surroundings.T @ surroundings + prior, surroundings.T @ left)


def mixed_rmse(truth: DoubleArray, predicted: DoubleArray) -> float:
    """The RMSE where predicted distances from damped means count by the share that fits best here.

    Where that is none, they count in full all the same, so that what isn't there yet can be put in order.
    """
    share = 1.0
    if not _says_nothing(truth, predicted):
        share = float(np.clip(truth @ predicted / (predicted @ predicted), 0, 1)) or 1.0
    return rms(truth - share * predicted)


def _says_nothing(truth: DoubleArray, predicted: DoubleArray) -> bool:
    """Whether predictions are damped means themselves."""
    return float(predicted @ predicted) <= 1e-12 * max(1.0, float(truth @ truth))


def rms(errors: DoubleArray) -> float:
    """The root of the mean square, shape (n,), n ≥ 1."""
    return float(np.sqrt(np.mean(np.square(errors))))
