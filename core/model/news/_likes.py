"""Likes: touched users under the softmax, touched items by how often each user would take them.

Given the users, an item is liked by each as by a Poisson process: so many likes of the user's, times the
chance that the item is the one. Its sum over users is the item's likes, as in the softmax, with every user's
chances of all items together held as they are. As with ratings, a row that training knew is taken for the
best one given the likes of then, and only what is more or less than those moves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.model import Folder, LikesFolder, Model, raw_blocks
from core.model.newcomers import Were, fit_likes
from core.model.news.change import Change, KnownPairs
from core.ranking import ItemSets

_STEPS, _CURVE_STEPS = 9, 3
_ENOUGH = 1e-5
_MOST_LOG = 50.0
_SIZES = (1.0, 0.3, 0.1)
_USERS, _USERS_THROUGH_HEAD = 2000, 300
"""Users that an item's chances are summed over: fewer where each pair goes through a head."""
_ITEMS = 64


def solve_users(folder: Folder, change: Change, centres: DoubleArray) -> DoubleArray:
    """The touched users' numbers, shape (rows, numbers), from where they were."""
    now, before = (_sets(pairs, change) for pairs in (change.now, change.before))
    return fit_likes(LikesFolder(folder), now, Were(centres, before))


def _sets(pairs: KnownPairs, change: Change) -> ItemSets:
    """The likes of the touched users, by their place among them."""
    mine = pairs.take(np.isin(pairs.users, change.users))
    places = np.searchsorted(change.users, mine.users)
    return ItemSets.of(places, mine.items, (len(change.users), change.counts[1]), mine.values)


@dataclass(frozen=True)
class Takers:
    """Some users, rows (n,), with the logarithm of what each counts in the sum over all: its likes over its
    chances of all items together."""

    users: LongArray
    amounts: DoubleArray

    @classmethod
    def of(cls, model: Model, totals: DoubleArray, through_head: bool) -> Takers:
        """Choose by the users' likes in all, shape (users,), where there are many users, and look at how much
        each spreads over all items."""
        users = np.flatnonzero(totals > 0).astype(np.int64)
        most = _USERS_THROUGH_HEAD if through_head else _USERS
        amounts = totals[users]
        if len(users) > most:
            chosen = np.random.default_rng(0).choice(
                len(users), most, replace=False, p=amounts / amounts.sum()
            )
            users, amounts = users[np.sort(chosen)], np.full(most, amounts.sum() / most)
        spread = [_log_sums(raw) for _, raw in raw_blocks(model, users)]
        return cls(users, np.log(amounts) - np.concatenate(spread))


def _log_sums(raw: FloatArray) -> DoubleArray:
    top = raw.max(axis=1)
    summed: DoubleArray = top + np.log(np.exp(raw - top[:, None]).sum(axis=1, dtype=np.float64))
    return summed


