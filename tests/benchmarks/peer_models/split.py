"""The split that every model of a comparison is trained and measured on, handed over as NumPy files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Split:
    """What the caller handed over, a NumPy file each.

    `user` and `item` are rows from 0 and `rating` their ratings, in file order; `train` is True for training;
    `scale` holds the lowest and the highest rating; `genres` (0 or 1) and `year` have a row an item; `source`
    is where the ratings come from.
    """

    user: Any
    item: Any
    rating: Any
    train: Any
    scale: Any
    genres: Any
    year: Any
    source: Any

    @classmethod
    def read(cls, folder: Path) -> Split:
        """Read the folder."""
        return cls(**{name: np.load(folder / f"{name}.npy") for name in cls.__dataclass_fields__})

    @property
    def users(self) -> int:
        """Count the users."""
        return int(self.user.max()) + 1

    @property
    def items(self) -> int:
        """Count the items."""
        return int(self.item.max()) + 1

    def part(self, held_out: bool) -> tuple[Any, Any, Any]:
        """Users, items and ratings of one part."""
        rows = ~self.train if held_out else self.train
        return self.user[rows], self.item[rows], self.rating[rows]


Fit = Callable[[Split, int], tuple[float, Any]]
"""(split, seed) → (seconds of the fit itself, raw predictions of the held-out ratings)."""


def timed(fit: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a call takes, and what it returns."""
    started = time.perf_counter()
    result = fit()
    return time.perf_counter() - started, result
