"""The figures of a ranking in training: after each epoch, and of the finished run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import ScoresAllItems, Trainer
from core.model import Scoring
from core.protocol import EpochFinished
from core.ranking import Blocks, PerUser, RankingFigures, RankingTask, share_interval, sum_up

FIRST = 10
"""Figures are of the first ten of each user's ranking."""
MOST_USERS = 5_000
"""An epoch's figures are measured on at most so many users, always the same ones; every item is ranked."""
MOST_NEWCOMERS = 1_000
"""And on so many at most who are folded in for it."""
_BLOCK_SCORES = 4_000_000
_LAST = np.float32(-1e30)
BlocksOf = Callable[[Trainer, LongArray], Blocks]
"""A trainer and rows of users → their scores of all items, block by block."""


@dataclass(frozen=True)
class RankingJudge:
    """Measures a trainer's current weights on the held-out part and on the part carved out of training.

    `blocks` gives scores of users whom training doesn't know, where the held-out part is theirs;
    `scoring` mixes a trainer's scores with the logarithm of popularity.
    """

    held_out: RankingTask
    tuning: RankingTask | None
    blocks: BlocksOf | None = None
    scoring: Scoring = field(default_factory=lambda: Scoring(offset=0.0))

    @cached_property
    def by_popularity(self) -> PerUser | None:
        """Each user's figures on the held-out part by mere popularity; None where nothing is relevant."""
        users = self._asked
        return self.held_out.measure(self.held_out.popularity(users), FIRST) if len(users) else None

    @cached_property
    def popularity(self) -> RankingFigures | None:
        """What mere popularity reaches on the held-out part; None where nothing is relevant."""
        return None if self.by_popularity is None else _summed(self.held_out, self.by_popularity)

    def of_held_out(self, trainer: Trainer) -> PerUser | None:
        """Each user's figures on the held-out part; None where nothing is relevant."""
        if self.blocks is None:
            return self._measured(self.held_out, trainer)
        users = self._asked
        return self.held_out.measure(self.blocks(trainer, users), FIRST) if len(users) else None

    @cached_property
    def _asked(self) -> LongArray:
        return self.held_out.sample(MOST_USERS if self.blocks is None else MOST_NEWCOMERS)

    def of_tuning(self, trainer: Trainer) -> RankingFigures | None:
        """Figures on the part carved out of training; None where there is none."""
        measured = None if self.tuning is None else self._measured(self.tuning, trainer)
        return None if measured is None or self.tuning is None else _summed(self.tuning, measured)

    def _measured(self, task: RankingTask, trainer: Trainer) -> PerUser | None:
        users = task.sample(MOST_USERS)
        if not len(users):
            return None
        return task.measure(self._mixed(task, score_blocks(task, trainer, users)), FIRST)

    def _mixed(self, task: RankingTask, blocks: Blocks) -> Blocks:
        if not self.scoring.means:
            return blocks  # the order is that of the scores alone
        added = self.scoring.weigh(np.log(task.item_counts + 0.5).astype(np.float32))
        return ((block, self.scoring.raw(scores, added)) for block, scores in blocks)


def _summed(task: RankingTask, measured: PerUser) -> RankingFigures:
    return sum_up(measured, task.item_counts, task.trained_users, interval=False)


def score_blocks(
    task: RankingTask, trainer: Trainer, users: LongArray
) -> Iterator[tuple[LongArray, FloatArray]]:
    """Scores of all items; items that training never saw come last, by no score of theirs."""
    untrained = np.flatnonzero(task.item_counts == 0)
    size = max(1, _BLOCK_SCORES // max(1, task.relevant.item_count))
    for start in range(0, len(users), size):
        block = users[start : start + size]
        scores = _all_scores(trainer, block, task.relevant.item_count)
        if len(untrained):
            scores[:, untrained] = _LAST
        yield block, scores


def _all_scores(trainer: Trainer, users: LongArray, item_count: int) -> FloatArray:
    if isinstance(trainer, ScoresAllItems):
        return np.array(trainer.all_scores(users.astype(np.int32)))
    pairs = np.repeat(users, item_count), np.tile(np.arange(item_count), len(users))
    rows = [side.astype(np.int32) for side in pairs]
    return trainer.scores(rows[0], rows[1]).reshape(len(users), item_count)


def ranking_fields(
    judge: RankingJudge | None, trainer: Trainer, measured: PerUser | None = None
) -> dict[str, float | None]:
    """The figures of a ranking as events name them; none for the objective "rating".

    `measured` are each user's figures on the held-out part, where they are known already.
    """
    if judge is None:
        return {}
    measured = judge.of_held_out(trainer) if measured is None else measured
    tuning, popularity = judge.of_tuning(trainer), judge.popularity
    return {
        **_named(None if measured is None else _summed(judge.held_out, measured)),
        "tuning_ndcg": None if tuning is None else tuning.ndcg,
        "baseline_ndcg": None if popularity is None else popularity.ndcg,
    }


def finished_fields(
    judge: RankingJudge | None, trainer: Trainer, last: EpochFinished | None, measured: PerUser | None
) -> dict[str, Any]:
    """`ranking_fields` of a finished training, with the objective and the interval over users."""
    if judge is None:
        return {}
    interval = None if measured is None else share_interval(measured.ndcg)
    return {
        "objective": "ranking",
        **ranking_fields(judge, trainer, measured),
        "train_loss": None if last is None else last.train_loss,
        "val_ndcg_interval": () if interval is None else (interval.low, interval.high),
    }


def ruling_error(tuning_rmse: float | None, tuning_ndcg: float | None) -> float | None:
    """What early stopping and tuning make small: the tuning RMSE, or 1 − the tuning nDCG."""
    return tuning_rmse if tuning_ndcg is None else 1 - tuning_ndcg


def _named(found: RankingFigures | None) -> dict[str, float | None]:
    names = ("ndcg", "recall", "recall_20", "map", "coverage", "novelty")
    return {f"val_{name}": None if found is None else float(getattr(found, name)) for name in names}
