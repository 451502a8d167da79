"""The epoch in progress."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.trainer import SliceTotals


@dataclass
class RunningEpoch:
    """Batches done, the sum of squared errors over so many ratings, and the seconds of training alone."""

    number: int
    batches: int
    done: int = 0
    squared_error: float = 0.0
    ratings: int = 0
    seconds: float = 0.0

    def add(self, batches: int, totals: SliceTotals, seconds: float) -> None:
        """Count a slice of batches in."""
        self.done += batches
        self.squared_error += totals.squared_error
        self.ratings += totals.ratings
        self.seconds += seconds

    @property
    def running_rmse(self) -> float:
        """RMSE over the ratings trained on so far, each before its update."""
        return math.sqrt(self.squared_error / max(1, self.ratings))

    @property
    def ratings_per_second(self) -> float:
        return self.ratings / max(self.seconds, 1e-9)
