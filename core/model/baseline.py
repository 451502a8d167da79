"""The baseline from training means: centring of the ratings, and the fallback; RMSE and MAE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray
from core.data import RatingScale

DAMPING = 5.0
"""Ratings of the mean that are mixed into every user's and item's own mean (Funk 2006)."""

Rows = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Baseline:
    """Means of the training ratings.

    `mean` is over all of them; `user_offsets` (shape (users,)) and `item_offsets` (shape (items,)) are damped
    mean differences from it, 0 where training has no rating; the counts say how many it has. Under the
    objective "ranking" nothing is clipped, and the offsets are those of `popularity_baseline`.
    """

    mean: float
    scale: RatingScale
    user_counts: npt.NDArray[np.int64]
    item_counts: npt.NDArray[np.int64]
    user_offsets: FloatArray
    item_offsets: FloatArray
    clips: bool = True

    @classmethod
    def measure(
        cls, users: Rows, items: Rows, ratings: FloatArray, counts: tuple[int, int], scale: RatingScale
    ) -> Baseline:
        """Compute the means of a training part; `counts` are the numbers of users and items."""
        mean = float(ratings.mean(dtype=np.float64))
        residuals = ratings.astype(np.float64) - mean
        measured = [
            _offsets(rows, residuals, count) for rows, count in zip((users, items), counts, strict=True)
        ]
        (user_counts, user_offsets), (item_counts, item_offsets) = measured
        return cls(mean, scale, user_counts, item_counts, user_offsets, item_offsets)

    def known(self, users: Rows, items: Rows) -> npt.NDArray[np.bool_]:
        """Say for each pair whether training saw both its user and its item; row −1 is an unknown id."""
        seen_users = (users >= 0) & (self.user_counts[users] > 0)
        return seen_users & (items >= 0) & (self.item_counts[items] > 0)

    def fallback(self, users: Rows, items: Rows) -> FloatArray:
        """Predict pairs from the means alone: mean + user's offset + item's offset, not clipped.

        The rows broadcast against each other; −1 is an unknown id, which has no offset.
        """
        return self.fallback_of(np.where(users >= 0, self.user_offsets[users], 0), items)

    def fallback_of(self, user_offsets: FloatArray | float, items: Rows) -> FloatArray:
        """The fallback for users of whom only their damped differences from the mean are known."""
        offsets = np.where(items >= 0, self.item_offsets[items], 0)
        fallback: FloatArray = (np.float32(self.mean) + user_offsets + offsets).astype(np.float32)
        return fallback

    def clip(self, predictions: FloatArray) -> FloatArray:
        """Clip predictions to the rating scale, where they are ratings."""
        if not self.clips:
            return predictions.astype(np.float32)
        clipped: FloatArray = np.clip(predictions, self.scale.minimum, self.scale.maximum).astype(np.float32)
        return clipped

    def predictions(self, raw: FloatArray, users: Rows, items: Rows) -> FloatArray:
        """Turn a model's raw predictions into final ones: the fallback where it must, all clipped."""
        return self.clip(np.where(self.known(users, items), raw, self.fallback(users, items)))


def popularity_baseline(
    user_counts: npt.NDArray[np.int64], item_counts: npt.NDArray[np.int64], scale: RatingScale
) -> Baseline:
    """What a ranking falls back to: an item's offset is log(count + ½), so the most popular comes first."""
    popularity = np.log(item_counts + 0.5).astype(np.float32)
    nobody = np.zeros(len(user_counts), np.float32)
    return Baseline(0.0, scale, user_counts, item_counts, nobody, popularity, clips=False)


def _offsets(
    rows: Rows, residuals: npt.NDArray[np.float64], count: int
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    counts = np.bincount(rows, minlength=count)
    totals = np.bincount(rows, weights=residuals, minlength=count)
    return counts, (totals / (counts + DAMPING)).astype(np.float32)


Numbers = npt.NDArray[np.floating]


def rmse(predictions: Numbers, ratings: Numbers) -> float:
    """Root mean squared error, in units of the rating; both arrays have shape (n,), n ≥ 1."""
    return float(np.sqrt(np.mean(np.square(_errors(predictions, ratings)))))


def mae(predictions: Numbers, ratings: Numbers) -> float:
    """Mean absolute error, in units of the rating; both arrays have shape (n,), n ≥ 1."""
    return float(np.mean(np.abs(_errors(predictions, ratings))))


def _errors(predictions: Numbers, ratings: Numbers) -> npt.NDArray[np.float64]:
    return predictions.astype(np.float64) - ratings.astype(np.float64)
