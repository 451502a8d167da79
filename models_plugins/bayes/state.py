"""What the Gibbs sampler's parts hand to each other: priors, noise, and drawing them (conjugate, NumPy)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
START_SPREAD = 0.1
_START_FEATURE_PRECISION = 10.0


@dataclass(frozen=True)
class Features:
    """Side features of rows: `basis` (rows, rank), orthonormal columns, and their `variances` (rank,).

    A column's weight is normal with its variance, so rows with alike features have alike embeddings.
    """

    basis: FloatArray
    variances: DoubleArray


@dataclass(frozen=True)
class Prior:
    """Where a side's rows come from: N(mean + shift of the row, 1 / precision), each dimension by itself.

    `precision`, `mean` and `feature_precision` have shape (width,), `shift` (what the features say) has shape
    (rows, width).
    """

    precision: FloatArray
    mean: FloatArray
    feature_precision: FloatArray
    shift: FloatArray

    @classmethod
    def start(cls, rows: int, width: int) -> Prior:
        """A standard normal prior."""
        ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
        return cls(ones, zeros, ones * _START_FEATURE_PRECISION, np.zeros((rows, width), np.float32))

    @property
    def centers(self) -> FloatArray:
        """The prior mean of every row, shape (rows, width)."""
        return self.mean + self.shift

    def draw(self, table: FloatArray, features: Features | None, generator: np.random.Generator) -> Prior:
        """Draw the prior anew, given a side's rows (shape (rows, width)), under vague hyperpriors."""
        shift, feature_precision = self.shift, self.feature_precision
        if features is not None:
            shift, feature_precision = self._draw_shift(table, features, generator)
        precision, mean = _draw_normal_gamma(table - shift, generator)
        return Prior(precision, mean, feature_precision, shift)

    def _draw_shift(
        self, table: FloatArray, features: Features, generator: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Regress the rows on the features (Simm et al. 2015, "Macau").

        In the features' eigenbasis the weights are independent, so this is one division a number.
        """
        variances = features.variances[:, None]
        observed = (features.basis.T @ (table - self.mean)).astype(np.float64)
        spread = 1 / (self.precision + self.feature_precision / variances)
        weights = self.precision * observed * spread
        weights = weights + generator.standard_normal(weights.shape) * np.sqrt(spread)
        rate = (1 + (weights**2 / variances).sum(axis=0)) / 2
        feature_precision = generator.gamma((1 + len(weights)) / 2, 1 / rate)
        shift: FloatArray = features.basis @ weights.astype(np.float32)
        return shift, feature_precision.astype(np.float32)


def draw_noise(
    noise: FloatArray,
    counts: npt.NDArray[np.int64],
    errors: FloatArray,
    freedom: float,
    generator: np.random.Generator,
) -> FloatArray:
    """Draw every user's noise precision: a common level times the user's own share of it.

    The level comes last, so `noise` and the result have shape (users + 1,); `counts` and `errors` are each
    user's ratings and sum of squared errors. Shares are Gamma(freedom / 2, freedom / 2), so small `freedom`
    lets users differ much (Lakshminarayanan, Bouchard & Archambeau 2011); 0 means the same noise for all. The
    level is Gamma(1/2, 1/2).
    """
    doubles, shares = errors.astype(np.float64), np.ones(len(counts))
    if freedom:
        level = float(noise[-1])
        shares = generator.gamma((freedom + counts) / 2, 2 / (freedom + level * doubles))
    level = generator.gamma((1 + counts.sum()) / 2, 2 / (1 + (shares * doubles).sum()))
    return np.append(level * shares, level).astype(np.float32)


def _draw_normal_gamma(rows: FloatArray, generator: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw precision and mean of each column of `rows` under Normal-Gamma(mean 0, weight 1, 1/2, 1/2)."""
    values, count = rows.astype(np.float64), len(rows)
    mean = values.mean(axis=0)
    scatter = ((values - mean) ** 2).sum(axis=0) + count / (count + 1) * mean**2
    precision = generator.gamma((1 + count) / 2, 2 / (1 + scatter))
    drawn = generator.normal(count * mean / (count + 1), 1 / np.sqrt((count + 1) * precision))
    return precision.astype(np.float32), drawn.astype(np.float32)
