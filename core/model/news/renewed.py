"""A model brought up to date with news: rows that the news touches are solved again, all others stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.contract import Arrays
from core.data import Ratings
from core.model import Baseline, Folder, Model, find_factorization, popularity_baseline
from core.model.news._likes import Takers, pulls_of_then, solve_items, solve_users
from core.model.news._ratings import RatingNews, solve_rows
from core.model.news._rows import numbers_of, with_numbers
from core.model.news.change import Change, KnownPairs
from core.model.news.traits import expected_rows
from core.model.news.turned import turned

_SWEEPS = 2
"""So many times users are solved for and then items."""
_MEANS_SWEEPS = 10
Told = Callable[[str], None]


def extended(model: Model, table: Ratings) -> Model:
    """The model with rows for all ids of a table, which begins with the model's own.

    New rows start as the mean of the trained ones and count as untrained.
    """
    base = model.baseline
    sides = {"user": (base.user_counts, table.user_count), "item": (base.item_counts, table.item_count)}
    weights: Arrays = {}
    for name, array in model.weights.items():
        side = name.removeprefix("table/").partition("_")[0]
        weights[name] = _longer(array, *sides[side]) if name.startswith("table/") else array
    more = {side: total - len(counts) for side, (counts, total) in sides.items()}
    baseline = replace(
        base,
        user_counts=np.pad(base.user_counts, (0, more["user"])),
        item_counts=np.pad(base.item_counts, (0, more["item"])),
        user_offsets=np.pad(base.user_offsets, (0, more["user"])),
        item_offsets=np.pad(base.item_offsets, (0, more["item"])),
    )
    return replace(
        model,
        users=table.user_vocabulary,
        items=table.item_vocabulary,
        item_table=table.item_table,
        baseline=baseline,
        weights=weights,
    )


def _longer(array: np.ndarray, counts: LongArray, total: int) -> np.ndarray:
    """A table of `total` rows, the new ones being the mean of those that have ratings."""
    trained = counts > 0
    mean = array[trained].mean(axis=0) if trained.any() else np.zeros(array.shape[1])
    return np.concatenate([array, np.tile(mean.astype(array.dtype), (total - len(array), 1))])


@dataclass(frozen=True)
class Renewing:
    """Solves for the rows that a change touches.

    `model` is the one as it was; `known` the same with rows for all ids. What is said of rows that training
    knew is said of `known`, whose own ratings needn't be read.
    """

    model: Model
    known: Model
    change: Change
    tell: Told

    def solve(self) -> Model:
        """The model as it is now."""
        model = self._started(
            replace(self.known, baseline=renewed_baseline(self.known.baseline, self.change))
        )
        for sweep in range(1, _SWEEPS + 1):
            self.tell(f"users and items, {sweep} of {_SWEEPS}")
            model = self._users(model)
            model = turned(self._items(turned(model)))
        return model

    def _users(self, model: Model) -> Model:
        if not len(self.change.users):
            return model
        folder = self._folder(model, self._user_folder)
        rows, centres = self.change.users, self._user_centres
        if self.model.ranks:
            return with_numbers(folder, rows, solve_users(folder, self.change, centres))
        news = self._user_news
        return with_numbers(folder, rows, solve_rows(folder, news, centres, numbers_of(folder, rows)))

    def _items(self, model: Model) -> Model:
        """The turned model, solved for what are then its users."""
        if not len(self.change.items):
            return model
        folder = self._folder(model, self._item_folder)
        rows, centres, change = self.change.items, self._item_centres, self.change.turned
        if self.model.ranks:
            totals = _totals(self.change.now, self.change.counts[0])
            now = Takers.of(turned(model), totals, folder.factorization is None)
            return with_numbers(folder, rows, solve_items(folder, change, centres, now, self._item_pulls))
        news = self._item_news
        return with_numbers(folder, rows, solve_rows(folder, news, centres, numbers_of(folder, rows)))

    @staticmethod
    def _folder(model: Model, known: Folder) -> Folder:
        """The folder of a model on its way, with the prior of the model as it was."""
        product = known.factorization is not None
        return Folder(model, known.prior, find_factorization(model) if product else None)

    @cached_property
    def _user_folder(self) -> Folder:
        prior = Folder.of(self.model).prior
        return Folder(self.known, prior, find_factorization(self.known))

    @cached_property
    def _item_folder(self) -> Folder:
        known = turned(self.known)
        prior = Folder.of(turned(self.model)).prior
        return Folder(known, prior, find_factorization(known))

    @cached_property
    def _user_centres(self) -> DoubleArray:
        return self._centres(self._user_folder, self.change)

    @cached_property
    def _item_centres(self) -> DoubleArray:
        centres = self._centres(self._item_folder, self.change.turned)
        new = ~self.change.turned.known_before()[self.change.items]
        expected = expected_rows(self.model, self.known.item_table)
        if expected is not None:
            centres[new] = expected[self.change.items[new]]
        return centres

    @cached_property
    def _item_pulls(self) -> DoubleArray:
        """What holds touched items, of a model that ranks: the same in every sweep."""
        known, change = self._item_folder, self.change.turned
        return pulls_of_then(known, change, self._item_centres, self._takers_before)

    @staticmethod
    def _centres(folder: Folder, change: Change) -> DoubleArray:
        """Where touched rows are held: where they were, or at the mean."""
        centres = numbers_of(folder, change.users)
        centres[~change.known_before()[change.users]] = folder.prior.mean
        return centres

    def _started(self, model: Model) -> Model:
        """New rows where they are held before anything is known of them."""
        model = with_numbers(self._folder(model, self._user_folder), self.change.users, self._user_centres)
        other = turned(model)
        return turned(
            with_numbers(self._folder(other, self._item_folder), self.change.items, self._item_centres)
        )

    @cached_property
    def _user_news(self) -> RatingNews:
        return RatingNews.of(self._user_folder, self.change)

    @cached_property
    def _item_news(self) -> RatingNews:
        return RatingNews.of(self._item_folder, self.change.turned)

    @cached_property
    def _takers_before(self) -> Takers:
        totals = _totals(self.change.before, len(self.model.users))
        return Takers.of(self.model, totals, self._item_folder.factorization is None)


def _totals(likes: KnownPairs, users: int) -> DoubleArray:
    return np.bincount(likes.users, weights=likes.values, minlength=users).astype(np.float64)


def renewed_baseline(known: Baseline, change: Change) -> Baseline:
    """Counts of now, and offsets of the rows that a change touches; all others stay."""
    now = change.now
    counts = (
        np.bincount(now.users, minlength=change.counts[0]),
        np.bincount(now.items, minlength=change.counts[1]),
    )
    if not known.clips:
        return popularity_baseline(counts[0], counts[1], known.scale)
    offsets = [known.user_offsets.astype(np.float64), known.item_offsets.astype(np.float64)]
    sides = ((0, change.users), (1, change.items))
    dampings = [_damping(known, change.before, side) for side, _ in sides]
    for _ in range(_MEANS_SWEEPS):
        for side, rows in reversed(sides):
            left = now.values - known.mean - offsets[1 - side][(now.items, now.users)[side]]
            sums = np.bincount((now.users, now.items)[side], weights=left, minlength=change.counts[side])
            offsets[side][rows] = sums[rows] / (counts[side][rows] + dampings[side])
    singles: list[FloatArray] = [side.astype(np.float32) for side in offsets]
    return replace(
        known,
        user_counts=counts[0],
        item_counts=counts[1],
        user_offsets=singles[0],
        item_offsets=singles[1],
    )


def _damping(known: Baseline, pairs: KnownPairs, side: int) -> float:
    """By how many ratings of 0 a side's offsets were damped: what they leave of their ratings' sums tells."""
    own, other = (pairs.users, pairs.items), (known.user_offsets, known.item_offsets)
    left = pairs.values - known.mean - other[1 - side][own[1 - side]].astype(np.float64)
    sums = np.bincount(own[side], weights=left, minlength=len(other[side]))
    counts = np.bincount(own[side], minlength=len(other[side]))
    offsets = other[side].astype(np.float64)
    telling = np.abs(offsets) > 1e-3 * max(1e-12, float(np.abs(offsets).max()))
    if not telling.any():
        return 1e6  # all offsets are 0: nothing is to be learnt of them
    return float(np.clip(np.median(sums[telling] / offsets[telling] - counts[telling]), 0.0, 1e6))
