"""What training says about users at large: the prior against which a folded-in user's ratings are weighed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.ratings import FloatArray
from core.errors import UsageError
from core.model.model import Model

Matrix = npt.NDArray[np.float64]
_SHRINKAGE = 1e-3
_WIDEST_COVARIANCE = 512
_SAMPLED_RATINGS = 20_000


@dataclass(frozen=True)
class UserPrior:
    """Mean (numbers,) and covariance (numbers, numbers) of the trained users' rows, all tables side by side,
    and the variance of a rating around its prediction. `widths` are the tables' in order of name."""

    mean: Matrix
    covariance: Matrix
    precision: Matrix
    noise: float
    widths: tuple[tuple[str, int], ...]

    def rows(self, numbers: Matrix) -> dict[str, FloatArray]:
        """Cut one user's numbers, shape (numbers,), into a row a table, each of shape (dimension,)."""
        stops = np.cumsum([width for _, width in self.widths])[:-1]
        parts = np.split(numbers.astype(np.float32), stops)
        return {name: part for (name, _), part in zip(self.widths, parts, strict=True)}


def user_prior(model: Model, names: Sequence[str]) -> UserPrior:
    """Measure the prior of some user tables from the trained users; raises UsageError where there are under
    two of them, or no tables.

    An empirical Bayes estimate: a new user with few ratings is taken for an average user with the usual
    correlations between factors, where a ridge of recipe strength would trust three ratings too much.
    """
    trained = model.baseline.user_counts > 0
    if not names or trained.sum() < 2:
        raise UsageError("Folding in needs an architecture with user embeddings and two trained users.")
    tables = [model.scorer.tables[name][trained] for name in sorted(names)]
    table = np.hstack(tables).astype(np.float64)
    covariance = _covariance(table)
    widths = tuple((name, part.shape[1]) for name, part in zip(sorted(names), tables, strict=True))
    precision = np.linalg.inv(covariance).astype(np.float64)
    return UserPrior(table.mean(axis=0), covariance, precision, _noise(model), widths)


def _covariance(table: Matrix) -> Matrix:
    """The covariance, slightly shrunk so that it can be inverted; its diagonal alone for very wide tables."""
    variances = table.var(axis=0, ddof=1)
    wide = table.shape[1] > _WIDEST_COVARIANCE
    covariance = np.diag(variances) if wide else np.atleast_2d(np.cov(table.T))
    ridge = _SHRINKAGE * variances.mean() + 1e-9
    shrunk: Matrix = covariance + ridge * np.eye(table.shape[1])
    return shrunk


def _noise(model: Model) -> float:
    """The variance of training ratings around their predictions; without the table a guess from the scale."""
    rated, _ = model.rated_or_reason
    scale = model.baseline.scale
    if rated is None:
        return float(model.facts.get("val_rmse") or 0.2 * (scale.maximum - scale.minimum)) ** 2
    rows = np.flatnonzero(rated.in_training)
    rows = rows[:: max(1, len(rows) // _SAMPLED_RATINGS)]
    table = rated.ratings
    predicted = model.scorer.raw_predictions(table.users[rows], table.items[rows])
    return float(np.mean(np.square(predicted - table.ratings[rows]))) + 1e-6
