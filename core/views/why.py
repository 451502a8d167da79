"""Why a prediction is what it is: the user's own ratings (or likes) that influence it, and what others would
do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.errors import RunError, UsageError
from core.model import HistoryScorer, Influence, Influences, Model, folder_of, influences, user_row
from core.options import GivenRatings, Identifier, option
from core.views.prediction import Contributions, ContributionTable
from core.views.search import resolve_item
from core.views.view import Answer, Lines, Table, View


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """The prediction had the user given another rating; `change` is the difference before clipping."""

    item: int | str
    title: str
    rating: float
    instead: float
    predicted: float
    change: float

    def line(self) -> str:
        """One sentence."""
        return (
            f"had it been {self.instead:g} instead of {self.rating:g} for {self.title}: "
            f"{self.change:+.3f}, so {self.predicted:.2f}"
        )


@dataclass(frozen=True, kw_only=True)
class Reasons(Answer):
    """The contributions to a prediction and the `influences` of the user's training ratings, the strongest
    first.

    `refitted` is the prediction when the user is folded in anew from those ratings: influences and
    counterfactuals are differences from it, and near the model's own where training has converged.
    """

    contributions: ContributionTable
    refitted: float
    influences: tuple[Influence, ...]
    counterfactuals: tuple[Counterfactual, ...]

    def rows(self) -> Sequence[Influence]:
        """A row an influence."""
        return self.influences


class Why(View[Reasons]):
    """Explain a prediction by its contributions and by the user's own training ratings.

    Without `instead` the strongest influence is turned round (5 becomes 1). Raises UsageError for unknown
    ids, for a user without training ratings and for a counterfactual about an unrated item, RunError where
    the ratings table can't be read.
    """

    command: ClassVar[str] = "why"
    positional: ClassVar[tuple[str, ...]] = ("user", "item")
    user: Identifier = option(help="User id, as in the table.")
    item: Identifier = option(help="Item id or title.")
    count: int = option(
        default=10, help="How many ratings (or likes) to show.", minimum=0, flags=("-n", "--count")
    )
    instead: GivenRatings | None = option(
        default=None,
        help="What if this were the user's rating? Repeat.",
        flags=("--had",),
        metavar="ITEM=RATING",
    )

    def answer(self, model: Model) -> Reasons:
        """Leave each rating out in turn, in closed form, and change some."""
        target, rows, ratings = resolve_item(model, self.item), *_training_ratings(model, self.user)
        if model.ranks and self.instead:
            raise UsageError("A like has no other rating to change it into.", hint="Leave --had out.")
        found = influences(folder_of(model), rows, ratings, target)
        item = model.items.identifier(target)
        wanted = () if model.ranks else _wanted(found, self.instead)
        return Reasons(
            contributions=Contributions(user=self.user, item=item).answer(model),
            refitted=_clip(model, found.refitted),
            influences=found.strongest(self.count),
            counterfactuals=tuple(_counterfactual(found, *one) for one in wanted),
        )

    @classmethod
    def lines(cls, answer: Reasons) -> Lines:
        """The contributions, a row an influence, a line a counterfactual."""
        yield from Contributions.lines(answer.contributions)
        liked = answer.contributions.prediction.rating is None
        own = "likes" if liked else "ratings"
        yield f"the user's {own} that influence it most (away it would be so much less):"
        yield Table([one.cells() for one in answer.influences])
        for other in answer.counterfactuals:
            yield other.line()


def _training_ratings(model: Model, user: Identifier) -> tuple[LongArray, FloatArray]:
    row = user_row(model, user)
    if isinstance(model.scorer, HistoryScorer):
        return model.scorer.history(row)
    rated, reason = model.rated_or_reason
    if rated is None:
        raise RunError(f"What the user gave isn't known: {reason}")
    rows = rated.by_user.rows(row)
    rows = rows[rated.in_training[rows]]
    values, threshold = rated.ratings.ratings[rows], model.facts.positive_from
    if model.ranks and threshold is not None:
        rows, values = rows[values >= threshold], values[values >= threshold]
    if not len(rows):
        one = model.counted.removesuffix("s")
        raise UsageError(f"User {user!r} has no training {one}, so none influences the prediction.")
    if model.ranks and rated.ratings.has_ratings:
        values = np.ones(len(rows), np.float32)
    return rated.ratings.items[rows].astype(np.int64), values


def _wanted(found: Influences, instead: GivenRatings | None) -> Sequence[tuple[int, float]]:
    """Which ratings, by their places, to change into what."""
    scale = found.model.baseline.scale
    if instead is None:
        strongest = int(found.order[0])
        return [(strongest, scale.minimum + scale.maximum - float(found.ratings[strongest]))]
    wanted = []
    for item, rating in instead.items():
        if not scale.minimum <= rating <= scale.maximum:
            raise UsageError(f"Ratings go from {scale.minimum:g} to {scale.maximum:g}, not {rating:g}.")
        places = np.flatnonzero(found.items == resolve_item(found.model, item))
        if not len(places):
            raise UsageError(f"The user has no training rating of item {item!r} to change.")
        wanted.append((int(places[0]), float(rating)))
    return wanted


def _counterfactual(found: Influences, at: int, other: float) -> Counterfactual:
    model, row, rating = found.model, int(found.items[at]), float(found.ratings[at])
    change = float(found.slopes[at]) * (other - rating)
    return Counterfactual(
        item=model.items.identifier(row),
        title=model.item_table.titles[row],
        rating=rating,
        instead=other,
        predicted=_clip(model, found.refitted + change),
        change=change,
    )


def _clip(model: Model, raw: float) -> float:
    return float(model.baseline.clip(np.array([raw], np.float32))[0])
