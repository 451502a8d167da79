"""How many factors a table tells apart: directions found in some of its ratings that predict the others."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import FloatArray, TrainingData
from models_plugins.bayes._state import DoubleArray

MOST_DIRECTIONS = 32
_FEWEST = 100
"""Fewer ratings tell nothing."""
_PARTS = 3
_SURELY = 2.0
"""A direction tells something where it is right on other ratings, by so many standard errors."""
_DAMPING, _ROUNDS = 5.0, 5
_MORE, _POWERS = 10, 6
"""Directions sampled beyond those sought, and power iterations."""


def telling_directions(data: TrainingData) -> int:
    """How many of a table's strongest directions predict ratings: from 0 to `MOST_DIRECTIONS`.

    The ratings are cut by chance into three parts. Directions of users by items, singular vectors of what two
    parts are beyond damped means, are tried on the third each: one of chance is as often wrong there as
    right, however strong it looks where it was found. The same ratings always give the same number.
    """
    if len(data) < _FEWEST:
        return 0
    distances = _beyond_means(data)
    part = np.random.default_rng(0).integers(_PARTS, size=len(data))
    sums = sum(_tried(data, distances, part == number) for number in range(_PARTS))
    scores, squares = np.asarray(sums)
    return int((scores > _SURELY * np.sqrt(squares)).sum())


def _tried(data: TrainingData, distances: DoubleArray, apart: Any) -> DoubleArray:
    """What directions of the other ratings score on those `apart`, and its variance: (2, MOST_DIRECTIONS)."""
    from scipy.sparse import csr_matrix

    shape = data.user_count, data.item_count
    left, right = _weights(data, distances, ~apart)
    values = (distances * left[data.users] * right[data.items]).astype(np.float32)
    matrix = csr_matrix((values[~apart], (data.users[~apart], data.items[~apart])), shape)
    found = _directions(matrix, min(MOST_DIRECTIONS, *shape))
    users, items, values = data.users[apart], data.items[apart], values[apart]
    sums = np.zeros((2, MOST_DIRECTIONS))
    for number, (user, item) in enumerate(zip(*found, strict=True)):
        products = user[users] * item[items] * values
        sums[:, number] = products.sum(dtype=np.float64), (products**2).sum(dtype=np.float64)
    return sums


def _beyond_means(data: TrainingData) -> DoubleArray:
    """What ratings are beyond damped offsets of their users and items, shape (n,)."""
    sides = (data.users, data.user_count), (data.items, data.item_count)
    offsets = [np.zeros(count) for _, count in sides]
    distances: DoubleArray = data.targets.astype(np.float64)
    distances -= distances.mean()
    for _ in range(_ROUNDS):
        for number, (rows, count) in enumerate(sides):
            distances += offsets[number][rows]
            sums = np.bincount(rows, distances, count)
            offsets[number] = sums / (np.bincount(rows, minlength=count) + _DAMPING)
            distances -= offsets[number][rows]
    return distances


def _weights(data: TrainingData, distances: DoubleArray, part: Any) -> tuple[DoubleArray, DoubleArray]:
    """What users' and items' ratings of a part count, so that no row outweighs others by its chance alone.

    The root of one over a row's ratings, as many as the average row's added, and over the user's noise.
    """
    users, items = data.users[part], data.items[part]
    counts = [np.bincount(users, minlength=data.user_count), np.bincount(items, minlength=data.item_count)]
    squares = distances[part] ** 2
    sums = np.bincount(users, squares, data.user_count) + _DAMPING * squares.mean()
    noise: DoubleArray = np.maximum(sums / (counts[0] + _DAMPING), 1e-12)
    user, item = ((count + count.mean()).astype(np.float64) for count in counts)
    return (user * noise) ** -0.5, item**-0.5


def _directions(matrix: Any, count: int) -> tuple[FloatArray, FloatArray]:
    """The strongest singular vectors of a sparse matrix, the first first: (count, rows), (count, columns).

    By random projections and power iterations (Halko, Martinsson & Tropp 2011). Directions as weak as chance
    come out inexact, which `_tried` tells as it does any other.
    """
    width = min(count + _MORE, *matrix.shape)
    sample = np.random.default_rng(0).standard_normal((matrix.shape[1], width), np.float32)
    turned = matrix.T.tocsr()
    for _ in range(_POWERS):
        sample = np.linalg.qr(turned @ np.linalg.qr(matrix @ sample).Q).Q
    left, _, right = np.linalg.svd(matrix @ sample, full_matrices=False)
    return left.T[:count], right[:count] @ sample.T
