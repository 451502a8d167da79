"""Cut a ratings table into what training, tuning and the held-out figures need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, RowArray
from core.contract import ReplicaScores, Trainer, TrainingData, TrainingSettings
from core.data import Ratings, Split, carve_tuning, split_ratings
from core.errors import DataError
from core.model import Baseline, mae, rmse
from core.training.ranking import LikedParts, RankingJudge, liked_parts

Rows = npt.NDArray[np.int64]

TRAIN_SAMPLE = 200_000
"""The train RMSE of an epoch is measured on at most so many training ratings, always the same ones."""


@dataclass(frozen=True)
class Pairs:
    """Rated pairs: rows of users and items and their ratings, each of shape (n,)."""

    users: RowArray
    items: RowArray
    ratings: FloatArray

    def __len__(self) -> int:
        return len(self.ratings)


@dataclass(frozen=True)
class Figures:
    """Errors of one model on one set of pairs; None where there are no pairs."""

    rmse: float | None
    mae: float | None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A split table: `train` to train on; `train_sample`, `tuning` (maybe empty), `held_out` to measure.

    Under the objective "ranking" there are no ratings to measure by; `liked` then says what is.
    """

    split: Split
    baseline: Baseline
    train: TrainingData
    train_sample: Pairs
    tuning: Pairs
    held_out: Pairs
    liked: LikedParts | None = None

    @property
    def judge(self) -> RankingJudge | None:
        """Measures rankings, where that is the objective."""
        return None if self.liked is None else self.liked.judge

    def measure_replicas(self, trainer: Trainer) -> tuple[float, ...]:
        """The held-out RMSE of each replica alone; empty where there is but one."""
        pairs = self.held_out
        if not isinstance(trainer, ReplicaScores) or trainer.replicas == 1 or not len(pairs):
            return ()
        scores = trainer.replica_scores(pairs.users, pairs.items)
        return tuple(rmse(self._predictions(one, pairs), pairs.ratings) for one in scores.T)

    def measure(self, trainer: Trainer, pairs: Pairs) -> Figures:
        """Measure clipped predictions of the trainer's current weights on pairs."""
        if not len(pairs):
            return Figures(None, None)
        predictions = self._predictions(trainer.scores(pairs.users, pairs.items), pairs)
        return Figures(rmse(predictions, pairs.ratings), mae(predictions, pairs.ratings))

    def without_training(self) -> Prepared:
        """The same without the training ratings themselves, where the trainer keeps those that it needs."""
        return replace(self, train=replace(self.train, **_none("users", "items", "targets")))

    def without_ratings(self) -> Prepared:
        """The same with no ratings at all: nothing to train on and nothing to measure."""
        none = Pairs(**_none("users", "items", "ratings"))
        split = replace(self.split, train=np.zeros(0, np.int64), test=np.zeros(0, np.int64))
        return replace(self.without_training(), split=split, train_sample=none, tuning=none, held_out=none)

    def _predictions(self, scores: FloatArray, pairs: Pairs) -> FloatArray:
        return self.baseline.predictions(scores + np.float32(self.train.mean), pairs.users, pairs.items)


def prepare(ratings: Ratings, settings: TrainingSettings) -> Prepared:
    """Split, carve a tuning part where early stopping asks for one, and measure the training means."""
    split, train, tuning = _parts(ratings, settings)
    if settings.objective == "ranking":
        return _prepare_ranking(ratings, settings, split, train, tuning)
    _refuse_interactions(ratings)
    part = _pairs(ratings, train)
    counts = (ratings.user_count, ratings.item_count)
    baseline = Baseline.measure(part.users, part.items, part.ratings, counts, ratings.scale)
    mean = baseline.mean if settings.center else 0.0
    targets = part.ratings - np.float32(mean)
    data = TrainingData(part.users, part.items, targets, *counts, mean, ratings.item_table)
    sample = _pairs(ratings, _sample(train))
    return Prepared(
        split=split,
        baseline=baseline,
        train=data,
        train_sample=sample,
        tuning=_pairs(ratings, tuning),
        held_out=_pairs(ratings, split.test),
    )


def _parts(ratings: Ratings, settings: TrainingSettings) -> tuple[Split, Rows, Rows]:
    """The split, the rows to train on and those carved out of them."""
    split = split_ratings(
        ratings,
        settings.split_seed,
        settings.test_fraction,
        settings.split,
        folds=settings.folds,
        fold=settings.fold,
        count=settings.last_count,
    )
    if settings.early_stopping:
        return split, *carve_tuning(split, settings.tuning_fraction, settings.split_seed)
    return split, split.train, np.zeros(0, np.int64)


def _prepare_ranking(
    ratings: Ratings, settings: TrainingSettings, split: Split, train: Rows, tuning: Rows
) -> Prepared:
    liked = liked_parts(ratings, settings, train=train, tuning=tuning, test=split.test)
    none = Pairs(**_none("users", "items", "ratings"))
    return Prepared(
        split=split,
        baseline=liked.baseline,
        train=liked.data,
        train_sample=none,
        tuning=none,
        held_out=none,
        liked=liked,
    )


def _none(users: str, items: str, values: str) -> dict[str, Any]:
    rows = np.zeros(0, np.int32)
    return {users: rows, items: rows, values: np.zeros(0, np.float32)}


def _refuse_interactions(ratings: Ratings) -> None:
    """An objective of ratings has nothing to learn from rows that all say "yes"."""
    if ratings.kind == "interactions":
        hint = "Train on them with --objective ranking, or read the counts as ratings with --kind ratings."
        raise DataError("the table holds interactions, not ratings.", path=ratings.source, hint=hint)


def _pairs(ratings: Ratings, rows: Rows) -> Pairs:
    return Pairs(ratings.users[rows], ratings.items[rows], ratings.ratings[rows])


def _sample(rows: Rows) -> Rows:
    if len(rows) <= TRAIN_SAMPLE:
        return rows
    chosen = np.random.default_rng(0).choice(len(rows), TRAIN_SAMPLE, replace=False)
    return rows[np.sort(chosen)]
