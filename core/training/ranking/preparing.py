"""Cut a table into likes to train on, and the tasks that a ranking is measured by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import TrainingData, TrainingSettings
from core.data import Ratings
from core.model import Baseline, popularity_baseline
from core.ranking import ItemSets, LikeRule, Positives, RankingTask, like_rule, tempered
from core.training.ranking.judging import RankingJudge


@dataclass(frozen=True, kw_only=True)
class LikedParts:
    """Likes to train on, `rule` that says what is one, and `judge` to measure by."""

    rule: LikeRule
    data: TrainingData
    baseline: Baseline
    judge: RankingJudge


def liked_parts(
    ratings: Ratings,
    settings: TrainingSettings,
    *,
    train: LongArray,
    tuning: LongArray,
    test: LongArray,
    given: LongArray,
) -> LikedParts:
    """Take the likes among rows to train on, rows carved out of training (maybe none) and held-out rows.

    `given` are rows by which users are folded in whom training doesn't know (maybe none).

    What a user has in training is passed over when they are ranked for, liked or not: for the tuning part
    what is left of training, for the held-out part all of it. Nothing of the held-out part decides anything.
    """
    rule = like_rule(settings.positive_from, ratings.ratings[train], are_ratings=ratings.has_ratings)
    liked = rule.likes(ratings.ratings)
    counts = ratings.user_count, ratings.item_count

    weights, told = tempered(weights_of(ratings), train)
    rule = replace(rule, why=f"{rule.why}{told}")

    def likes(rows: LongArray) -> ItemSets:
        found = Positives.among(ratings.users, ratings.items, weights, liked, rows)
        return ItemSets.of(found.users, found.items, counts, found.weights)

    def known(rows: LongArray) -> ItemSets:
        return ItemSets.of(ratings.users[rows], ratings.items[rows], counts)

    trained = likes(train)
    times = None if ratings.timestamps is None else partial(_last_times, ratings, train[liked[train]])
    kept = known(train)
    more = np.union1d(tuning, given)
    whole = known(np.union1d(train, more)) if len(more) else kept
    return LikedParts(
        rule=rule,
        data=_training_data(trained, ratings, times),
        baseline=popularity_baseline(trained.sizes, trained.item_sizes, ratings.scale),
        judge=RankingJudge(
            RankingTask.of(whole, likes(test), trained.item_sizes, int((trained.sizes > 0).sum())),
            RankingTask.of(kept, likes(tuning), trained.item_sizes) if len(tuning) else None,
        ),
    )


def weights_of(ratings: Ratings) -> FloatArray | None:
    """The weights of a table's interactions, None where all count alike."""
    return None if ratings.has_ratings else ratings.ratings


def _last_times(ratings: Ratings, rows: LongArray) -> LongArray:
    """When each liked pair of these rows was last taken, in the order of `ItemSets`."""
    assert ratings.timestamps is not None  # noqa: S101 - the caller has looked
    pairs = ratings.users[rows].astype(np.int64) * ratings.item_count + ratings.items[rows]
    order = np.lexsort((ratings.timestamps[rows], pairs))
    last = np.append(pairs[order][1:] != pairs[order][:-1], True)[: len(order)]
    times: LongArray = ratings.timestamps[rows][order][last]
    return times


def _training_data(likes: ItemSets, ratings: Ratings, times: Callable[[], LongArray] | None) -> TrainingData:
    users = np.repeat(np.arange(likes.user_count, dtype=np.int32), likes.sizes)
    counts = likes.user_count, likes.item_count
    return TrainingData(
        users,
        likes.items,
        likes.weights,
        *counts,
        0.0,
        ratings.item_table,
        objective="ranking",
        times=times,
    )
