"""Cut a ratings table into what training, tuning and the held-out figures need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray, RowArray
from core.contract import ReplicaScores, Trainer, TrainingData, TrainingSettings
from core.data import Ratings, Split, carve_tuning, split_ratings
from core.errors import DataError, UsageError
from core.model import Baseline, HeldOut, Scoring, fold_means, learn_damped_means, mae, rmse
from core.model.moments import Moments, Moods, left_and_predicted
from core.training._folding import Folding
from core.training.ranking import LikedParts, RankingJudge, liked_parts

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

    @classmethod
    def of(cls, predictions: FloatArray, pairs: Pairs) -> Figures:
        """Measure predictions of pairs, shape (n,)."""
        if not len(pairs):
            return cls(None, None)
        return cls(rmse(predictions, pairs.ratings), mae(predictions, pairs.ratings))


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A split table: `train` to train on; `train_sample`, `tuning` (maybe empty), `held_out` to measure.

    `scoring` turns scores into ratings; `plain_means` are what plain damped means of the whole training part
    predict for `held_out` (clipped, shape (n,)): the figure that a model must beat.
    Under the objective "ranking" there are no ratings to measure by; `liked` then says what is. `folding`
    judges users whom training doesn't know, where the split has any; `moods` and the `moments` that they
    are told by are there where a known moment says something.
    """

    split: Split
    baseline: Baseline
    scoring: Scoring
    plain_means: FloatArray
    train: TrainingData
    train_sample: Pairs
    tuning: Pairs
    held_out: Pairs
    liked: LikedParts | None = None
    folding: Folding | None = None
    moments: Moments | None = None
    moods: Moods | None = None

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
        return Figures.of(self.predictions(trainer, pairs), pairs)

    def predictions(self, trainer: Trainer, pairs: Pairs) -> FloatArray:
        """Predict pairs by the trainer's current weights, clipped, shape (n,)."""
        if not len(pairs):
            return np.zeros(0, np.float32)
        return self._predictions(trainer.scores(pairs.users, pairs.items), pairs)

    def held_out_predictions(self, trainer: Trainer) -> FloatArray:
        """Predict the held-out pairs, clipped, shape (n,); users whom training doesn't know are folded in."""
        if self.folding is not None and self.split.folds_in and len(self.held_out):
            return self.folding.predictions(trainer)
        return self.predictions(trainer, self.held_out)

    def predictions_at_moments(self, trainer: Trainer) -> FloatArray | None:
        """Predict the held-out pairs where it is known when each was rated, clipped, shape (n,).

        None where that says nothing.
        """
        if self.moments is None or self.moods is None or not len(self.held_out):
            return None
        pairs, known = self.held_out, pairs_of(self.moments.table, self.moments.known)
        raw = self._raw(trainer.scores(known.users, known.items), known)
        told = self.moments.around_rows(self.split.test, left_and_predicted(known.ratings, raw))
        raw = self._raw(trainer.scores(pairs.users, pairs.items), pairs) + self.moods.added(told)
        return self.baseline.predictions(raw, pairs.users, pairs.items)

    def measure_held_out(self, trainer: Trainer) -> Figures:
        """Measure the current weights on the held-out part, after an epoch: on some newcomers where there
        are many."""
        if self.folding is None or not self.split.folds_in or not len(self.held_out):
            return self.measure(trainer, self.held_out)
        some = self.folding.sampled()
        return Figures.of(some.predictions(trainer), pairs_of(some.ratings, some.split.test))

    def folding_in(self, folding: Folding) -> Prepared:
        """The same where users whom training doesn't know are judged so."""
        if self.liked is None:
            return replace(self, folding=folding)
        folding = replace(folding, rule=self.liked.rule)
        blocks = folding.blocks if self.split.folds_in else None
        judge = replace(self.liked.judge, blocks=blocks)
        return replace(self, folding=folding, liked=replace(self.liked, judge=judge))

    @property
    def baseline_rmse(self) -> float | None:
        """The held-out RMSE of plain damped means; None where nothing is held out."""
        return rmse(self.plain_means, self.held_out.ratings) if len(self.held_out) else None

    def against_baseline(self, predictions: FloatArray) -> tuple[HeldOut, HeldOut]:
        """The held-out pairs as plain damped means predict them, and with other predictions, shape (n,)."""
        pairs = self.held_out
        users, items = pairs.users.astype(np.int64), pairs.items.astype(np.int64)
        means = HeldOut(users, items, pairs.ratings, self.plain_means)
        return means, replace(means, predicted=predictions)

    def away_from_means(self, trainer: Trainer, pairs: Pairs) -> tuple[DoubleArray, DoubleArray]:
        """How far ratings and predictions (not clipped) lie from training's damped means, each (n,)."""
        return self._away(pairs, trainer.scores(pairs.users, pairs.items))

    def replicas_away_from_means(
        self, trainer: ReplicaScores, pairs: Pairs
    ) -> list[tuple[DoubleArray, DoubleArray]]:
        """The same for each of a trainer's replicas alone."""
        return [self._away(pairs, scores) for scores in trainer.replica_scores(pairs.users, pairs.items).T]

    def _away(self, pairs: Pairs, scores: FloatArray) -> tuple[DoubleArray, DoubleArray]:
        means = self.baseline.fallback(pairs.users, pairs.items).astype(np.float64)
        known = self.baseline.known(pairs.users, pairs.items)
        return pairs.ratings - means, np.where(known, self._raw(scores, pairs) - means, 0.0)

    def trusting(self, share: float) -> Prepared:
        """The same where the model is mixed with damped means: it gets this share."""
        return replace(self, scoring=self.scoring.trusting(share, self.baseline.mean))

    def beside_popularity(self, share: float, popularity: float) -> Prepared:
        """The same where scores count `share` times and the logarithm of popularity `popularity` times."""
        assert self.liked is not None  # noqa: S101 - a ranking has likes
        scoring = Scoring(offset=0.0, share=share, means=popularity)
        judge = replace(self.liked.judge, scoring=scoring)
        return replace(self, scoring=scoring, liked=replace(self.liked, judge=judge))

    def with_moods(self, ratings: Ratings, moods: Moods | None) -> Prepared:
        """The same where moods are known; users whom training doesn't know have none."""
        if moods is None or self.split.folds_in or self.liked is not None:
            return self
        return replace(self, moments=Moments(ratings, self.split.train), moods=moods)

    def without_training(self) -> Prepared:
        """The same without the training ratings themselves, where the trainer keeps those that it needs."""
        train = replace(self.train, **_none("users", "items", "targets"), times=None)
        liked = None if self.liked is None else replace(self.liked, data=train)
        return replace(self, train=train, liked=liked)

    def without_ratings(self) -> Prepared:
        """The same with no ratings at all: nothing to train on and nothing to measure."""
        none = Pairs(**_none("users", "items", "ratings"))
        split = replace(self.split, train=np.zeros(0, np.int64), test=np.zeros(0, np.int64))
        return replace(
            self.without_training(),
            split=split,
            plain_means=none.ratings,
            train_sample=none,
            tuning=none,
            held_out=none,
            liked=None,
            moments=None,
        )

    def _predictions(self, scores: FloatArray, pairs: Pairs) -> FloatArray:
        return self.baseline.predictions(self._raw(scores, pairs), pairs.users, pairs.items)

    def _raw(self, scores: FloatArray, pairs: Pairs) -> FloatArray:
        return self.scoring.raw(scores, self.scoring.weigh(self.baseline.offsets(pairs.users, pairs.items)))


