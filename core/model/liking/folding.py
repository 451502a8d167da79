"""A new user from a few likes, without training again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray
from core.model import FoldedUser, Folder, Model
from core.model.liking.histories import HistoryScorer

if TYPE_CHECKING:
    from core.model import Influences

_STEPS = 12
_ENOUGH = 1e-4
_NO_ITEMS, _NO_WEIGHTS = np.zeros(0, np.int64), np.zeros(0, np.float32)
_CANDIDATES = 4000
"""Items that the softmax is over. With 500 for `nn` new users got lists of nDCG@10 .168 instead of .292
(MovieLens of 2016, 40 newcomers, paired difference .124 ± .031)."""


@dataclass(frozen=True)
class LikesFolder:
    """Folds users into a model of user rows that was trained to rank.

    The rows are the most probable ones given the likes: the trained users' mean and covariance are the prior,
    the softmax over the most popular items and the liked ones the likelihood. Newton's method finds them; a
    head that is no factorization is linearized at each step.
    """

    folder: Folder

    @property
    def model(self) -> Model:
        return self.folder.model

    @property
    def factorization(self) -> Any:
        """The model as a factorization, None where it is none."""
        return self.folder.factorization

    def average(self, target: int) -> float:
        """The score of an item for the average user."""
        return float(self.folder.linearize(self.folder.prior.mean, np.array([target]))[0][0])

    def fold(self, items: LongArray, weights: FloatArray) -> FoldedUser:
        """Find the user who likes item rows, both of shape (n,)."""
        return FoldedUser(self.folder.prior.rows(self.fit(items, weights)), 0.0)

    def fit(self, items: LongArray, weights: FloatArray) -> DoubleArray:
        """The rows of who likes item rows, both of shape (n,), side by side: shape (numbers,)."""
        return self._fit(items, weights).numbers

    def fit_again(
        self,
        items: LongArray,
        weights: FloatArray,
        centre: DoubleArray,
        before: tuple[LongArray, FloatArray] = (_NO_ITEMS, _NO_WEIGHTS),
    ) -> DoubleArray:
        """The rows of who was at `centre` (numbers,), the best place given the likes `before` (items and
        weights), and likes item rows now, both of shape (n,)."""
        held = _Held(centre, np.zeros(len(centre)))
        if len(before[0]):
            then = self._start(held, before[0], before[1].astype(np.float64))
            held = _Held(centre, then.gradient)
        return self._fit(items, weights, held).numbers

    @property
    def candidates(self) -> LongArray:
        """The items that the softmax is over for everybody, ascending: the most popular ones."""
        return _popular(self.model, _CANDIDATES)

    def raw(self, user: FoldedUser, items: LongArray) -> FloatArray:
        """Score item rows for a folded-in user, shape (n,)."""
        return self.folder.raw(user, items)

    def influences(self, items: LongArray, weights: FloatArray, target: int) -> Influences:
        """What each like, shape (n,), does to the score of `target`."""
        from core.model import Influences

        fitted = self._fit(items, weights)
        score, direction = self.folder.linearize(fitted.numbers, np.array([target]))
        pulls = weights[:, None] * (fitted.design[fitted.liked] - fitted.mean)
        effects = np.linalg.solve(fitted.hessian, pulls.T).T @ (direction[0] - fitted.mean)
        return Influences(
            model=self.folder.model,
            items=items,
            ratings=weights,
            refitted=float(score[0]),
            effects=effects,
            slopes=np.zeros(len(items)),
        )

    def _fit(self, items: LongArray, weights: FloatArray, held: _Held | None = None) -> _Fitted:
        mean = self.folder.prior.mean.astype(np.float64)
        held = _Held(mean, np.zeros(len(mean))) if held is None else held
        candidates = np.union1d(self.candidates, items)
        liked, amounts = np.searchsorted(candidates, items), weights.astype(np.float64)
        best, numbers = self._start(held, items, amounts), held.centre
        for _ in range(_STEPS if len(items) or held.pull.any() else 0):
            step = np.linalg.solve(best.hessian, best.gradient)
            tried = [
                self._state(numbers - size * step, candidates, liked, amounts, held) for size in (1.0, 0.3)
            ]
            better = min(tried, key=lambda state: state.cost)
            if better.cost > best.cost - _ENOUGH:
                break
            best, numbers = better, better.numbers
        return best

    def _start(self, held: _Held, items: LongArray, weights: DoubleArray) -> _Fitted:
        candidates = np.union1d(self.candidates, items)
        return self._state(held.centre, candidates, np.searchsorted(candidates, items), weights, held)

    def _state(
        self,
        numbers: DoubleArray,
        items: LongArray,
        liked: LongArray,
        weights: DoubleArray,
        held: _Held,
    ) -> _Fitted:
        prior = self.folder.prior
        scores, design = self.folder.linearize(numbers, items)
        top = scores.max()
        chances = np.exp(scores - top)
        total = chances.sum()
        chances /= total
        mean, away, amount = chances @ design, numbers - held.centre, weights.sum()
        spread = (design * chances[:, None]).T @ design - np.outer(mean, mean)
        log_likelihood = weights @ (scores[liked] - top - np.log(total))
        return _Fitted(
            numbers=numbers,
            design=design,
            liked=liked,
            mean=mean,
            hessian=amount * spread + prior.precision,
            gradient=amount * mean - weights @ design[liked] + prior.precision @ away - held.pull,
            cost=float(0.5 * away @ prior.precision @ away - log_likelihood - held.pull @ numbers),
        )


@dataclass(frozen=True)
class _Held:
    """Where a would-be user is held, and a steady pull besides: both of shape (numbers,)."""

    centre: DoubleArray
    pull: DoubleArray


@dataclass(frozen=True, kw_only=True)
class _Fitted:
    """A would-be user: numbers, how scores of the candidates depend on them, and the cost's derivatives."""

    numbers: DoubleArray
    design: DoubleArray
    liked: LongArray
    mean: DoubleArray
    hessian: DoubleArray
    gradient: DoubleArray
    cost: float


