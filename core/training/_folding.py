"""Figures of users whom training doesn't know, folded in, and of what else is judged apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import Trainer, TrainingSettings
from core.data import Ratings, Split
from core.errors import UsageError
from core.model import Model, fold_means, held_out_blocks, predict_rows, rmse
from core.protocol import ApartFigures
from core.ranking import ItemSets, LikeRule, RankingTask
from core.training.ranking import MOST_NEWCOMERS

_FIRST = 10


@dataclass(frozen=True)
class Folding:
    """Judges a split that has newcomers; `model_of` gives a trainer's model of a table split so."""

    ratings: Ratings
    split: Split
    model_of: Callable[[Trainer, Split], Model]
    rule: LikeRule | None = None

    def predictions(self, trainer: Trainer) -> FloatArray:
        """Predict the held-out rows, clipped, shape (n,)."""
        return predict_rows(self.model_of(trainer, self.split), self.split.test)

    def sampled(self) -> Folding:
        """The same for `MOST_NEWCOMERS` of the newcomers at most."""
        given, test = self.split.given, self.split.test
        users = np.unique(self.ratings.users[given])
        if not self.split.folds_in or len(users) <= MOST_NEWCOMERS:
            return self
        kept = np.random.default_rng(0).choice(users, MOST_NEWCOMERS, replace=False)
        given, test = (rows[np.isin(self.ratings.users[rows], kept)] for rows in (given, test))
        return replace(self, split=replace(self.split, given=given, test=test))

    def blocks(self, trainer: Trainer, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
        """Rows of users and their scores of all items, block by block; only these users are folded in."""
        given = self.split.given
        split = replace(self.split, given=given[np.isin(self.ratings.users[given], users)])
        return held_out_blocks(self.model_of(trainer, split), users)

    def apart(self, trainer: Trainer) -> tuple[ApartFigures, ...]:
        """The figures of what isn't in the standard one: users and items that training doesn't know."""
        parts = (("new users", self.split.new_users), ("new items", self.split.new_items))
        if not any(len(rows) for _, rows in parts):
            return ()
        model = self.model_of(trainer, self.split)
        judge = self._ranked if self.rule else self._rated
        return tuple(judge(model, name, rows) for name, rows in parts if len(rows))

    def _rated(self, model: Model, name: str, rows: LongArray) -> ApartFigures:
        table, means = self.ratings, fold_means(self.ratings, self.split.train, self.split.given)
        users, items, truth = table.users[rows], table.items[rows], table.ratings[rows]
        plain = model.baseline.clip(means.predict(users, items).astype(np.float32))
        return replace(
            self._counted(name, rows),
            rmse=rmse(predict_rows(model, rows), truth),
            baseline_rmse=rmse(plain, truth),
        )

    def _ranked(self, model: Model, name: str, rows: LongArray) -> ApartFigures:
        """New users are ranked for; items that training doesn't know can't be."""
        counted = self._counted(name, rows)
        assert self.rule is not None  # noqa: S101 - asked for by the caller
        table, given = self.ratings, self.split.given
        liked = rows[self.rule.likes(table.ratings[rows])]
        sets = [
            ItemSets.of(table.users[part], table.items[part], (table.user_count, table.item_count))
            for part in (given, liked)
        ]
        task = RankingTask.of(sets[0], sets[1], model.baseline.item_counts)
        users = task.sample(MOST_NEWCOMERS)
        if name != "new users" or not len(users):
            return counted
        figures = task.figures(held_out_blocks(model, users), _FIRST)
        popularity = task.figures(task.popularity(users), _FIRST)
        return replace(counted, ndcg=figures.ndcg, baseline_ndcg=popularity.ndcg)

    def _counted(self, name: str, rows: LongArray) -> ApartFigures:
        users, items = (len(np.unique(side[rows])) for side in (self.ratings.users, self.ratings.items))
        return ApartFigures(name=name, rows=len(rows), users=users, items=items)


def counted_apart(ratings: Ratings, split: Split) -> dict[str, Any]:
    """What the split judges apart, counted; nothing for splits that judge all alike."""
    if not len(split.given) and not len(split.new_items):
        return {}
    counted = {
        name: {"rows": len(rows), count: len(np.unique(side[rows]))}
        for name, rows, count, side in (
            ("new_users", split.new_users, "users", ratings.users),
            ("new_items", split.new_items, "items", ratings.items),
        )
    }
    return {"given_ratings": len(split.given), **counted}


def folds(split: Split) -> bool:
    """Whether somebody or something is judged that training doesn't know."""
    return bool(len(split.given) or len(split.new_items))


def refuse_to_fold_on_several(split: Split, settings: TrainingSettings) -> None:
    """Raise UsageError for what one device alone can judge so far."""
    if settings.strategy != "none" and folds(split):
        hint = "Use --strategy none, or --split random."
        raise UsageError(f"--split {split.method} judges on one device so far.", hint=hint)
