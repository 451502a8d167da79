"""Why a prediction is what it is: the user's own ratings that push it, and what other ratings would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.data.ratings import FloatArray, LongArray
from core.errors import RunError, UsageError
from core.model.catalogue import item_row, user_row
from core.model.fold_in import Folder, Matrix
from core.model.model import Model
from core.views.prediction import Contributions, contribute


@dataclass(frozen=True)
class Influence:
    """A rating of the user's: `effect` is how much the prediction would fall (if positive) without it,
    `per_point` how much it would rise with that rating one point higher."""

    item: int | str
    title: str
    rating: float
    effect: float
    per_point: float


@dataclass(frozen=True)
class Counterfactual:
    """The prediction had the user given another rating; `change` is the difference before clipping."""

    item: int | str
    title: str
    rating: float
    instead: float
    predicted: float
    change: float


@dataclass(frozen=True)
class Why:
    """A contributions and the `influences` of the user's training ratings, the strongest first.

    `refitted` is the prediction when the user is folded in anew from those ratings: influences and
    counterfactuals are differences from it, and near the model's own where training has converged.
    """

    contributions: Contributions
    refitted: float
    influences: tuple[Influence, ...]
    counterfactuals: tuple[Counterfactual, ...]


def explain(
    model: Model, user: object, item: object, count: int = 10, instead: Mapping[object, float] | None = None
) -> Why:
    """Explain a prediction by the `count` training ratings of the user that push it most.

    `instead` holds other ratings by item id for counterfactuals; without it the strongest push is turned
    round (5 becomes 1). Raises UsageError for unknown ids, for a user without training ratings and for a
    counterfactual about an unrated item, RunError where the ratings table can't be read.
    """
    target, rows, ratings = item_row(model, item), *_training_ratings(model, user)
    refitted, influences, slopes = influence(Folder.of(model), rows, ratings, target)
    order = np.argsort(-np.abs(influences), kind="stable")
    wanted = _wanted(model, rows, ratings, order, instead)
    found = tuple(
        Influence(*_name(model, rows[at]), float(ratings[at]), float(influences[at]), float(slopes[at]))
        for at in order[:count]
    )
    return Why(
        contribute(model, user, item),
        _clip(model, refitted),
        found,
        tuple(_counterfactual(model, rows, ratings, slopes, refitted, at, other) for at, other in wanted),
    )


def influence(
    folder: Folder, items: LongArray, ratings: FloatArray, target: int
) -> tuple[float, Matrix, Matrix]:
    """The refitted prediction, its fall without each rating (n,), and its slope in each rating (n,).

    Leave-one-out in closed form (Sherman & Morrison 1950): exact for a factorization, else for the head
    linearized at the user.
    """
    numbers = folder.numbers(items, ratings)
    scores, design = folder.linearize(numbers, items)
    predicted, direction = folder.linearize(numbers, np.array([target]))
    system = design.T @ design + folder.prior.noise * folder.prior.precision
    spread = np.linalg.solve(system, design.T)
    leverage = np.einsum("ij,ji->i", design, spread)
    slopes: Matrix = direction[0] @ spread
    influences: Matrix = slopes * (ratings - scores) / np.maximum(1 - leverage, 1e-9)
    return float(predicted[0]), influences, slopes


def _training_ratings(model: Model, user: object) -> tuple[LongArray, FloatArray]:
    row = user_row(model, user)
    rated, reason = model.rated_or_reason
    if rated is None:
        raise RunError(f"The user's own ratings aren't known: {reason}")
    rows = rated.by_user.rows(row)
    rows = rows[rated.in_training[rows]]
    if not len(rows):
        raise UsageError(f"User {user!r} has no training rating, so none influences the prediction.")
    return rated.ratings.items[rows].astype(np.int64), rated.ratings.ratings[rows]


def _wanted(
    model: Model,
    rows: LongArray,
    ratings: FloatArray,
    order: LongArray,
    instead: Mapping[object, float] | None,
) -> Sequence[tuple[int, float]]:
    scale = model.baseline.scale
    if instead is None:
        strongest = int(order[0])
        return [(strongest, scale.minimum + scale.maximum - float(ratings[strongest]))]
    wanted = []
    for item, rating in instead.items():
        if not scale.minimum <= rating <= scale.maximum:
            raise UsageError(f"Ratings go from {scale.minimum:g} to {scale.maximum:g}, not {rating:g}.")
        found = np.flatnonzero(rows == item_row(model, item))
        if not len(found):
            raise UsageError(f"The user has no training rating of item {item!r} to change.")
        wanted.append((int(found[0]), float(rating)))
    return wanted


def _counterfactual(
    model: Model, rows: LongArray, ratings: FloatArray, slopes: Matrix, refitted: float, at: int, other: float
) -> Counterfactual:
    change = float(slopes[at]) * (other - float(ratings[at]))
    predicted = _clip(model, refitted + change)
    return Counterfactual(*_name(model, rows[at]), float(ratings[at]), other, predicted, change)


def _name(model: Model, row: int) -> tuple[int | str, str]:
    return model.items.identifier(int(row)), model.item_table.titles[int(row)]


def _clip(model: Model, raw: float) -> float:
    return float(model.baseline.clip(np.array([raw], np.float32))[0])
