"""One split of a table: its rows, its likes, and what baselines and contenders reach on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.contract import TrainingSettings
from core.data import Ratings, Split
from core.model import Model, RatedTable, fold_means, held_out_blocks, predict_rows
from core.ranking import Blocks, ItemSets, LikeRule, RankingTask, like_rule
from core.training import split_of
from core.verdict.contenders import MEANS, POPULARITY, RECENT
from core.verdict.standings import Judged
from core.views.quality import recent_blocks

NEW_USERS = "time, new users"
_FIRST = 10
_MOST_USERS = 5_000


class Measured(NamedTuple):
    """What a model predicts for rows of a part, shape (n,), None where it only ranks; its users' nDCG,
    shape (users,), None where there is nobody to rank for."""

    predictions: FloatArray | None
    ndcg: DoubleArray | None


@dataclass
class Bench:
    """One split of a table, and what was measured on it: the standard part and, by time, new users."""

    rated: RatedTable
    split: Split
    rule: LikeRule
    judged: list[Judged]
    rows: list[LongArray]
    tasks: list[RankingTask]

    @classmethod
    def of(cls, ratings: Ratings, method: str, settings: dict[str, object]) -> Bench:
        """Split a table, and say what is relevant: what counts as a like, for everybody alike."""
        split = split_of(ratings, TrainingSettings.parse({**of_split(settings, method), "split": method}))
        wanted = str(settings.get("positive_from", "auto"))
        rule = like_rule(wanted, ratings.ratings[split.train], are_ratings=ratings.has_ratings)
        rated = RatedTable.of_split(ratings, split)
        parts = [(method, split.test)]
        if len(split.new_users):
            parts.append((NEW_USERS, split.new_users))
        rows = [part for _, part in parts]
        judged = [Judged(name, split.hash, ratings.users[part].astype(np.int64)) for name, part in parts]
        return cls(rated, split, rule, judged, rows, [_task(rated, rule, part) for part in rows])

    def measure_baselines(self) -> None:
        """Damped means, popularity, and popularity at the time where there are times."""
        table = self.rated.ratings
        means = fold_means(table, self.split.train, self.split.given) if table.has_ratings else None
        for judged, rows, task in zip(self.judged, self.rows, self.tasks, strict=True):
            if means is not None:
                predicted = means.predict(table.users[rows], table.items[rows])
                clipped = np.clip(predicted, table.scale.minimum, table.scale.maximum).astype(np.float32)
                judged.add_predictions(MEANS, clipped, table.ratings[rows])
            users = task.sample(_MOST_USERS)
            judged.ranked, judged.likes = len(users), int(task.relevant.sizes[users].sum())
            if not len(users):
                continue
            judged.ndcg[POPULARITY] = _ndcg(task, task.popularity(users))
            recent = recent_blocks(self.rated, users, rows)
            if recent is not None:
                judged.ndcg[RECENT] = _ndcg(task, recent)

    def measured(self, model: Model, rates: bool) -> list[Measured]:
        """Measure a model on all parts; any thread may ask."""
        return list(self._measured(replace(model, read_rated=lambda: self.rated), rates))

    def _measured(self, model: Model, rates: bool) -> Iterator[Measured]:
        for rows, task in zip(self.rows, self.tasks, strict=True):
            users = task.sample(_MOST_USERS)
            yield Measured(
                predict_rows(model, rows) if rates else None,
                _ndcg(task, held_out_blocks(model, users)) if len(users) else None,
            )

    def add(self, name: str, parts: list[Measured]) -> None:
        """Take in what was measured of a contender."""
        for judged, rows, measured in zip(self.judged, self.rows, parts, strict=True):
            if measured.predictions is not None:
                judged.add_predictions(name, measured.predictions, self.rated.ratings.ratings[rows])
            if measured.ndcg is not None:
                judged.ndcg[name] = measured.ndcg


def of_split(settings: dict[str, object], method: str) -> dict[str, object]:
    """The settings that mean something on a split: a date to cut at does in time alone."""
    return {name: value for name, value in settings.items() if name != "since" or method == "time"}


def _task(rated: RatedTable, rule: LikeRule, rows: LongArray) -> RankingTask:
    """Rank what users of some held-out rows don't have yet; their likes among these rows are sought."""
    table, counts = rated.ratings, (rated.ratings.user_count, rated.ratings.item_count)
    known = rated.in_training | rated.given
    train, liked = np.flatnonzero(rated.in_training), rows[rule.likes(table.ratings[rows])]
    trained = train[rule.likes(table.ratings[train])]
    return RankingTask.of(
        ItemSets.of(table.users[known], table.items[known], counts),
        ItemSets.of(table.users[liked], table.items[liked], counts),
        np.bincount(table.items[trained], minlength=counts[1]).astype(np.int64),
        len(np.unique(table.users[train])),
    )


def _ndcg(task: RankingTask, blocks: Blocks) -> DoubleArray:
    """nDCG of each user, in their order, shape (users,)."""
    measured = task.measure(blocks, min(_FIRST, task.relevant.item_count))
    return measured.ndcg[np.argsort(measured.users, kind="stable")]
