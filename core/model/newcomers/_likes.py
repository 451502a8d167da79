"""Likes of many users at once: the most probable rows of each under the softmax.

In the coordinates of `_Space` the prior is a unit sphere and the softmax at the average user has a diagonal
second derivative, so Newton's steps, solved for by conjugate gradients from there, need a few products of
matrices for a whole block of users.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.array_types import DoubleArray, FloatArray, LongArray, Mask
from core.model import LikesFolder
from core.model.newcomers._threads import in_threads
from core.ranking import ItemSets

_STEPS, _SOLVING_STEPS = 12, 8
_ENOUGH = 1e-4
_CLOSE = 0.1
"""A step is solved for until so much of the gradient is left."""
_SHORTER = (0.3, 0.1)
_TINY = np.float32(1e-20)
_BLOCK = 256


@dataclass(frozen=True)
class Were:
    """Where users were: their numbers (users, numbers), the best place given what they liked then."""

    numbers: DoubleArray
    liked: ItemSets

    def of(self, user: int) -> tuple[LongArray, FloatArray]:
        """Items that a user liked then, and the weights."""
        own = slice(self.liked.starts[user], self.liked.starts[user + 1])
        return self.liked.items[own].astype(np.int64), self.liked.weights[own]


def fit_likes(folder: LikesFolder, given: ItemSets, were: Were | None = None) -> DoubleArray:
    """The most probable numbers of each user given weights of likes, shape (users, numbers).

    A head that is no factorization is linearized once, at the average user. Users who `were` somewhere are
    held there, not at the mean, and move only by what their likes are more or less than those before; there
    such a head is linearized user by user.
    """
    numbers = (
        np.tile(folder.folder.prior.mean, (given.user_count, 1)) if were is None else were.numbers.copy()
    )
    liking = np.flatnonzero(given.sizes > 0)
    if folder.factorization is None and were is not None:
        for user in liking.tolist():
            own = slice(given.starts[user], given.starts[user + 1])
            liked = given.items[own].astype(np.int64), given.weights[own]
            numbers[user] = folder.fit_again(*liked, were.numbers[user], were.of(user))
        return numbers
    space = _Space.of(folder)
    blocks = [liking[start : start + _BLOCK] for start in range(0, len(liking), _BLOCK)]

    def fit(users: LongArray) -> None:
        block = _Block.of(space, given, users)
        if were is None:
            numbers[users] = space.numbers(_fit(block))
            return
        places = space.places(were.numbers[users])
        then = _Block.of(space, were.liked, users).state(places)
        block = replace(block, liked=block.liked + then.gradient)
        numbers[users] = space.numbers(_fit(block, places))

    in_threads(fit, blocks)
    return numbers


@dataclass(frozen=True)
class _Space:
    """Coordinates y of users: numbers = mean + `turn` · y. Popular items are `candidates` for everybody.

    A score is `columns` (items, numbers) · y + `base` (items,), of candidates `common` · y + `common_base`;
    `spread` is the second derivative of the softmax at the average user.
    """

    mean: DoubleArray
    turn: DoubleArray
    candidates: LongArray
    columns: FloatArray
    base: FloatArray
    common: FloatArray
    common_base: FloatArray
    spread: FloatArray

    @classmethod
    def of(cls, folder: LikesFolder) -> _Space:
        """Turn the prior to a sphere, and then by the softmax at its centre."""
        rated = folder.folder
        items = np.arange(len(rated.model.items))
        base, design = rated.linearize(rated.prior.mean, items)
        whole = np.linalg.cholesky(rated.prior.covariance)
        candidates = folder.candidates
        chances = np.exp(base[candidates] - base[candidates].max())
        chances /= chances.sum()
        shown = design[candidates] @ whole
        mean = chances @ shown
        second = (shown * chances[:, None]).T @ shown - np.outer(mean, mean)
        spread, axes = np.linalg.eigh(second)
        turn = whole @ axes
        columns, single = (design @ turn).astype(np.float32), base.astype(np.float32)
        return cls(
            mean=rated.prior.mean,
            turn=turn,
            candidates=candidates,
            columns=columns,
            base=single,
            common=columns[candidates],
            common_base=single[candidates],
            spread=np.maximum(spread, 0).astype(np.float32),
        )

    def places(self, numbers: DoubleArray) -> FloatArray:
        """The places of users of such numbers, shape (users, numbers)."""
        return np.linalg.solve(self.turn, (numbers - self.mean).T).T.astype(np.float32)

    def numbers(self, places: FloatArray) -> DoubleArray:
        """The numbers of users at some places, shape (users, numbers)."""
        found: DoubleArray = self.mean + places.astype(np.float64) @ self.turn.T
        return found


@dataclass(frozen=True)
class _Block:
    """Some users: what their likes add up to, and those likes that aren't candidates for everybody (`rare`).

    `liked` (users, numbers) is the sum of the columns liked, `amounts` (users,) that of the weights. A rare
    pair is of the user `rare_owners`, ascending, and has a column and a base of its own.
    """

    space: _Space
    amounts: FloatArray
    liked: FloatArray
    liked_base: FloatArray
    rare_owners: LongArray
    rare_columns: FloatArray
    rare_base: FloatArray

    @classmethod
    def of(cls, space: _Space, given: ItemSets, users: LongArray) -> _Block:
        """Collect what users of a block like."""
        import scipy.sparse

        owners, pairs = given.pairs_of(users)
        items, weights = given.items[pairs].astype(np.int64), given.weights[pairs]
        likes = scipy.sparse.csr_array((weights, (owners, items)), (len(users), len(space.base)))
        rare = ~np.isin(items, space.candidates)
        return cls(
            space=space,
            amounts=np.asarray(likes.sum(axis=1), np.float32),
            liked=np.asarray(likes @ space.columns, np.float32),
            liked_base=np.asarray(likes @ space.base, np.float32),
            rare_owners=owners[rare],
            rare_columns=space.columns[items[rare]],
            rare_base=space.base[items[rare]],
        )

    def part(self, users: Mask) -> _Block:
        """Some of the users alone."""
        rare = users[self.rare_owners]
        return _Block(
            space=self.space,
            amounts=self.amounts[users],
            liked=self.liked[users],
            liked_base=self.liked_base[users],
            rare_owners=(np.cumsum(users) - 1)[self.rare_owners[rare]],
            rare_columns=self.rare_columns[rare],
            rare_base=self.rare_base[rare],
        )

    def state(self, places: FloatArray) -> _State:
        """Cost, gradient and chances of users at some places, (users, numbers)."""
        scores = places @ self.space.common.T
        scores += self.space.common_base
        rare = _pairwise(self.rare_columns, places[self.rare_owners]) + self.rare_base
        top = scores.max(axis=1)
        np.maximum.at(top, self.rare_owners, rare)
        scores -= top[:, None]
        np.exp(scores, out=scores)
        rare = np.exp(rare - top[self.rare_owners])
        total: DoubleArray = scores.sum(axis=1, dtype=np.float64)
        total += np.bincount(self.rare_owners, weights=rare, minlength=len(total))
        scores /= total[:, None].astype(np.float32)
        rare = np.asarray(rare / total[self.rare_owners], np.float32)
        mean = np.asarray(scores @ self.space.common + self._gather(rare) @ self.rare_columns, np.float32)
        lost = self.amounts * (top + np.log(total)) - _pairwise(self.liked, places) - self.liked_base
        return _State(
            places=places,
            cost=0.5 * _pairwise(places, places).astype(np.float64) + lost,
            gradient=np.asarray(places + self.amounts[:, None] * mean - self.liked, np.float32),
            chances=scores,
            rare_chances=rare,
            mean=mean,
        )

    def curve(self, state: _State, along: FloatArray) -> FloatArray:
        """The cost's second derivative times a direction of each user, (users, numbers)."""
        common = ((along @ self.space.common.T) * state.chances) @ self.space.common
        slopes = _pairwise(self.rare_columns, along[self.rare_owners])
        rare = self._gather(state.rare_chances * slopes) @ self.rare_columns
        bent = common + rare - state.mean * _pairwise(state.mean, along)[:, None]
        return np.asarray(along + self.amounts[:, None] * bent, np.float32)

    def _gather(self, values: FloatArray) -> Any:
        """Values of the rare pairs as a matrix of shape (users, pairs)."""
        shape = len(self.amounts), len(values)
        import scipy.sparse

        return scipy.sparse.csr_array((values, (self.rare_owners, np.arange(len(values)))), shape)


