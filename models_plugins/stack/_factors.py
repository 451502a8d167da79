"""Softmax factorization whose users follow from what they took: no rows of users are kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core import FloatArray

_RATE, _REACH, _SPREAD = 0.02, 1.5, 0.1
_MOST_USERS, _FEWEST_USERS, _BATCHES = 256, 16, 10
_STEPS, _CAREFUL = 12, 0.7


class Factors(NamedTuple):
    """Rows of items, shape (items, factors), and biases, shape (items,)."""

    rows: FloatArray
    biases: FloatArray


def factors_again(
    taken: Any, before: Factors, l2: float, passes: int, seed: int, moving: npt.NDArray[np.bool_]
) -> Factors:
    """Go on from factors of the same items with what users took now: items that aren't `moving` stay."""
    training = _Training(taken, before.rows.shape[1], l2, np.random.default_rng(seed))
    training.go_on(before, moving)
    return training.run(passes)


def train_factors(taken: Any, size: int, l2: float, passes: int, seed: int) -> Factors:
    """Maximize the softmax over items of what users took, a scipy.sparse matrix (users, items) of ones.

    l2 pulls a user's row once for every like and items as much in all, shared out evenly. Biases start at the
    logarithm of popularity. Adam (Kingma & Ba 2015), its rate falling towards 0.
    """
    return _Training(taken, size, l2, np.random.default_rng(seed)).run(passes)


class _Training:
    """Rows and Adam's moments, while they are trained."""

    def __init__(self, taken: Any, size: int, l2: float, draws: np.random.Generator) -> None:
        self._taken, self._l2, self._draws = taken, l2, draws
        users, items = taken.shape
        counts = np.asarray(taken.sum(axis=0)).ravel()
        self._active = np.flatnonzero(np.diff(taken.indptr))
        self._batch = min(_MOST_USERS, max(_FEWEST_USERS, len(self._active) // _BATCHES))
        self._users = _Adam(_drawn(draws, users, size))
        self._items, self._biases = _Adam(_drawn(draws, items, size)), _Adam(_logs(counts)[:, None])
        self._staying = np.zeros(items, bool)

    def go_on(self, before: Factors, moving: npt.NDArray[np.bool_]) -> None:
        """Start where items were, and users where they belong then."""
        popularity = np.asarray(self._taken.sum(axis=0)).ravel().astype(np.float32)
        self._items, self._biases = _Adam(before.rows.copy()), _Adam(before.biases.copy()[:, None])
        self._users, self._staying = _Adam(user_rows(self._taken, before, popularity, self._l2)), ~moving

    def run(self, passes: int) -> Factors:
        """Train to the end."""
        for number in range(passes):
            order, rate = self._draws.permutation(self._active), _RATE * (1 - number / passes)
            for start in range(0, len(order), self._batch):
                self._step(order[start : start + self._batch], rate)
        return Factors(self._items.rows, self._biases.rows[:, 0])

    def _step(self, users: Any, rate: float) -> None:
        own, items = self._users.rows[users], self._items.rows
        slope = _softmax(own @ items.T + self._biases.rows[:, 0])
        taken = self._taken[users]
        amounts = np.diff(taken.indptr).astype(np.float32)[:, None]
        slope *= amounts
        slope[np.repeat(np.arange(len(users)), np.diff(taken.indptr)), taken.indices] -= 1
        even = np.float32(self._l2 * amounts.sum() / len(items))
        batches = -(-len(self._active) // self._batch)
        of_users = slope @ items + np.float32(self._l2) * amounts * own
        of_items = slope.T @ own + even * items
        of_biases = slope.sum(axis=0)[:, None]
        of_items[self._staying], of_biases[self._staying] = 0, 0
        self._users.step(users, of_users, rate * _REACH * np.sqrt(batches))
        self._items.step(slice(None), of_items, rate)
        self._biases.step(slice(None), of_biases, rate)


class _Adam:
    """Rows with both moments and how often each was met."""

    def __init__(self, rows: FloatArray) -> None:
        self.rows = rows
        self._first, self._second = np.zeros_like(rows), np.zeros_like(rows)
        self._met = np.zeros((len(rows), 1), np.float32)

    def step(self, at: Any, gradient: FloatArray, rate: float) -> None:
        """Step against the gradient of the rows `at`."""
        self._met[at] += 1
        first = 0.9 * self._first[at] + 0.1 * gradient
        second = 0.99 * self._second[at] + 0.01 * gradient * gradient
        self._first[at], self._second[at] = first, second
        mean, square = first / (1 - 0.9 ** self._met[at]), second / (1 - 0.99 ** self._met[at])
        self.rows[at] -= np.float32(rate) * (mean / (np.sqrt(square) + 1e-7)).astype(np.float32)


def user_rows(histories: Any, factors: Factors, popularity: FloatArray, l2: float) -> FloatArray:
    """The most probable rows of users given what they took, shape (users, factors).

    Newton's method with one Hessian for all: that of a user who takes items as all do, by `popularity`, the
    counts of training, shape (items,). So nobody's row depends on who is asked about beside them.
    """
    items, biases = factors
    amounts = np.maximum(np.diff(histories.indptr), 1).astype(np.float32)[:, None]
    wanted = np.asarray(histories @ items) / amounts
    inverse = _inverse(popularity / max(1.0, float(popularity.sum())), items, l2)
    rows: FloatArray = np.zeros(wanted.shape, np.float32)
    for _ in range(_STEPS):
        chances = _softmax(rows @ items.T + biases)
        rows -= np.float32(_CAREFUL) * (chances @ items - wanted + np.float32(l2) * rows) @ inverse
    return rows


def _inverse(chances: FloatArray, items: FloatArray, l2: float) -> FloatArray:
    mean = chances @ items
    hessian = (items * chances[:, None]).T @ items - np.outer(mean, mean) + l2 * np.eye(items.shape[1])
    inverse: FloatArray = np.linalg.inv(hessian).astype(np.float32)
    return inverse


def _softmax(scores: FloatArray) -> FloatArray:
    """Probabilities, in the place of scores of shape (rows, items)."""
    scores = scores - scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores


def _logs(counts: Any) -> FloatArray:
    logs: FloatArray = np.log(counts + 0.5).astype(np.float32)
    return logs


def _drawn(draws: np.random.Generator, rows: int, size: int) -> FloatArray:
    drawn: FloatArray = draws.normal(0, _SPREAD, (rows, size)).astype(np.float32)
    return drawn
