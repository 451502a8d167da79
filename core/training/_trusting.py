"""Learn from a carved part of the likes how far to trust a ranking over popularity, and how long to train.

The share of `core.training._adapting`, for rankings: scores and the logarithm of popularity are mixed, the
mixture is measured by nDCG on the carved part, and a choice other than the plain one must be better beyond
chance. So a model that ranks no better than popularity becomes popularity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.contract import Resolved, Schedule, Trainer, TrainingData
from core.data import Ratings, Split
from core.errors import DivergenceError, TastemapError
from core.ranking import Blocks, RankingTask
from core.training._adapting import Adaptation, Stopped, Told, train_epoch
from core.training._pace import Pace
from core.training.ranking import FIRST, liked_parts, noisier, other_pulls, score_blocks, with_pulls

SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Shares by which the model is tried to be trusted; the rest is popularity's."""
_LOOKS = 4
_CARVED, _CARVED_OF_FEW, _FEW = 0.1, 0.2, 50_000
_MOST_LIKES = 200_000
"""Of larger tables so many rows, those of a random part of the users, are enough to learn from."""
_MOST_USERS = 1000
_MOST_KEPT = 16_000_000
_TOP = 100

Reached = dict[tuple[int, float], DoubleArray]
"""nDCG of each user, shape (users,), after so many epochs with a share."""
Watched = tuple[Reached, float]
"""What was reached, and what scores are multiplied by beside popularity."""


class Trusted(NamedTuple):
    """What was learnt, and what it reached there: nDCG of each user who seeks something, shape (users,)."""

    adaptation: Adaptation
    ndcg: DoubleArray


def learn_trust(
    ratings: Ratings, split: Split, resolved: Resolved, tell: Told, stopped: Stopped, part: int = 0
) -> Trusted | None:
    """Train on all but a carved part and measure on it; None where stopped, or where nothing is sought.

    Another `part` (from 0) is carved by other chance.
    """
    train, tuning, whole = _carve(ratings, split, resolved.settings.split_seed, part)
    nothing = np.zeros(0, np.int64)
    liked = liked_parts(ratings, resolved.settings, train=train, tuning=tuning, test=nothing, given=nothing)
    task = liked.judge.tuning
    if task is None or len(task.users) < 2:
        return None

    carved = _Carved(liked.data, task, whole, tell, stopped)
    try:
        found = carved.reached(resolved)
    except DivergenceError:
        raise
    except TastemapError as error:  # what is too little here may be enough in the whole table
        tell(f"nothing, since {error}")
        return None
    if found is None:
        return None
    chosen, best = _choose(resolved, found, other_pulls(resolved, liked.data), carved.reached, tell)
    if best is None:
        return None
    if resolved.by_noise and not whole:
        chosen = _for_all(ratings, split, chosen, resolved.by_noise, noisier(resolved, liked.data))
    trusted = _conclude(*best, resolved.settings.epochs, len(tuning))
    return trusted._replace(adaptation=replace(trusted.adaptation, options=_changes(resolved, chosen)))


def _for_all(
    ratings: Ratings, split: Split, chosen: Resolved, pulls: Sequence[str], noise_of_part: float
) -> Resolved:
    """Turn pulls that suit a part of the users into those for all: of more users chance shows less."""
    nothing, settings = np.zeros(0, np.int64), chosen.settings
    every = liked_parts(ratings, settings, train=split.train, tuning=nothing, test=nothing, given=nothing)
    return with_pulls(chosen, pulls, noisier(chosen, every.data) / noise_of_part)


def _choose(
    start: Resolved,
    found: Watched,
    others: Iterable[Resolved],
    reached: Callable[[Resolved, Reached], Watched | None],
    tell: Told,
) -> tuple[Resolved, Watched | None]:
    """Go on to the next of other choices while each is better than the one before beyond chance.

    Nothing is reached where a person stopped it.
    """
    chosen = start
    for other in others:
        tell(", ".join(f"{name} {value:g}" for name, value in _changes(start, other).items()))
        try:
            tried = reached(other, found[0])
        except DivergenceError:
            break
        if tried is None:
            return chosen, None
        if _ended(tried[0]) < _ended(found[0]) or not _clearly(_plain(tried) - _plain(found), 1):
            break
        chosen, found = other, tried
    return chosen, found


def _plain(watched: Watched) -> DoubleArray:
    """nDCG of each user at the end, by the score alone."""
    return watched[0][_ended(watched[0]), 1.0]


def _ended(reached: Reached) -> int:
    """The last epoch that was measured."""
    return max(number for number, _ in reached)


def _changes(start: Resolved, chosen: Resolved) -> dict[str, Any]:
    before, after = start.options.to_dict(), chosen.options.to_dict()
    return {name: value for name, value in after.items() if value != before[name]}


def _carve(ratings: Ratings, split: Split, seed: int, part: int) -> tuple[LongArray, LongArray, bool]:
    """Rows to train on and to measure on, and whether they are all of training."""
    generator = np.random.default_rng([seed, 0xAD, *([part] if part else [])])
    rows, whole = split.train, len(split.train) <= _MOST_LIKES
    if not whole:
        kept = generator.random(ratings.user_count) < _MOST_LIKES / len(rows)
        rows = rows[kept[ratings.users[rows]]]
    carved = generator.random(len(rows)) < (_CARVED_OF_FEW if len(rows) < _FEW else _CARVED)
    return rows[~carved], rows[carved], whole