def _popular(model: Model, most: int) -> LongArray:
    counts = model.baseline.item_counts
    order = np.argsort(-counts, kind="stable")[:most]
    return np.sort(order[counts[order] > 0]).astype(np.int64)


@dataclass(frozen=True)
class HistoryFolder:
    """Folds users into a model that scores from what they took: their history is all there is to find."""

    model: Model
    scorer: HistoryScorer
    factorization: None = None

    def average(self, target: int) -> float:
        """The score of an item for someone without a history."""
        return float(
            self.raw(self.fold(np.zeros(0, np.int64), np.zeros(0, np.float32)), np.array([target]))[0]
        )

    def fold(self, items: LongArray, weights: FloatArray) -> FoldedUser:
        """A user with this history."""
        history = np.zeros(self.scorer.taken.item_count, np.float32)
        history[items] = weights
        return FoldedUser({"history": history}, 0.0)

    def raw(self, user: FoldedUser, items: LongArray) -> FloatArray:
        """Score item rows, shape (n,)."""
        import scipy.sparse

        history = scipy.sparse.csr_array(user.rows["history"][None, :])
        scores: FloatArray = self.scorer.of_histories(history)[0, items]
        return scores

    def influences(self, items: LongArray, weights: FloatArray, target: int) -> Influences:
        """What the score of `target` loses without each item of the history: exact, by leaving it out."""
        from core.model import Influences

        whole = self.fold(items, weights)
        score = float(self.raw(whole, np.array([target]))[0])
        without = [self._without(whole, int(item), target) for item in items]
        return Influences(
            model=self.model,
            items=items,
            ratings=weights,
            refitted=score,
            effects=np.array([score - other for other in without], np.float64),
            slopes=np.zeros(len(items)),
        )

    def _without(self, user: FoldedUser, item: int, target: int) -> float:
        history = user.rows["history"].copy()
        history[item] = 0
        return float(self.raw(replace(user, rows={"history": history}), np.array([target]))[0])
