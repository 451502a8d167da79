"""Rows of few ratings, drawn by an update of rank one for each rating.

A row of n ratings takes some n² · width multiplications so, where its own small system takes width³. Most
items of most tables have a handful of ratings. What is drawn has the same distribution, though not the same
numbers: the root of the covariance is another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core import FloatArray
from models_plugins.bayes._state import Prior

FEW = 3
"""Up to so many ratings a row is drawn so; of more, its system costs less."""


class Alike(NamedTuple):
    """Some rows with equally many ratings: `rows` (rows,), the other side's `others` and `targets`, each of
    shape (ratings, rows)."""

    rows: npt.NDArray[np.int64]
    others: npt.NDArray[np.int32]
    targets: FloatArray


class _Update(NamedTuple):
    """I − factor · along · alongᵀ for each of some rows: `along` (width, rows) and `factor` (rows,)."""

    along: FloatArray
    factor: FloatArray

    def applied(self, vectors: FloatArray) -> FloatArray:
        """This matrix, which is symmetric, times each row's vector, shape (width, rows)."""
        changed: FloatArray = vectors - self.along * (self.factor * _dot(self.along, vectors))
        return changed


def alike_rows(own: Any, other: Any, targets: FloatArray, rows: int, most: int) -> list[Alike]:
    """Gather a side's rows of at most `FEW` ratings, at most `most` rows together; `own` are each rating's
    rows."""
    order = np.argsort(own, kind="stable")
    counts = np.bincount(own, minlength=rows)
    starts = np.cumsum(counts) - counts
    found = []
    for number in range(FEW + 1):
        those = np.flatnonzero(counts == number)
        for first in range(0, len(those), most):
            part = those[first : first + most]
            places = order[starts[part] + np.arange(number)[:, None]]
            found.append(Alike(part, other[places].astype(np.int32), targets[places]))
    return found


def drawn_alike(
    alike: Alike, others: FloatArray, weights: FloatArray, prior: Prior, normals: FloatArray
) -> FloatArray:
    """Draw such rows, shape (width, rows), given the other side's `others`, shape (width, rows of it), and
    what a rating of each of these weighs.

    `normals` has the result's shape. By a square-root Kalman filter (Potter 1963): in units of the prior a
    row is a standard normal, and each rating multiplies the root of its covariance by an `_Update`.
    """
    root = (1 / np.sqrt(prior.precision)[:, None]).astype(np.float32)
    centers = np.ascontiguousarray((prior.mean + prior.shift[alike.rows]).T)
    updates: list[_Update] = []
    mean = np.zeros_like(centers)
    for seen in _seen(alike, others, weights, root, centers):
        mean += _take_in(seen, updates, mean)
    away: FloatArray = mean + normals
    for update in reversed(updates):
        away = update.applied(away)
    drawn: FloatArray = centers + root * away
    return drawn


def _seen(
    alike: Alike, others: FloatArray, weights: FloatArray, root: FloatArray, centers: FloatArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Each rating as a number (rows,) that is a row's product with `along` (width, rows), but for standard
    normal noise."""
    for other, target in zip(alike.others, alike.targets, strict=True):
        design, level = others[:, other], np.sqrt(weights[other])
        biases, design[-1] = design[-1].copy(), 1
        number = (target - biases - _dot(design, centers)) * level
        design *= root
        design *= level
        yield number, design


def _take_in(seen: tuple[FloatArray, FloatArray], updates: list[_Update], mean: FloatArray) -> FloatArray:
    """Add a rating's update; returns how the mean moves, both in terms of the roots before and after it."""
    number, along = seen
    for update in updates:
        along = update.applied(along)
    squared, known = _dot(along, along), _dot(along, mean)
    whole: FloatArray = np.sqrt(1 + squared)
    factor: FloatArray = np.float32(1) / (1 + squared + whole)
    gain = (number - known) / (1 + squared)
    updates.append(_Update(along, factor))
    moved: FloatArray = along * (gain + (known + squared * gain) * factor * whole)
    return moved


def _dot(left: FloatArray, right: FloatArray) -> FloatArray:
    product: FloatArray = np.einsum("ij,ij->j", left, right)
    return product
