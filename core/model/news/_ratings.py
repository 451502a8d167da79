"""Ratings: touched rows of one side solved again from where they were, given the other side's.

A trained row is taken for the best one given what training knew: its old ratings then ask for nothing but
that their predictions stay, with the weight of so many ratings, and the news pulls against that. A row that
training didn't know starts at the mean of the others, or where its traits put it, and is a ridge on its
ratings. Where the score is no dot product it is linearized (Gauss-Newton).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.model import Folder, UserPrior
from core.model.newcomers import solve_ridges
from core.model.news.change import Change, KnownPairs

_LIGHT = 1e-2
"""A rating that is gone pulls the other way, with hardly any weight of its own."""
_STEPS, _HEAD_STEPS = 1, 3
_PAIRS = 262_144


@dataclass(frozen=True)
class RatingNews:
    """What ratings ask of the touched users: pairs with `targets` for their raw predictions, and what pairs
    that are gone pulled at (`lost`, with the `errors` that they had), each sorted by user."""

    rows: LongArray
    pairs: KnownPairs
    targets: DoubleArray
    lost: KnownPairs
    errors: DoubleArray

    @classmethod
    def of(cls, folder: Folder, change: Change) -> RatingNews:
        """Collect them; `folder` is of the model as it was, with rows for all ids."""
        touched = np.zeros(change.counts[0], bool)
        touched[change.users] = True
        mine = np.flatnonzero(touched[change.now.users])
        mine = mine[np.argsort(change.now.users[mine], kind="stable")]
        pairs, old = change.now.take(mine), change.old_values[mine].astype(np.float64)
        said = folder.model.scorer.raw(pairs.users, pairs.items).astype(np.float64)
        targets = np.where(np.isnan(old), pairs.values, said + (pairs.values - old))
        gone = change.withdrawn
        lost = gone.take(np.argsort(gone.users, kind="stable"))
        errors = lost.values - folder.model.scorer.raw(lost.users, lost.items)
        return cls(change.users, pairs, targets, lost, errors.astype(np.float64))


def solve_rows(folder: Folder, news: RatingNews, centres: DoubleArray, start: DoubleArray) -> DoubleArray:
    """The touched users' numbers, shape (rows, numbers): held at `centres`, searched from `start`."""
    numbers = start
    for _ in range(_STEPS if folder.factorization is not None else _HEAD_STEPS):
        numbers = _step(folder, news, centres, numbers)
    return numbers


def _step(folder: Folder, news: RatingNews, centres: DoubleArray, numbers: DoubleArray) -> DoubleArray:
    """One step for all, in blocks of users with so many pairs together."""
    sizes = _sizes(news.rows, news.pairs) + _sizes(news.rows, news.lost)
    parts, first = [], 0
    while first < len(news.rows):
        last = first + max(1, int(np.searchsorted(np.cumsum(sizes[first:]), _PAIRS, side="right")))
        parts.append(_step_block(folder, news, centres, numbers, slice(first, last)))
        first = last
    return np.concatenate(parts) if parts else numbers


def _step_block(
    folder: Folder, news: RatingNews, centres: DoubleArray, numbers: DoubleArray, block: slice
) -> DoubleArray:
    rows, centre, here = news.rows[block], centres[block], numbers[block]
    designs, left, owners = [], [], []
    for pairs, lost in ((news.pairs, False), (news.lost, True)):
        own = slice(*np.searchsorted(pairs.users, [rows[0], rows[-1] + 1]))
        places = np.searchsorted(rows, pairs.users[own])
        scores, slopes = folder.slopes_of_pairs(here, places, pairs.items[own])
        if lost:
            designs.append(_LIGHT * slopes)
            left.append(-news.errors[own] / _LIGHT)
        else:
            designs.append(slopes)
            moved = np.einsum("ij,ij->i", slopes, here[places] - centre[places])
            left.append(news.targets[own] - scores + moved)
        owners.append(places)
    order = np.argsort(np.concatenate(owners), kind="stable")
    sizes = np.bincount(np.concatenate(owners), minlength=len(rows))
    held = _around_nothing(folder.prior)
    return centre + solve_ridges(held, np.concatenate(designs)[order], np.concatenate(left)[order], sizes)


def _around_nothing(prior: UserPrior) -> UserPrior:
    return replace(prior, mean=np.zeros_like(prior.mean))


def _sizes(rows: LongArray, pairs: KnownPairs) -> LongArray:
    return np.bincount(np.searchsorted(rows, pairs.users), minlength=len(rows))
