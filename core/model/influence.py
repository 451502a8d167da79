"""How much each of a user's ratings influences a prediction: leave-one-out in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from core.array_types import FloatArray, LongArray
from core.model.fold_in import Folder, Matrix
from core.model.liking import HistoryFolder, HistoryScorer, LikesFolder
from core.model.model import Model


@dataclass(frozen=True, kw_only=True)
class Influence:
    """A rating of the user's: `effect` is how much the prediction would fall (if positive) without it,
    `per_point` how much it would rise with that rating one point higher. Under the objective "ranking"
    `rating` is None for what was liked, and `per_point` 0."""

    item: int | str
    title: str
    rating: float | None
    effect: float
    per_point: float

    def cells(self) -> tuple[str, ...]:
        """The influence as cells of a table: effect, rating, title."""
        what = "liked" if self.rating is None else f"rated {self.rating:g}"
        return f"{self.effect:+.3f}", what, self.title


@dataclass(frozen=True, kw_only=True)
class Influences:
    """The influences of ratings of item rows (all (n,)) on a prediction, which `refitted` gives before
    clipping."""

    model: Model
    items: LongArray
    ratings: FloatArray
    refitted: float
    effects: Matrix
    slopes: Matrix

    @property
    def order(self) -> LongArray:
        """Places by falling strength of the effect."""
        return np.argsort(-np.abs(self.effects), kind="stable")

    def strongest(self, count: int) -> tuple[Influence, ...]:
        """The `count` ratings of the largest effects, either way."""
        titles = self.model.item_table.titles
        return tuple(
            Influence(
                item=self.model.items.identifier(int(self.items[at])),
                title=titles[int(self.items[at])],
                rating=None if self.model.ranks else float(self.ratings[at]),
                effect=float(self.effects[at]),
                per_point=float(self.slopes[at]),
            )
            for at in self.order[:count].tolist()
        )


AnyFolder: TypeAlias = Folder | LikesFolder | HistoryFolder
"""Folds users into one model: from ratings, from likes by rows, or from likes as a history."""


def folder_of(model: Model) -> AnyFolder:
    """Make what folds users into a model, once; raises UsageError where users can't be folded in."""
    if isinstance(model.scorer, HistoryScorer):
        return HistoryFolder(model, model.scorer)
    return LikesFolder(Folder.of(model)) if model.ranks else Folder.of(model)


def influences(folder: AnyFolder, items: LongArray, ratings: FloatArray, target: int) -> Influences:
    """Refit a user from ratings (weights of likes), both (n,), and measure each one's influence on `target`.

    Leave-one-out in closed form (Sherman & Morrison 1950): exact for a factorization, else for the head
    linearized at the user.
    """
    if not isinstance(folder, Folder):
        return folder.influences(items, ratings, target)
    numbers = folder.numbers(items, ratings)
    scores, design = folder.linearize(numbers, items)
    predicted, direction = folder.linearize(numbers, np.array([target]))
    system = design.T @ design + folder.prior.noise * folder.prior.precision
    spread = np.linalg.solve(system, design.T)
    leverage = np.einsum("ij,ji->i", design, spread)
    slopes: Matrix = direction[0] @ spread
    effects: Matrix = slopes * (ratings - scores) / np.maximum(1 - leverage, 1e-9)
    return Influences(
        model=folder.model,
        items=items,
        ratings=ratings,
        refitted=float(predicted[0]),
        effects=effects,
        slopes=slopes,
    )
