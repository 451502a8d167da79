"""The spread of an updated model: the kept samples' rows of who and what is new, drawn again.

Each kept sample is a sample of both sides' rows. A row that news touches is drawn from its distribution given
all its ratings of now and the other side's rows of the same sample, as in a sweep; all other rows stay.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from core import Arrays, FloatArray, TrainingData, TrainingNews
from models_plugins.bayes._posterior import KEPT
from models_plugins.bayes._state import DoubleArray

_SWEEPS = 2
_PAIRS = 200_000


class _Side(NamedTuple):
    """A side's kept samples (rows, KEPT, width), the rows to be drawn, and those that were trained."""

    samples: DoubleArray
    rows: Any
    trained: Any


def updated_spread(weights: Arrays, news: TrainingNews, seed: int, freedom: float) -> Arrays:
    """Weights with the tables of spread brought up to date: those that are touched alone."""
    spread: Any = weights["table/user_spread"]
    counts = news.before.user_count, news.before.item_count
    known = [
        np.bincount(side, minlength=count) > 0
        for side, count in zip((news.before.users, news.before.items), counts, strict=True)
    ]
    noise = _noise(weights, spread[:, 0].astype(np.float64), news, known[0], freedom)
    samples: list[DoubleArray] = [
        table.reshape(len(table), KEPT, -1).astype(np.float64)
        for table in (spread[:, 1:], weights["table/item_spread"])
    ]
    sides = [
        _Side(samples[0], news.users, known[0]),
        _Side(samples[1], news.items, known[1]),
    ]
    draws = np.random.default_rng([seed, 0x5D])
    _start(sides, draws)
    for _ in range(_SWEEPS):
        for own in (0, 1):
            _draw(sides, own, news.now, 1 / noise, draws)
    tables = [side.samples.reshape(len(side.samples), -1).astype(np.float32) for side in sides]
    return {
        **weights,
        "table/user_spread": np.hstack([noise[:, None].astype(np.float32), tables[0]]),
        "table/item_spread": tables[1],
    }


def _noise(
    weights: Arrays, noise: DoubleArray, news: TrainingNews, known: Any, freedom: float
) -> DoubleArray:
    """The variance of touched users' ratings around their scores, held at the others' mean by `freedom`."""
    tables: dict[str, Any] = {name: weights[f"table/{name}"] for name in _MEANS}
    data = news.now
    touched = np.isin(data.users, news.users)
    users, items = data.users[touched], data.items[touched]
    scores: Any = np.einsum("ij,ij->i", tables["user_factors"][users], tables["item_factors"][items])
    scores = scores + tables["user_bias"][users, 0] + tables["item_bias"][items, 0]
    errors = np.bincount(users, weights=(data.targets[touched] - scores) ** 2, minlength=len(noise))
    counts = np.bincount(users, minlength=len(noise))
    common = float(noise[known].mean()) if known.any() else 1.0
    held = max(freedom, 1e-6)
    found = noise.copy()
    own = news.users
    found[own] = (held * common + errors[own]) / (held + counts[own]) if freedom else common
    return found


_MEANS = ("user_factors", "item_factors", "user_bias", "item_bias")


def _start(sides: list[_Side], draws: np.random.Generator) -> None:
    """Rows that training didn't know begin as draws from the trained ones' distribution."""
    for side in sides:
        new = side.rows[~side.trained[side.rows]]
        for sample in range(KEPT):
            mean, spread = _prior(side, sample)
            half = np.linalg.cholesky(spread)
            side.samples[new, sample] = mean + draws.standard_normal((len(new), len(mean))) @ half.T


def _prior(side: _Side, sample: int) -> tuple[DoubleArray, DoubleArray]:
    """Mean and covariance of a sample's trained rows."""
    rows = side.samples[side.trained, sample]
    width = rows.shape[1]
    spread = np.cov(rows.T) if len(rows) > 1 else np.eye(width)
    ridge = 1e-3 * float(np.trace(np.atleast_2d(spread))) / width + 1e-9
    return rows.mean(axis=0), np.atleast_2d(spread) + ridge * np.eye(width)


def _draw(
    sides: list[_Side], own: int, data: TrainingData, precisions: DoubleArray, draws: np.random.Generator
) -> None:
    """Draw a side's touched rows in every sample, given the other side's."""
    side, other = sides[own], sides[1 - own].samples
    owners, others = ((data.users, data.items), (data.items, data.users))[own]
    mine = np.flatnonzero(np.isin(owners, side.rows))
    mine = mine[np.argsort(owners[mine], kind="stable")]
    places = np.searchsorted(side.rows, owners[mine])
    weights = precisions[data.users[mine]]
    for sample in range(KEPT):
        mean, spread = _prior(side, sample)
        held = np.linalg.inv(spread)
        system, right = _sums(
            other[others[mine], sample], data.targets[mine], weights, places, len(side.rows)
        )
        system += held
        half = np.linalg.cholesky(np.linalg.inv(system))
        at = np.linalg.solve(system, (right + held @ mean)[:, :, None])[:, :, 0]
        normals = draws.standard_normal(at.shape)
        side.samples[side.rows, sample] = at + np.einsum("rij,rj->ri", half, normals)


def _sums(
    rows: DoubleArray, targets: FloatArray, weights: DoubleArray, places: Any, count: int
) -> tuple[DoubleArray, DoubleArray]:
    """Each row's sum of outer products (count, width, width) and of targets (count, width), weighed.

    `rows` (n, width) are the other side's, whose biases are what they add whatever the row is.
    """
    width = rows.shape[1]
    system, right = np.zeros((count, width, width)), np.zeros((count, width))
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        design = np.hstack([rows[part, :-1], np.ones((len(rows[part]), 1))])
        weighed = weights[part, None] * design
        left = targets[part] - rows[part, -1]
        firsts = np.flatnonzero(np.diff(places[part], prepend=-1))
        at = places[part][firsts]
        system[at] += np.add.reduceat(weighed[:, :, None] * design[:, None, :], firsts)
        right[at] += np.add.reduceat(weighed * left[:, None], firsts)
    return system, right
