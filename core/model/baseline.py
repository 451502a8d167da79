"""What training's damped means know of a table: centring of the ratings, and the fallback; RMSE and MAE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray
from core.data import RatingScale
from core.model.damped_means import DampedMeans, learn_damped_means

Rows = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Baseline:
    """Damped means of the training ratings.

    `user_offsets` (shape (users,)) and `item_offsets` (shape (items,)) are damped differences from `mean`, 0
    where training has no rating; the counts say how many it has. Under the objective "ranking" nothing is
    clipped, and the offsets are those of `popularity_baseline`.
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
        means = learn_damped_means(users, items, ratings, counts)
        return cls.of(means, users, items, scale)

    @classmethod
    def of(cls, means: DampedMeans, users: Rows, items: Rows, scale: RatingScale) -> Baseline:
        """Take means that were fitted to ratings of these rows."""
        user_counts = np.bincount(users, minlength=len(means.user_offsets))
        item_counts = np.bincount(items, minlength=len(means.item_offsets))
        offsets = means.user_offsets.astype(np.float32), means.item_offsets.astype(np.float32)
        return cls(means.mean, scale, user_counts, item_counts, *offsets)

    def known(self, users: Rows, items: Rows) -> npt.NDArray[np.bool_]:
        """Say for each pair whether training saw both its user and its item; row −1 is an unknown id."""
        seen_users = (users >= 0) & (self.user_counts[users] > 0)
        return seen_users & (items >= 0) & (self.item_counts[items] > 0)

    def offsets(self, users: Rows, items: Rows) -> FloatArray:
        """The sum of a pair's damped offsets, shape (n,)."""
        offsets: FloatArray = self.user_offsets[users] + self.item_offsets[items]
        return offsets

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


Numbers = npt.NDArray[np.floating]


def rmse(predictions: Numbers, ratings: Numbers) -> float:
    """Root mean squared error, in units of the rating; both arrays have shape (n,), n ≥ 1."""
    return float(np.sqrt(np.mean(np.square(_errors(predictions, ratings)))))


def mae(predictions: Numbers, ratings: Numbers) -> float:
    """Mean absolute error, in units of the rating; both arrays have shape (n,), n ≥ 1."""
    return float(np.mean(np.abs(_errors(predictions, ratings))))


def _errors(predictions: Numbers, ratings: Numbers) -> npt.NDArray[np.float64]:
    return predictions.astype(np.float64) - ratings.astype(np.float64)
