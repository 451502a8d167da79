"""A new item folded in: from who rated or liked it first, from its traits, or from both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.contract import ItemTable
from core.model import Folder, Model, UserPrior
from core.model.news._likes import Takers, item_numbers
from core.model.news.traits import TraitRidge
from core.model.news.turned import turned

_MOST_USERS = 20_000
"""An average is over so many users at most."""


@dataclass(frozen=True)
class NewItem:
    """An item that training doesn't know: its `numbers`, in the place of a user of the turned model's folder.

    `explained` is the share of rows' variance that traits tell of items left out; 0 where none are given or
    none say anything.
    """

    folder: Folder
    numbers: DoubleArray
    explained: float = 0.0

    @classmethod
    def of(cls, model: Model, traits: ItemTable | None, users: LongArray, values: FloatArray) -> NewItem:
        """Fold an item in from rows of users and their ratings (weights of likes), both of shape (n,), held
        where its traits (a table of this item alone) put it.

        Raises UsageError where a model has no rows for items.
        """
        folder = Folder.of(turned(model))
        ridge = None if traits is None else TraitRidge.of(model)
        if ridge is not None and traits is not None:
            folder = replace(folder, prior=_held(folder.prior, ridge, traits))
        numbers = folder.prior.mean
        if len(users) and model.ranks:
            totals = model.baseline.user_counts.astype(np.float64)
            takers = Takers.of(model, totals, folder.factorization is None)
            numbers = item_numbers(folder, takers, users, values.astype(np.float64))
        elif len(users):
            numbers = folder.numbers(users, values)
        return cls(folder, numbers, 0.0 if ridge is None else ridge.explained)

    def raw(self, users: LongArray) -> DoubleArray:
        """Raw predictions for rows of users, shape (n,)."""
        return self.folder.score_pairs(self.numbers[None, :], np.zeros(len(users), np.int64), users)

    def average(self) -> float:
        """The mean of the raw predictions for trained users, or many of them."""
        trained = np.flatnonzero(self.folder.model.baseline.item_counts > 0).astype(np.int64)
        if len(trained) > _MOST_USERS:
            trained = np.sort(np.random.default_rng(0).choice(trained, _MOST_USERS, replace=False))
        return float(self.raw(trained).mean())

    @property
    def factors(self) -> FloatArray | None:
        """Its factors, in the scale of the model's but for a common factor; None where there are none."""
        return self.folder.prior.rows(self.numbers).get("user_factors")


def _held(prior: UserPrior, ridge: TraitRidge, traits: ItemTable) -> UserPrior:
    """The prior of an item with such traits: where they put it, with what they leave as its spread."""
    width = len(prior.mean)
    covariance = ridge.covariance + (1e-3 * np.trace(ridge.covariance) / width + 1e-9) * np.eye(width)
    precision = np.linalg.inv(covariance)
    return replace(prior, mean=ridge.numbers(traits)[0], covariance=covariance, precision=precision)
