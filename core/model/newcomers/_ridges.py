"""Ridges of many users at once: the most probable numbers of each, in batches of alike sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.model import UserPrior
from core.model.newcomers._threads import in_threads

_MOST_NUMBERS = 1_000_000
"""Numbers of a padded batch: 8 MB."""


def solve_ridges(
    prior: UserPrior, design: DoubleArray, targets: DoubleArray, sizes: LongArray
) -> DoubleArray:
    """The most probable numbers of each user given targets ≈ design · numbers; shape (users, numbers).

    `design` (pairs, numbers) and `targets` (pairs,) hold the users' pairs one after another, `sizes` (users,)
    how many each has. Who has none gets the prior's mean.
    """
    width = design.shape[1]
    solved = np.tile(prior.mean, (len(sizes), 1))
    residuals = targets - design @ prior.mean
    starts = np.cumsum(sizes) - sizes

    def solve(users: LongArray) -> None:
        longest = int(sizes[users].max())
        inside = np.arange(longest) < sizes[users][:, None]
        rows = np.where(inside, starts[users][:, None] + np.arange(longest), 0)
        solved[users] += _solve(prior, design[rows] * inside[:, :, None], residuals[rows] * inside)

    in_threads(solve, list(_alike(sizes, width)))
    return solved


def _alike(sizes: LongArray, width: int) -> Iterator[LongArray]:
    """Batches of users whose sizes lie within a factor of two, as many as fit into memory."""
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    magnitudes = np.ceil(np.log2(sizes[order])).astype(np.int64)
    for magnitude in np.unique(magnitudes).tolist():
        users = order[magnitudes == magnitude]
        room = max(1, _MOST_NUMBERS // (max(width, 2**magnitude) * width))
        for start in range(0, len(users), room):
            yield users[start : start + room]


def _solve(prior: UserPrior, design: DoubleArray, residuals: DoubleArray) -> DoubleArray:
    """Solve the smaller of the two systems of each user: design (users, pairs, numbers)."""
    across = design.transpose(0, 2, 1)
    pairs, width = design.shape[1:]
    if pairs < width:
        spread = prior.covariance @ across
        systems = design @ spread + prior.noise * np.eye(pairs)
        return (spread @ np.linalg.solve(systems, residuals[:, :, None]))[:, :, 0]
    systems = across @ design + prior.noise * prior.precision
    return np.linalg.solve(systems, across @ residuals[:, :, None])[:, :, 0].astype(np.float64)