@dataclass(frozen=True)
class _Carved:
    """Likes to train on and what is sought; `whole` says that they are all of training, `tell` receives what
    is being done, `stopped` is asked between slices."""

    data: TrainingData
    task: RankingTask
    whole: bool
    tell: Told
    stopped: Stopped

    def reached(self, resolved: Resolved, against: Reached | None = None) -> Watched | None:
        """Train some choices and measure them; None where a person stopped it.

        What is clearly worse half way than what it is held `against` ends there.
        """
        from core.training.start import make_trainer

        alone = replace(resolved.settings, strategy="none")
        trainer, _ = make_trainer(resolved.architecture, resolved.options, alone, self.data)
        with closing(trainer):
            return self._watch(trainer, resolved.settings.plan(), against)

    def _watch(self, trainer: Trainer, schedule: Schedule, against: Reached | None) -> Watched | None:
        """Train to the end, measuring some times on the way where that says how long to train."""
        last, pace, reached, scale = schedule.epochs, Pace(), Reached(), 1.0
        looks = {round(last * part / _LOOKS) for part in range(1, _LOOKS + 1)} if self.whole else {last}
        for number in range(1, last + 1):
            if not train_epoch(trainer, number, schedule.learning_rate(number), pace, self.stopped):
                return None
            self.tell(f"epoch {number} of {last}")
            if number in looks:
                blocks = _scored(trainer, self.task)
                scale = _scale(blocks(), self.task)
                found = _measure(blocks(), self.task, scale)
                reached |= {(number, share): ndcg for share, ndcg in found.items()}
                if against and last <= 2 * number and _clearly(against[number, 1.0] - found[1.0], 2):
                    break
        return reached, scale


def _scored(trainer: Trainer, task: RankingTask) -> Callable[[], Blocks]:
    """Gives the scores of all items, block by block, as often as asked; worked out once where they fit."""
    users = task.sample(_MOST_USERS)
    if len(users) * task.relevant.item_count > _MOST_KEPT:
        return lambda: score_blocks(task, trainer, users)
    kept = list(score_blocks(task, trainer, users))
    return lambda: kept


def _scale(blocks: Blocks, task: RankingTask) -> float:
    """What scores are multiplied by so that their first hundred spread as far as those of popularity."""
    popularity = _popularity(task)
    spreads = [_spread(scores) for _, scores in blocks]
    spread = float(np.concatenate(spreads).mean())
    return float(_spread(popularity[None])[0]) / spread if spread > 0 else 1.0


def _spread(scores: FloatArray) -> FloatArray:
    """How far the first of each row, shape (rows, items), is from the hundredth: shape (rows,)."""
    count = min(_TOP, scores.shape[1])
    top = -np.partition(-scores, count - 1, axis=1)[:, :count]
    spread: FloatArray = top.max(axis=1) - top.min(axis=1)
    return spread


def _popularity(task: RankingTask) -> FloatArray:
    popularity: FloatArray = np.log(task.item_counts + 0.5).astype(np.float32)
    return popularity


def _measure(blocks: Blocks, task: RankingTask, scale: float) -> dict[float, DoubleArray]:
    """nDCG of each user by share, from scores of all items."""
    popularity = _popularity(task)
    reached: dict[float, list[DoubleArray]] = {share: [] for share in SHARES}
    for users, scores in blocks:
        for share, parts in reached.items():
            mixed = np.float32(share * scale) * scores + np.float32(1 - share) * popularity
            parts.append(task.measure([(users, mixed)], FIRST).ndcg)
    return {share: np.concatenate(parts) for share, parts in reached.items()}


def _conclude(reached: Reached, scale: float, epochs: int, likes: int) -> Trusted:
    """The plain choice unless another is clearly better; popularity where that isn't beaten.

    The best of many is so by chance too, hence two standard errors; the plain one was not picked, hence one.
    """
    plain = _ended(reached), 1.0
    best = max(reached, key=lambda choice: float(reached[choice].mean()))
    chosen = best if _clearly(reached[best] - reached[plain], 2) else plain
    popularity = reached[plain[0], 0.0]
    if not _clearly(reached[chosen] - popularity, 1 if chosen == plain else 2):
        chosen = plain[0], 0.0
    share = chosen[1]
    adaptation = Adaptation(
        epochs=chosen[0] if share else epochs,
        share=share if share in {0.0, 1.0} else share * scale,
        popularity=1 - share,
        ratings=likes,
        tuning_ndcg=float(reached[chosen].mean()),
        popularity_ndcg=float(popularity.mean()),
    )
    return Trusted(adaptation, reached[chosen])


def _clearly(gains: DoubleArray, errors: int) -> bool:
    """Whether a mean gain is beyond so many standard errors."""
    return bool(gains.mean() > errors * gains.std() / np.sqrt(len(gains)))
