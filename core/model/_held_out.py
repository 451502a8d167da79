"""The held-out part of a model's table with its predictions: what error measures start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray
from core.errors import DataError
from core.model.model import Model
from core.model.newcomers import predict_rows


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


def _predict(model: Model) -> HeldOut:
    rated = model.rated
    rows = np.flatnonzero(rated.held_out)
    if not len(rows):
        raise DataError("the table has no held-out part.")
    users = rated.ratings.users[rows].astype(np.int64)
    items = rated.ratings.items[rows].astype(np.int64)
    return HeldOut(users, items, rated.ratings.ratings[rows], predict_rows(model, rows))
