"""Whether distributions are as wide as they say: where ratings fall in them, how often within intervals."""

from __future__ import annotations

import numpy as np

from core.array_types import DoubleArray, LongArray

COVERAGES = (0.5, 0.8, 0.9, 0.95)
"""Central intervals are judged at these."""


def places(probabilities: DoubleArray, steps: LongArray, seed: int = 0) -> DoubleArray:
    """Where ratings fall in their distributions, from 0 to 1, shape (n,): the randomized PIT.

    `probabilities` has shape (n, steps), `steps` (n,) says which step each rating is. A step is a range of
    places, of which one is drawn (Czado, Gneiting & Held 2009): places of a true distribution are uniform,
    while an interval of whole steps would cover more than it says.
    """
    rows = np.arange(len(steps))
    below = np.cumsum(probabilities, axis=1)[rows, steps] - probabilities[rows, steps]
    drawn = np.random.default_rng([seed, 0x917]).random(len(steps))
    found: DoubleArray = below + drawn * probabilities[rows, steps]
    return found


def coverage(found: DoubleArray, share: float) -> float:
    """The share of places (n,) within the central interval that should hold `share` of them."""
    return float(np.mean(np.abs(found - 0.5) <= share / 2))
