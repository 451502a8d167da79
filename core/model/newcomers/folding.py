"""Fold many users into one model at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.model import PLAIN_DAMPING, AnyFolder, Folder, HistoryFolder, LikesFolder
from core.model.newcomers._likes import fit_likes
from core.model.newcomers._ridges import solve_ridges
from core.ranking import ItemSets

_PAIRS = 65_536
"""Given pairs that are looked at together."""
_STEPS = 8
_MOST_REFINED = 200_000
"""With more given pairs than that users stay where the head, linearized at the average user, has them: on
MovieLens's small table an RMSE of .8988 instead of .8979, a fiftieth of the time."""


@dataclass(frozen=True)
class FoldedUsers:
    """Folded-in users by place: `numbers` (users, numbers) are their rows side by side, `offsets` (users,)
    their damped differences from the mean; or, where users are known by what they took, `histories`, a
    scipy.sparse matrix of shape (users, items)."""

    numbers: DoubleArray
    offsets: FloatArray
    histories: Any = None

    def __len__(self) -> int:
        return len(self.offsets)


def fold_many(folder: AnyFolder, given: ItemSets) -> FoldedUsers:
    """Find the users who explain what each gave: ratings, or weights of likes; one a user of `given`."""
    nobody = np.zeros(given.user_count, np.float32)
    if isinstance(folder, HistoryFolder):
        return FoldedUsers(np.zeros((given.user_count, 0)), nobody, given.to_matrix())
    if isinstance(folder, LikesFolder):
        return FoldedUsers(fit_likes(folder, given), nobody)
    at_average = _AtAverage.of(folder, given.items.astype(np.int64))
    blocks = [_fold_block(folder, given, users, at_average) for users in _blocks(given)]
    numbers = np.concatenate(blocks) if blocks else np.zeros((0, len(folder.prior.mean)))
    return FoldedUsers(numbers, _offsets(folder, given))


def _fold_block(folder: Folder, given: ItemSets, users: LongArray, at_average: _AtAverage) -> DoubleArray:
    places, pairs = given.pairs_of(users)
    items, ratings = given.items[pairs].astype(np.int64), given.weights[pairs].astype(np.float64)
    few = len(given.items) <= _MOST_REFINED
    return _solved(folder, at_average, places, items, ratings, len(users), refine=few)


def raw_pairs(folder: AnyFolder, folded: FoldedUsers, places: LongArray, items: LongArray) -> FloatArray:
    """Raw predictions of pairs, by the users' places and rows of items, each of shape (n,).

    Items that training never saw get what the means say of these users.
    """
    if isinstance(folder, HistoryFolder):
        return folder.scorer.pairs(folded.histories, places, items)
    rated = folder.folder if isinstance(folder, LikesFolder) else folder
    raw = rated.score_pairs(folded.numbers, places, items)
    baseline = folder.model.baseline
    means = baseline.fallback_of(folded.offsets[places], items)
    return np.where(baseline.item_counts[items] == 0, means, raw).astype(np.float32)


def raw_block(folder: AnyFolder, folded: FoldedUsers, places: LongArray) -> FloatArray:
    """Raw predictions of all items for users by their places, shape (users, items)."""
    baseline = folder.model.baseline
    items = np.arange(len(baseline.item_counts))
    if isinstance(folder, HistoryFolder):
        scores: FloatArray = folder.scorer.of_histories(folded.histories[places])
    else:
        rated = folder.folder if isinstance(folder, LikesFolder) else folder
        scores = rated.score_block(folded.numbers[places])
    untrained = np.flatnonzero(baseline.item_counts == 0)
    scores[:, untrained] = baseline.fallback_of(folded.offsets[places][:, None], items[untrained])
    return scores


class _AtAverage(NamedTuple):
    """Scores of items for the average user, and how they depend on a user's numbers there.

    `items` are sorted rows, `scores` (items,) and `slopes` (items, numbers) theirs.
    """

    items: LongArray
    scores: DoubleArray
    slopes: DoubleArray

    @classmethod
    def of(cls, folder: Folder, items: LongArray) -> _AtAverage:
        """Linearize the score of these items, each once."""
        known = np.unique(items)
        if not len(known):
            return cls(known, np.zeros(0), np.zeros((0, len(folder.prior.mean))))
        return cls(known, *folder.linearize(folder.prior.mean, known))


