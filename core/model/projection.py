"""Principal component analysis of factors: where an item or a folded-in user lies on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import LongArray
from core.errors import UsageError, diverged
from core.model.catalogue import by_popularity, factor_table
from core.model.model import Model

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """A PCA fit: `mean` (factors,), `axes` (components, factors) and each axis's explained share of variance.

    Axes are unit vectors by falling variance. The sign rule: the more rated items lie on an axis's high side
    (positive covariance of the values with the logarithm of the counts); where that is 0, the axis's entry
    of largest magnitude is positive. So equal models have equal maps, and a map in training doesn't flip.
    """

    mean: Matrix
    axes: Matrix
    explained: Matrix

    @classmethod
    def fit(
        cls, factors: npt.NDArray[np.floating], counts: npt.NDArray[np.integer], components: int
    ) -> Projection:
        """Fit centred factors, shape (rows, factors), with each row's count of ratings, shape (rows,).

        Keeps at most as many components as there are factors and rows − 1. Raises UsageError for under two
        rows and for factors that are all the same, DivergenceError for numbers that aren't finite.
        """
        centred, mean = _centre(factors)
        # The covariance matrix is tiny (factors × factors) next to the table: its eigenvectors are the axes.
        variances, vectors = np.linalg.eigh(centred.T @ centred)
        keep = min(components, factors.shape[1], len(factors) - 1)
        axes = vectors[:, ::-1][:, :keep].T
        total = variances.sum()
        if total <= 1e-20 * max(1.0, float(np.abs(mean).max())) * len(factors):
            raise UsageError("The factors of the chosen items are all the same; there is no axis to see.")
        explained = np.maximum(variances[::-1][:keep], 0) / total
        return cls(mean, _orient(axes, centred, counts), explained)

    def project(self, factors: npt.NDArray[Any], components: slice | list[int] = slice(None)) -> Matrix:
        """Project factors, shape (rows, factors), onto axes: shape (rows, components)."""
        projected: Matrix = (factors.astype(np.float64) - self.mean) @ self.axes[components].T
        return projected


def fit_components(model: Model, most_rated: int, components: int) -> tuple[LongArray, Projection]:
    """Fit the components on the `most_rated` items' factors; returns their rows too, most rated first.

    Raises UsageError for an architecture without item factors and for fewer than two rated items.
    """
    factors, counts = factor_table(model, "item"), model.baseline.item_counts
    rows = by_popularity(counts, most_rated)
    return rows, Projection.fit(factors[rows], counts[rows], components)


def _centre(factors: npt.NDArray[np.floating]) -> tuple[Matrix, Matrix]:
    if len(factors) < 2:
        raise UsageError(f"Components need two items at least, not {len(factors)}.")
    if not np.isfinite(factors).all():
        raise diverged()
    mean = factors.mean(axis=0, dtype=np.float64)
    return factors.astype(np.float64) - mean, mean


def _orient(axes: Matrix, centred: Matrix, counts: npt.NDArray[np.integer]) -> Matrix:
    popularity = np.log1p(counts.astype(np.float64))
    leaning = axes @ (centred.T @ (popularity - popularity.mean()))
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    leaning = np.where(np.abs(leaning) > 1e-9, leaning, largest)
    oriented: Matrix = axes * np.sign(leaning)[:, None]
    return oriented
