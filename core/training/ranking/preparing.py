"""Cut a table into likes to train on, and the tasks that a ranking is measured by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import TrainingData, TrainingSettings
from core.data import Ratings
from core.model import Baseline, popularity_baseline
from core.ranking import ItemSets, LikeRule, Positives, RankingTask, like_rule
from core.training.ranking.judging import RankingJudge

MOST_SPREAD = 50.0


@dataclass(frozen=True, kw_only=True)
class LikedParts:
    """Likes to train on, `rule` that says what is one, and `judge` to measure by."""

    rule: LikeRule
    data: TrainingData
    baseline: Baseline
    judge: RankingJudge


def liked_parts(
    ratings: Ratings, settings: TrainingSettings, *, train: LongArray, tuning: LongArray, test: LongArray
) -> LikedParts:
    """Take the likes among rows to train on, rows carved out of training (maybe none) and held-out rows.

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
    kept = known(train)
    whole = known(np.union1d(train, tuning)) if len(tuning) else kept
    return LikedParts(
        rule=rule,
        data=_training_data(trained, ratings),
        baseline=popularity_baseline(trained.sizes, trained.item_sizes, ratings.scale),
        judge=RankingJudge(
            RankingTask.of(whole, likes(test), trained.item_sizes),
            RankingTask.of(kept, likes(tuning), trained.item_sizes) if len(tuning) else None,
        ),
    )


def weights_of(ratings: Ratings) -> FloatArray | None:
    """The weights of a table's interactions, None where all count alike."""
    return None if ratings.has_ratings else ratings.ratings


def tempered(weights: FloatArray | None, train: LongArray) -> tuple[FloatArray | None, str]:
    """Weights as a ranking takes them, shape (n,), and what to say of it.

    Where the largest training weight is beyond `MOST_SPREAD` medians (counts of plays, say), few rows would
    be nearly all there is: then 1 + log(weight / least) counts.
    """
    if weights is None or not len(train) or weights[train].max() <= MOST_SPREAD * np.median(weights[train]):
        return weights, ""
    least = weights[train].min()
    counted = 1 + np.log(np.maximum(weights, least) / least)
    return counted.astype(np.float32), "; weights differ so much that their logarithm counts"


def _training_data(likes: ItemSets, ratings: Ratings) -> TrainingData:
    users = np.repeat(np.arange(likes.user_count, dtype=np.int32), likes.sizes)
    counts = likes.user_count, likes.item_count
    return TrainingData(
        users, likes.items, likes.weights, *counts, 0.0, ratings.item_table, objective="ranking"
    )
