"""The held-out part of a model's table, whose users may be newcomers: their predictions and rankings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.array_types import FloatArray, LongArray, Mask
from core.data import Ratings
from core.errors import diverged
from core.model import BLOCK_SCORES, AnyFolder, DampedMeans, Model, folder_of, plain_damped_means, raw_blocks
from core.model.newcomers.folding import FoldedUsers, fold_many, raw_block, raw_pairs
from core.ranking import ItemSets, tempered


@dataclass(frozen=True)
class Newcomers:
    """Users whom training doesn't know, folded in: rows of `users`, ascending, and what was found of each."""

    folder: AnyFolder
    users: LongArray
    folded: FoldedUsers

    def among(self, users: LongArray) -> Mask:
        """Which of some rows of users are folded in."""
        return np.isin(users, self.users)

    def raw(self, users: LongArray, items: LongArray) -> FloatArray:
        """Raw predictions of pairs of rows, shape (n,), whose users are all folded in."""
        return raw_pairs(self.folder, self.folded, np.searchsorted(self.users, users), items)

    def blocks(self, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
        """Rows of folded-in users and their raw predictions of all items, block by block.

        Raises DivergenceError for numbers that aren't finite, which have no order.
        """
        size = max(1, BLOCK_SCORES // max(1, len(self.folder.model.items)))
        for start in range(0, len(users), size):
            block = users[start : start + size]
            raw = raw_block(self.folder, self.folded, np.searchsorted(self.users, block))
            if not np.isfinite(raw).all():
                raise diverged()
            yield block, raw


def newcomers_of(model: Model) -> Newcomers | None:
    """Fold in, once a model, who gave rows to be folded in from; None where nobody did.

    Raises TastemapError where the ratings table can't be read, UsageError where users can't be folded in.
    """
    return model.remember("newcomers", lambda: _fold(model))


def _fold(model: Model) -> Newcomers | None:
    rated = model.rated
    rows = np.flatnonzero(rated.given)
    if not len(rows):
        return None
    users = np.unique(rated.ratings.users[rows]).astype(np.int64)
    counted, weights = _counted(model, rows)
    places = np.searchsorted(users, rated.ratings.users[counted])
    counts = len(users), len(model.items)
    given = ItemSets.of(places, rated.ratings.items[counted], counts, weights)
    folder = folder_of(model)
    return Newcomers(folder, users, fold_many(folder, given))


def _counted(model: Model, rows: LongArray) -> tuple[LongArray, FloatArray]:
    """Those given rows that count, and with what weight: ratings, or likes where the model ranks."""
    table = model.rated.ratings
    if not model.ranks:
        return rows, table.ratings[rows]
    threshold = model.facts.positive_from
    liked = rows if threshold is None else rows[table.ratings[rows] >= np.float32(threshold)]
    if table.has_ratings:
        return liked, np.ones(len(liked), np.float32)
    weights, _ = tempered(table.ratings, np.flatnonzero(model.rated.in_training))
    assert weights is not None  # noqa: S101 - some were given
    return liked, weights[liked]


def predict_rows(model: Model, rows: LongArray) -> FloatArray:
    """Predict rows of a model's table, clipped, shape (n,); newcomers are folded in.

    Raises TastemapError.
    """
    table = model.rated.ratings
    users, items = table.users[rows].astype(np.int64), table.items[rows].astype(np.int64)
    raw, newcomers = model.predictor.raw(users, items), newcomers_of(model)
    if newcomers is not None:
        theirs = newcomers.among(users)
        raw[theirs] = newcomers.raw(users[theirs], items[theirs])
    return model.baseline.clip(raw)


def held_out_blocks(model: Model, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
    """Give rows of users and their raw predictions of all items, block by block; newcomers are folded in."""
    newcomers = newcomers_of(model)
    if newcomers is None:
        yield from raw_blocks(model, users)
        return
    theirs = newcomers.among(users)
    if not theirs.all():
        yield from raw_blocks(model, users[~theirs])
    yield from newcomers.blocks(users[theirs])


def fold_means(ratings: Ratings, train: LongArray, given: LongArray) -> DampedMeans:
    """Plain damped means of the training rows; users whom they don't know get their offset from what they
    gave, the `given` rows."""

    def columns(rows: LongArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return ratings.users[rows], ratings.items[rows], ratings.ratings[rows]

    plain = plain_damped_means(*columns(train), (ratings.user_count, ratings.item_count))
    return plain.folding_in(*columns(given))
