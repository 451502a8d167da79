"""Rating-prediction metrics."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.floating]


def rmse(predictions: Numbers, ratings: Numbers) -> float:
    """Root mean squared error, in units of the rating; both arrays have shape (n,), n ≥ 1."""
    return float(np.sqrt(np.mean(np.square(_errors(predictions, ratings)))))


def mae(predictions: Numbers, ratings: Numbers) -> float:
    """Mean absolute error, in units of the rating; both arrays have shape (n,), n ≥ 1."""
    return float(np.mean(np.abs(_errors(predictions, ratings))))


def _errors(predictions: Numbers, ratings: Numbers) -> npt.NDArray[np.float64]:
    return predictions.astype(np.float64) - ratings.astype(np.float64)
