"""A new user folded in within TensorFlow, as `core.model` does it in NumPy: given ratings, or likes."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.cli.export._served_scores import ServedScores, frozen
from core.model import PLAIN_DAMPING, AnyFolder, Folder, LikesFolder
from core.startup import tf

_STEPS = {"ratings": 8, "likes": 12}
_SIZES = {"ratings": (1.0, 0.5, 0.25, 0.1), "likes": (1.0, 0.3)}
_FAR = -1e30


class _Prior:
    """Mean (numbers,), precision (numbers, numbers) and noise as TensorFlow has them, in 64 bits."""

    def __init__(self, folder: Folder) -> None:
        prior = folder.prior
        self.mean, self.precision = frozen(prior.mean, np.float64), frozen(prior.precision, np.float64)
        self.noise = float(prior.noise)

    def cost(self, away: Any) -> Any:
        """The pull towards the mean of numbers so far away, (users, numbers)."""
        return tf.einsum("ui,ij,uj->u", away, self.precision, away)


class RatingFolding:
    """Users from ratings: a ridge where the score is a product, Gauss-Newton steps else."""

    def __init__(self, folder: Folder, scores: ServedScores) -> None:
        self._prior, self._scores = _Prior(folder), scores
        self._steps = 1 if folder.factorization is not None else _STEPS["ratings"]
        self.kept = [self._prior.mean, self._prior.precision]

    def __call__(self, items: Any, values: Any, given: Any) -> Any:
        """Numbers (users, numbers) of who gave `values` to item rows; `given` (users, n) is 0 for padding."""
        values, given = tf.cast(values, tf.float64), tf.cast(given, tf.float64)
        numbers = tf.tile(self._prior.mean[None, :], [tf.shape(items)[0], 1])
        best = self._cost(numbers, items, values, given)
        for _ in range(self._steps):
            step = self._step(numbers, items, values, given)
            here = numbers
            for size in _SIZES["ratings"]:
                tried = here + size * step
                cost = self._cost(tried, items, values, given)
                better = cost < best - 1e-9
                numbers = tf.where(better[:, None], tried, numbers)
                best = tf.where(better, cost, best)
        return numbers

    def _step(self, numbers: Any, items: Any, values: Any, given: Any) -> Any:
        raw, design = self._scores.of_numbers(numbers, items)
        design = design * given[:, :, None]
        left = (values - raw) * given
        system = tf.matmul(design, design, transpose_a=True) + self._prior.noise * self._prior.precision
        away = tf.einsum("ij,uj->ui", self._prior.precision, numbers - self._prior.mean)
        right = tf.einsum("unk,un->uk", design, left) - self._prior.noise * away
        return tf.linalg.solve(system, right[:, :, None])[:, :, 0]

    def _cost(self, numbers: Any, items: Any, values: Any, given: Any) -> Any:
        raw, _ = self._scores.of_numbers(numbers, items)
        squares = tf.reduce_sum(tf.square((values - raw) * given), axis=1)
        return squares / self._prior.noise + self._prior.cost(numbers - self._prior.mean)


class LikeFolding:
    """Users from likes: Newton's method under the softmax over popular items and what is liked."""

    def __init__(self, folder: LikesFolder, scores: ServedScores) -> None:
        self._prior, self._scores = _Prior(folder.folder), scores
        common = np.zeros(len(folder.model.items), bool)
        common[folder.candidates] = True
        self._candidates, self._common = frozen(folder.candidates, np.int32), frozen(common)
        self.kept = [self._prior.mean, self._prior.precision, self._candidates, self._common]

    def __call__(self, items: Any, values: Any, given: Any) -> Any:
        """Numbers (users, numbers) of who likes item rows; `given` (users, n) is 0 for padding."""
        del values  # a like is a like
        given = tf.cast(given, tf.float64)
        users = tf.shape(items)[0]
        shared = tf.tile(self._candidates[None, :], [users, 1])
        among = tf.concat([shared, items], axis=1)
        rare = given * tf.cast(~tf.gather(self._common, items), tf.float64)
        there = tf.concat([tf.ones_like(shared, tf.float64), rare], axis=1)
        hidden = tf.where(there > 0, tf.zeros_like(there), _FAR * tf.ones_like(there))
        numbers = tf.tile(self._prior.mean[None, :], [users, 1])
        best, gradient, hessian = self._state(numbers, among, hidden, given)
        for _ in range(_STEPS["likes"]):
            step = tf.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
            here = numbers
            for size in _SIZES["likes"]:
                tried = here - size * step
                cost, _, _ = self._state(tried, among, hidden, given)
                better = cost < best - 1e-4
                numbers = tf.where(better[:, None], tried, numbers)
                best = tf.where(better, cost, best)
            _, gradient, hessian = self._state(numbers, among, hidden, given)
        return numbers

    def _state(self, numbers: Any, among: Any, hidden: Any, given: Any) -> tuple[Any, Any, Any]:
        """Cost, gradient and second derivative at numbers (users, numbers)."""
        raw, design = self._scores.of_numbers(numbers, among)
        count = tf.shape(given)[1]
        chances = tf.nn.softmax(raw + hidden, axis=1)
        spread = tf.reduce_logsumexp(raw + hidden, axis=1)
        own, liked = raw[:, -count:], design[:, -count:]
        amount, away = tf.reduce_sum(given, axis=1), numbers - self._prior.mean
        mean = tf.einsum("uc,uck->uk", chances, design)
        second = tf.matmul(design * chances[:, :, None], design, transpose_a=True)
        second -= mean[:, :, None] * mean[:, None, :]
        cost = amount * spread - tf.reduce_sum(given * own, axis=1) + 0.5 * self._prior.cost(away)
        pull = tf.einsum("ij,uj->ui", self._prior.precision, away)
        gradient = amount[:, None] * mean - tf.einsum("un,unk->uk", given, liked) + pull
        return cost, gradient, amount[:, None, None] * second + self._prior.precision


def make_folding(folder: AnyFolder, scores: ServedScores) -> RatingFolding | LikeFolding:
    """What folds users into a model with rows."""
    if isinstance(folder, LikesFolder):
        return LikeFolding(folder, scores)
    assert isinstance(folder, Folder)  # noqa: S101 - models of histories have no rows
    return RatingFolding(folder, scores)


def mean_offsets(left: Any, given: Any) -> Any:
    """What users' ratings differ from the means by, damped; both of shape (users, n)."""
    given = tf.cast(given, tf.float32)
    return tf.reduce_sum(left * given, axis=1) / (tf.reduce_sum(given, axis=1) + PLAIN_DAMPING)