@dataclass(frozen=True)
class _State:
    """Users at `places`: `cost` (users,), `gradient`, and what the softmax says there."""

    places: FloatArray
    cost: DoubleArray
    gradient: FloatArray
    chances: FloatArray
    rare_chances: FloatArray
    mean: FloatArray


def _pairwise(first: FloatArray, second: FloatArray) -> FloatArray:
    """Products of rows with rows, shape (rows,)."""
    found: FloatArray = np.einsum("ij,ij->i", first, second)
    return found


def _fit(block: _Block, start: FloatArray | None = None) -> FloatArray:
    """Newton's method for all users of a block together, until none gets better; (users, numbers)."""
    places = (
        np.zeros((len(block.amounts), block.liked.shape[1]), np.float32) if start is None else start.copy()
    )
    moving, state = np.arange(len(places)), block.state(places)
    for _ in range(_STEPS):
        step = _newton_step(block, state)
        tried = block.state(state.places - step)
        for size in _SHORTER:
            worse = tried.cost > state.cost + _ENOUGH
            if not worse.any():
                break
            sizes = np.where(worse, size, 1.0).astype(np.float32)
            tried = block.state(state.places - sizes[:, None] * step)
        better = tried.cost < state.cost - _ENOUGH
        places[moving[better]] = tried.places[better]
        moving, block = moving[better], block.part(better)
        if not len(moving):
            break
        state = block.state(places[moving]) if not better.all() else tried
    return places


def _newton_step(block: _Block, state: _State) -> FloatArray:
    """Conjugate gradients for all users at once, helped by the softmax at the average user."""
    scale = np.asarray(1 / (1 + block.amounts[:, None] * block.space.spread), np.float32)
    step, left = np.zeros_like(state.gradient), state.gradient.copy()
    along: FloatArray = scale * left
    before = _pairwise(left, along)
    wanted = _CLOSE**2 * before
    for _ in range(_SOLVING_STEPS):
        curved = block.curve(state, along)
        size = before / np.maximum(_pairwise(along, curved), _TINY)
        step += size[:, None] * along
        left -= size[:, None] * curved
        helped = np.asarray(scale * left, np.float32)
        after = _pairwise(left, helped)
        if (after <= wanted).all():
            break
        along = np.asarray(helped + (after / np.maximum(before, _TINY))[:, None] * along, np.float32)
        before = after
    return step