def solve_numbers(
    folder: Folder, places: LongArray, items: LongArray, ratings: DoubleArray, users: int
) -> DoubleArray:
    """The most probable numbers of `users` given rated pairs, each of shape (n,), ordered by place."""
    return _solved(folder, _AtAverage.of(folder, items), places, items, ratings, users, refine=True)


def _solved(
    folder: Folder,
    at_average: _AtAverage,
    places: LongArray,
    items: LongArray,
    ratings: DoubleArray,
    users: int,
    *,
    refine: bool,
) -> DoubleArray:
    """A ridge a user for a factorization, and for any other score linearized at the average user; from there
    Gauss-Newton steps through the score itself where it is to be refined."""
    at, mean = np.searchsorted(at_average.items, items), folder.prior.mean
    slopes = at_average.slopes[at]
    targets = ratings - at_average.scores[at] + slopes @ mean
    solved = solve_ridges(folder.prior, slopes, targets, np.bincount(places, minlength=users))
    if folder.factorization is not None or not refine:
        return solved
    start = _better(folder, np.tile(mean, (users, 1)), solved, places, items, ratings)
    return _gauss_newton(folder, start, places, items, ratings)


def _better(
    folder: Folder,
    one: DoubleArray,
    other: DoubleArray,
    places: LongArray,
    items: LongArray,
    ratings: DoubleArray,
) -> DoubleArray:
    """Of two choices of numbers the more probable one of each user."""
    costs = [_costs(folder, numbers, places, items, ratings) for numbers in (one, other)]
    return np.where((costs[1] < costs[0])[:, None], other, one)


def _gauss_newton(
    folder: Folder, numbers: DoubleArray, places: LongArray, items: LongArray, ratings: DoubleArray
) -> DoubleArray:
    """Linearize the head at all users at once and solve; who gets no better keeps what they have."""
    best = _costs(folder, numbers, places, items, ratings)
    moving = np.unique(places)
    for _ in range(_STEPS):
        if not len(moving):
            break
        mine = np.isin(places, moving)
        among = np.searchsorted(moving, places[mine])
        here, wanted = numbers[moving], ratings[mine]
        scores, slopes = folder.slopes_of_pairs(here, among, items[mine])
        targets = wanted - scores + np.einsum("ij,ij->i", slopes, here[among])
        step = solve_ridges(folder.prior, slopes, targets, np.bincount(among)) - here
        tried = [here + size * step for size in (1.0, 0.5, 0.25, 0.1)]
        costs = np.stack([_costs(folder, one, among, items[mine], wanted) for one in tried])
        chosen, least = costs.argmin(axis=0), costs.min(axis=0)
        better = least < best[moving] - 1e-9
        numbers[moving[better]] = np.stack(tried)[chosen, np.arange(len(moving))][better]
        best[moving[better]] = least[better]
        moving = moving[better]
    return numbers


def _costs(
    folder: Folder, numbers: DoubleArray, places: LongArray, items: LongArray, ratings: DoubleArray
) -> DoubleArray:
    errors = ratings - folder.score_pairs(numbers, places, items)
    away = numbers - folder.prior.mean
    squares = np.bincount(places, weights=errors * errors, minlength=len(numbers))
    pulls = np.einsum("ij,jk,ik->i", away, folder.prior.precision, away)
    costs: DoubleArray = squares / folder.prior.noise + pulls
    return costs


def _offsets(folder: Folder, given: ItemSets) -> FloatArray:
    """Each user's damped difference of their ratings from what the means say of average users."""
    owners = np.repeat(np.arange(given.user_count), given.sizes)
    left = given.weights - folder.model.baseline.fallback_of(0.0, given.items)
    sums = np.bincount(owners, weights=left, minlength=given.user_count)
    return (sums / (given.sizes + PLAIN_DAMPING)).astype(np.float32)


def _blocks(given: ItemSets) -> Iterator[LongArray]:
    """Users with so many pairs together, in order."""
    ends = np.cumsum(given.sizes)
    start = 0
    while start < given.user_count:
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _PAIRS, side="right")))
        yield np.arange(start, stop)
        start = stop