def prepare(ratings: Ratings, settings: TrainingSettings) -> Prepared:
    """Split, and carve a tuning part where early stopping asks for one.

    Raises UsageError or DataError where the split can't be made.
    """
    split, train, tuning = _parts(ratings, settings)
    if settings.objective == "ranking":
        return _prepare_ranking(ratings, settings, split, train, tuning)
    _refuse_interactions(ratings)
    prepared = prepare_part(ratings, split, train, tuning, settings.center)
    held_out, plain = pairs_of(ratings, split.test), fold_means(ratings, split.train, split.given)
    predicted = prepared.baseline.clip(plain.predict(held_out.users, held_out.items).astype(np.float32))
    return replace(prepared, held_out=held_out, plain_means=predicted)


def prepare_part(
    ratings: Ratings, split: Split, train: LongArray, tuning: LongArray, center: str
) -> Prepared:
    """Make rows of the training part ready to train on and others to measure; nothing is held out."""
    part = pairs_of(ratings, train)
    counts = (ratings.user_count, ratings.item_count)
    means = learn_damped_means(part.users, part.items, part.ratings, counts)
    baseline = Baseline.of(means, part.users, part.items, ratings.scale)
    scoring = _scoring(center, baseline, part)
    added = scoring.weigh(baseline.offsets(part.users, part.items))
    centred = part.ratings - scoring.raw(np.zeros(len(part), np.float32), added)
    return Prepared(
        split=split,
        baseline=baseline,
        scoring=scoring,
        plain_means=np.zeros(0, np.float32),
        train=TrainingData(
            part.users,
            part.items,
            centred,
            *counts,
            mean=scoring.offset,
            item_table=ratings.item_table,
            noise=means.noise,
            capacity=len(split.train),
            times=None if ratings.timestamps is None else partial(_times, ratings, train),
        ),
        train_sample=pairs_of(ratings, _sample(train)),
        tuning=pairs_of(ratings, tuning),
        held_out=Pairs(**_none("users", "items", "ratings")),
    )


