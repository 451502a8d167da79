"""The error microscope: where on the held-out part a model errs, and how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.model.baseline import mae, rmse
from core.model.held_out import HeldOut, held_out
from core.model.model import Model

_COUNT_EDGES = (0, 1, 5, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True)
class Slice:
    """A part of the held-out ratings: `bias` is the mean of predicted minus true."""

    name: str
    ratings: int
    rmse: float
    mae: float
    bias: float


@dataclass(frozen=True)
class Residual:
    """A pair that was predicted badly; `error` is predicted minus true."""

    user: int | str
    item: int | str
    title: str
    truth: float
    predicted: float
    error: float


@dataclass(frozen=True)
class Calibration:
    """Predictions from `low` up to `high`: their count, their mean and the mean of the true ratings."""

    low: float
    high: float
    ratings: int
    predicted: float
    truth: float


@dataclass(frozen=True)
class Diagnosis:
    """Errors by training ratings of the user and of the item, by genre and true rating; the worst pairs.

    A rating of an item with several genres counts in each of them.
    """

    whole: Slice
    by_user_activity: tuple[Slice, ...]
    by_item_popularity: tuple[Slice, ...]
    by_genre: tuple[Slice, ...]
    by_rating: tuple[Slice, ...]
    calibration: tuple[Calibration, ...]
    worst: tuple[Residual, ...]


def diagnose(model: Model, worst: int = 10) -> Diagnosis:
    """Slice the held-out errors; raises TastemapError where the ratings table can't be read."""
    pairs, baseline = held_out(model), model.baseline
    return Diagnosis(
        _slice("all", pairs, np.ones(len(pairs.truth), bool)),
        _by_count(pairs, baseline.user_counts[pairs.users]),
        _by_count(pairs, baseline.item_counts[pairs.items]),
        _by_genre(model, pairs),
        _by_rating(pairs),
        _calibration(pairs, model),
        _worst(model, pairs, worst),
    )


def _slice(name: str, pairs: HeldOut, chosen: npt.NDArray[np.bool_]) -> Slice:
    predicted, truth = pairs.predicted[chosen], pairs.truth[chosen]
    bias = float(pairs.errors[chosen].mean())
    return Slice(name, int(chosen.sum()), rmse(predicted, truth), mae(predicted, truth), bias)


def _slices(pairs: HeldOut, named: Sequence[tuple[str, npt.NDArray[np.bool_]]]) -> tuple[Slice, ...]:
    return tuple(_slice(name, pairs, chosen) for name, chosen in named if chosen.any())


def _by_count(pairs: HeldOut, counts: npt.NDArray[np.integer]) -> tuple[Slice, ...]:
    named = []
    for low, high in zip(_COUNT_EDGES, [*_COUNT_EDGES[1:], None], strict=True):
        inside = counts >= low if high is None else (counts >= low) & (counts < high)
        last = "" if high is None else high - 1
        named.append((f"{low}" if last == low else f"{low}–{last}" if high else f"{low} or more", inside))
    return _slices(pairs, named)


def _by_genre(model: Model, pairs: HeldOut) -> tuple[Slice, ...]:
    genres = model.item_table.genres
    names = sorted({name for items in genres for name in items})
    having = {name: np.array([name in items for items in genres], bool) for name in names}
    found = _slices(pairs, [(name, having[name][pairs.items]) for name in names])
    return tuple(sorted(found, key=lambda one: -one.rmse))


def _by_rating(pairs: HeldOut) -> tuple[Slice, ...]:
    values = np.unique(pairs.truth)
    if len(values) <= 20:
        return _slices(pairs, [(f"{value:g}", pairs.truth == value) for value in values])
    edges = np.linspace(values[0], values[-1], 11)
    places = np.clip(np.digitize(pairs.truth, edges) - 1, 0, 9)
    named = [(f"{edges[n]:.3g} to {edges[n + 1]:.3g}", places == n) for n in range(10)]
    return _slices(pairs, named)


def _calibration(pairs: HeldOut, model: Model) -> tuple[Calibration, ...]:
    scale = model.baseline.scale
    edges = np.linspace(scale.minimum, scale.maximum, 10)
    places = np.clip(np.digitize(pairs.predicted, edges) - 1, 0, 8)
    return tuple(
        Calibration(
            float(edges[n]),
            float(edges[n + 1]),
            int((places == n).sum()),
            float(pairs.predicted[places == n].mean()),
            float(pairs.truth[places == n].mean()),
        )
        for n in range(9)
        if (places == n).any()
    )


def _worst(model: Model, pairs: HeldOut, count: int) -> tuple[Residual, ...]:
    errors = pairs.errors
    return tuple(
        Residual(
            model.users.identifier(int(pairs.users[at])),
            model.items.identifier(int(pairs.items[at])),
            model.item_table.titles[int(pairs.items[at])],
            float(pairs.truth[at]),
            float(pairs.predicted[at]),
            float(errors[at]),
        )
        for at in np.argsort(-np.abs(errors), kind="stable")[:count]
    )
