"""The held-out part of a model's table as the model and as plain damped means predict it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray
from core.errors import DataError
from core.model.damped_means import DampedMeans
from core.model.model import Model
from core.model.newcomers import fold_means, predict_rows


@dataclass(frozen=True)
class HeldOut:
    """Held-out pairs: rows of users and items, true and predicted (clipped) ratings, each of shape (n,)."""

    users: LongArray
    items: LongArray
    truth: FloatArray
    predicted: FloatArray

    @property
    def errors(self) -> npt.NDArray[np.float64]:
        """Predicted minus true."""
        return self.predicted.astype(np.float64) - self.truth


def held_out(model: Model) -> HeldOut:
    """Predict the held-out part once; raises TastemapError where the ratings table can't be read.

    Users whom training doesn't know are folded in from what they gave.
    """
    return model.remember("held out", lambda: _predict(model))


def held_out_by_means(model: Model) -> HeldOut:
    """The same pairs as plain damped means of the training part predict them: the figure to beat.

    Users whom training doesn't know have their mean from what they gave, as the model has.
    """
    pairs = held_out(model)
    return replace(pairs, predicted=predict_by_means(model, pairs.users, pairs.items, folded=True))


def predict_by_means(model: Model, users: LongArray, items: LongArray, folded: bool = False) -> FloatArray:
    """Predict pairs of rows (−1: an unknown id), shape (n,), by plain damped means of the model's training.

    `folded` gives users whom training doesn't know the mean of what they gave. Clipped to the scale. Raises
    TastemapError where the ratings table can't be read.
    """
    name = f"plain damped means, {folded=}"
    means = model.remember(name, lambda: _plain_means(model, folded))
    return model.baseline.clip(means.predict(users, items).astype(np.float32))


def _plain_means(model: Model, folded: bool) -> DampedMeans:
    rated = model.rated
    given = np.flatnonzero(rated.given & folded)
    return fold_means(rated.ratings, np.flatnonzero(rated.in_training), given)


def _predict(model: Model) -> HeldOut:
    rated = model.rated
    rows = np.flatnonzero(rated.held_out)
    if not len(rows):
        raise DataError("the table has no held-out part.")
    users = rated.ratings.users[rows].astype(np.int64)
    items = rated.ratings.items[rows].astype(np.int64)
    return HeldOut(users, items, rated.ratings.ratings[rows], predict_rows(model, rows))
