"""What the Gibbs sampler's parts hand to each other: priors, noise, and drawing them (conjugate, NumPy)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from core import FloatArray

DoubleArray = npt.NDArray[np.float64]
START_SPREAD = 0.1
_START_FEATURE_PRECISION = 10.0
_VAGUE = 0.01
"""Precisions are Gamma(_VAGUE / 2, _VAGUE / 2): with 1 / 2 what is weak could not become weak enough, so that
every factor and every kind of features brought noise."""


@dataclass(frozen=True)
class Features:
    """Side features of rows: `basis` (rows, rank), orthonormal columns, and their `variances` (rank,).

    A column's weight is normal with its variance, so rows with alike features have alike embeddings. A side
    may have several kinds of them, each with a strength of its own.
    """

    basis: FloatArray
    variances: DoubleArray


def _no_weights() -> FloatArray:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Prior:
    """Where a side's rows come from: N(mean + shift of the row, 1 / precision), each dimension by itself.

    `precision` and `mean` have shape (width,), `feature_precision` (kinds, width), `shift` (what the features
    say together) (rows, width), and `weights` (ranks of all kinds, width).
    """

    precision: FloatArray
    mean: FloatArray
    feature_precision: FloatArray
    shift: FloatArray
    weights: FloatArray = field(default_factory=_no_weights)

    @classmethod
    def start(cls, rows: int, width: int, features: Sequence[Features] = ()) -> Prior:
        """A standard normal prior."""
        ones, zeros = np.ones(width, np.float32), np.zeros(width, np.float32)
        precision = np.full((len(features), width), _START_FEATURE_PRECISION, np.float32)
        weights = np.zeros((sum(len(kind.variances) for kind in features), width), np.float32)
        return cls(ones, zeros, precision, np.zeros((rows, width), np.float32), weights)

    @property
    def centers(self) -> FloatArray:
        """The prior mean of every row, shape (rows, width)."""
        return self.mean + self.shift

    def draw(self, table: FloatArray, features: Sequence[Features], generator: np.random.Generator) -> Prior:
        """Draw the prior anew, given a side's rows (shape (rows, width)), under vague hyperpriors."""
        rest, weights, precisions, start = table - self.mean - self.shift, self.weights.copy(), [], 0
        for kind, level in zip(features, self.feature_precision, strict=True):
            own = slice(start, start + len(kind.variances))
            drawn, found = _draw_weights(kind, rest, (weights[own], self.precision, level), generator)
            rest -= kind.basis @ (drawn - weights[own])
            weights[own], start = drawn, own.stop
            precisions.append(found)
        shift = table - self.mean - rest if precisions else self.shift
        precision, mean = _draw_normal_gamma(table - shift, generator)
        return Prior(precision, mean, np.reshape(precisions, self.feature_precision.shape), shift, weights)


def _draw_weights(
    kind: Features,
    rest: FloatArray,
    before: tuple[FloatArray, FloatArray, FloatArray],
    generator: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Regress the rows on one kind of features (Simm et al. 2015, "Macau"): its weights and their precision.

    `rest` (rows, width) is what neither mean nor kinds explain; `before` are this kind's weights (rank,
    width), the rows' precision and the kind's (width,). In the features' eigenbasis the weights are
    independent, so this is one division a number.
    """
    weights, row_precision, precision = before
    variances = kind.variances[:, None]
    observed = (kind.basis.T @ rest + weights).astype(np.float64)
    spread = 1 / (row_precision + precision / variances)
    drawn = row_precision * observed * spread
    drawn = drawn + generator.standard_normal(drawn.shape) * np.sqrt(spread)
    rate = (_VAGUE + (drawn**2 / variances).sum(axis=0)) / 2
    level = generator.gamma((_VAGUE + len(drawn)) / 2, 1 / rate)
    return drawn.astype(np.float32), level.astype(np.float32)


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
    """Draw precision and mean of each column of `rows` under a vague Normal-Gamma of mean 0 and weight 1."""
    values, count = rows.astype(np.float64), len(rows)
    mean = values.mean(axis=0)
    scatter = ((values - mean) ** 2).sum(axis=0) + count / (count + 1) * mean**2
    precision = generator.gamma((_VAGUE + count) / 2, 2 / (_VAGUE + scatter))
    drawn = generator.normal(count * mean / (count + 1), 1 / np.sqrt((count + 1) * precision))
    return precision.astype(np.float32), drawn.astype(np.float32)