@dataclass(frozen=True)
class _Items:
    """Some items in the place of a folder's users: their numbers are sought given the takers.

    `owners`, `at` and `weights` (likes,) say whose each like is, by place, what it is of and what it counts.
    """

    folder: Folder
    takers: Takers
    owners: LongArray
    at: LongArray
    weights: DoubleArray
    centres: DoubleArray
    pull: DoubleArray

    def cost(self, numbers: DoubleArray) -> DoubleArray:
        """What items cost at numbers (items, numbers), shape (items,)."""
        scores, _ = self._with_all(numbers)
        said, _ = self.folder.slopes_of_pairs(numbers, self.owners, self.at)
        away = numbers - self.centres
        liked = np.bincount(self.owners, weights=self.weights * said, minlength=len(numbers))
        cost: DoubleArray = self._expected(scores).sum(axis=1) - liked
        cost += 0.5 * np.einsum("ij,jk,ik->i", away, self.folder.prior.precision, away)
        cost -= np.einsum("ij,ij->i", self.pull, numbers)
        return cost

    def gradient(self, numbers: DoubleArray) -> DoubleArray:
        """The cost's first derivative, shape (items, numbers)."""
        scores, design = self._with_all(numbers)
        _, steep = self.folder.slopes_of_pairs(numbers, self.owners, self.at)
        taken = np.zeros_like(numbers)
        np.add.at(taken, self.owners, self.weights[:, None] * steep)
        across = design.swapaxes(-1, -2)
        first: DoubleArray = (across @ self._expected(scores)[:, :, None])[:, :, 0] - taken - self.pull
        return first + (numbers - self.centres) @ self.folder.prior.precision

    def curve(self, numbers: DoubleArray) -> DoubleArray:
        """The cost's second derivative, shape (items, numbers, numbers)."""
        scores, design = self._with_all(numbers)
        one_for_all = [design[0]] * len(numbers) if len(design) == 1 else design
        bends = [(own.T * row) @ own for own, row in zip(one_for_all, self._expected(scores), strict=True)]
        second: DoubleArray = np.stack(bends) + self.folder.prior.precision
        return second

    def _with_all(self, numbers: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Scores with all takers, (items, users), and how they hang on the numbers: (items or 1, users,
        numbers), alike for all items where the score is a product."""
        count, users = len(numbers), self.takers.users
        if self.folder.factorization is not None:
            base, design = self._product
            return numbers @ design.T + base, design[None]
        places, others = np.repeat(np.arange(count), len(users)), np.tile(users, count)
        scores, slopes = self.folder.slopes_of_pairs(numbers, places, others)
        return scores.reshape(count, -1), slopes.reshape(count, len(users), -1)

    @cached_property
    def _product(self) -> tuple[DoubleArray, DoubleArray]:
        """Of a score that is a product: what it is at 0, (users,), and how it hangs on the numbers, (users,
        numbers), wherever items are."""
        nothing, users = np.zeros((1, self.centres.shape[1])), self.takers.users
        return self.folder.slopes_of_pairs(nothing, np.zeros(len(users), np.int64), users)

    def _expected(self, scores: DoubleArray) -> DoubleArray:
        """How often each taker is expected to take each item."""
        expected: DoubleArray = np.exp(np.minimum(scores + self.takers.amounts, _MOST_LOG))
        return expected


def pulls_of_then(known: Folder, change: Change, centres: DoubleArray, takers: Takers) -> DoubleArray:
    """What keeps the touched items where they were, given the likes and takers of then, (rows, numbers).

    `known`, the folder of the model as it was, and `change` are turned: users stand where items do.
    """
    pulls, trained = np.zeros_like(centres), change.known_before()[change.users]
    for block in _blocks(change):
        rows, centre, old = change.users[block], centres[block], trained[block]
        if old.any():
            then = _Items(known, takers, *_liked(change.before, rows), centre, np.zeros_like(centre))
            pulls[block][old] = then.gradient(centre)[old]
    return pulls


def solve_items(
    folder: Folder, change: Change, centres: DoubleArray, takers: Takers, pulls: DoubleArray
) -> DoubleArray:
    """The touched items' numbers, shape (rows, numbers), from where they were.

    `folder` and `change` are turned: users stand where items do. `takers` are those of now, `pulls` what
    `pulls_of_then` says.
    """
    numbers = centres.copy()
    for block in _blocks(change):
        liked = _liked(change.now, change.users[block])
        items = _Items(folder, takers, *liked, centres[block], pulls[block])
        numbers[block] = _newton(items, centres[block])
    return numbers


def _blocks(change: Change) -> Iterator[slice]:
    """Some touched items at a time."""
    for at in range(0, len(change.users), _ITEMS):
        yield slice(at, at + _ITEMS)


def _newton(items: _Items, start: DoubleArray) -> DoubleArray:
    """Newton's method for all items together, until none gets better; (items, numbers).

    The second derivative, which costs most, is good for some steps.
    """
    numbers, cost, curve = start.copy(), items.cost(start), items.curve(start)
    for number in range(_STEPS):
        if number and number % _CURVE_STEPS == 0:
            curve = items.curve(numbers)
        step = np.linalg.solve(curve, items.gradient(numbers)[:, :, None])[:, :, 0]
        better = np.zeros(len(numbers), bool)
        for size in _SIZES:
            tried = np.where(better[:, None], numbers, numbers - size * step)
            costs = items.cost(tried)
            gains = ~better & (costs < cost - _ENOUGH)
            numbers[gains], cost[gains] = tried[gains], costs[gains]
            better |= gains
            if better.all():
                break
        if not better.any():
            break
    return numbers


def _liked(pairs: KnownPairs, rows: LongArray) -> tuple[LongArray, LongArray, DoubleArray]:
    """Whose each like of some rows is, by place, what it is of, and its weight."""
    mine = pairs.take(np.isin(pairs.users, rows))
    return np.searchsorted(rows, mine.users), mine.items, mine.values.astype(np.float64)


def item_numbers(folder: Folder, takers: Takers, users: LongArray, weights: DoubleArray) -> DoubleArray:
    """The numbers of one new item, shape (numbers,), that `users` like with some weights, both (n,)."""
    start = folder.prior.mean[None, :].astype(np.float64)
    owners = np.zeros(len(users), np.int64)
    found: DoubleArray = _newton(
        _Items(folder, takers, owners, users, weights, start, np.zeros_like(start)), start
    )[0]
    return found