def _times(ratings: Ratings, rows: LongArray) -> LongArray:
    assert ratings.timestamps is not None  # noqa: S101 - else nobody asks
    return ratings.timestamps[rows]


def split_of(ratings: Ratings, settings: TrainingSettings) -> Split:
    """Split as the settings say; raises UsageError or DataError where the split can't be made."""
    if settings.since and settings.split != "time":
        raise UsageError("--from goes with --split time.", hint="Add --split time.")
    return split_ratings(
        ratings,
        settings.split_seed,
        settings.test_fraction,
        settings.split,
        folds=settings.folds,
        fold=settings.fold,
        count=settings.last_count,
        since=settings.since,
        given_fraction=settings.given_fraction,
    )


def _parts(ratings: Ratings, settings: TrainingSettings) -> tuple[Split, LongArray, LongArray]:
    """The split, the rows to train on and those carved out of them."""
    split = split_of(ratings, settings)
    if settings.early_stopping:
        return split, *carve_tuning(split, settings.tuning_fraction, settings.split_seed)
    return split, split.train, np.zeros(0, np.int64)


def _prepare_ranking(
    ratings: Ratings, settings: TrainingSettings, split: Split, train: LongArray, tuning: LongArray
) -> Prepared:
    liked = liked_parts(ratings, settings, train=train, tuning=tuning, test=split.test, given=split.given)
    none = Pairs(**_none("users", "items", "ratings"))
    return Prepared(
        split=split,
        baseline=liked.baseline,
        train=liked.data,
        scoring=Scoring(offset=0.0),
        plain_means=none.ratings,
        train_sample=none,
        tuning=none,
        held_out=none,
        liked=liked,
    )


def _scoring(center: str, baseline: Baseline, part: Pairs) -> Scoring:
    """What scores are added to: damped means, the mean of the training ratings, or nothing."""
    if center == "means":
        return Scoring(offset=baseline.mean, means=1.0)
    return Scoring(offset=float(part.ratings.mean(dtype=np.float64)) if center == "mean" else 0.0)


def _none(users: str, items: str, values: str) -> dict[str, Any]:
    rows = np.zeros(0, np.int32)
    return {users: rows, items: rows, values: np.zeros(0, np.float32)}


def _refuse_interactions(ratings: Ratings) -> None:
    """An objective of ratings has nothing to learn from rows that all say "yes"."""
    if ratings.kind == "interactions":
        hint = "Train on them with --objective ranking, or read the counts as ratings with --kind ratings."
        raise DataError("the table holds interactions, not ratings.", path=ratings.source, hint=hint)


def pairs_of(ratings: Ratings, rows: LongArray) -> Pairs:
    """Rows of a table as pairs to measure."""
    return Pairs(ratings.users[rows], ratings.items[rows], ratings.ratings[rows])


def _sample(rows: LongArray) -> LongArray:
    if len(rows) <= TRAIN_SAMPLE:
        return rows
    chosen = np.random.default_rng(0).choice(len(rows), TRAIN_SAMPLE, replace=False)
    return rows[np.sort(chosen)]
