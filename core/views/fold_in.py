"""A user folded in from a few ratings: what they would like, where they stand, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.errors import UsageError
from core.model import (
    Factorization,
    FoldedUser,
    Folder,
    Influence,
    Matrix,
    Model,
    factor_table,
    fit_components,
    influences,
)
from core.options import GivenRatings, Identifier, option
from core.views.components import OfComponents
from core.views.search import resolve_item
from core.views.top_items import OfAllowedItems, Recommendation, choose, recommendation_table, recommendations
from core.views.view import Answer, Lines, Remark, Table, View

NO_PLACE = "In {} users and items don't share a space, so a user has no place on the map."


@dataclass(frozen=True, kw_only=True)
class GivenRating:
    """A rating that the user gave, and what the folded-in model makes of it."""

    item: int | str
    title: str
    rating: float
    predicted: float


@dataclass(frozen=True, kw_only=True)
class FoldedIn(Answer):
    """A folded-in user.

    `position` is their place on the components, relative to the average user and in the items' scale, and
    `standing` the share of trained users that lie lower on each; both None with a `note` where the
    architecture's users and items don't share a space. `ignored` are rated items that training never saw.
    """

    top: tuple[Recommendation, ...]
    given: tuple[GivenRating, ...]
    position: tuple[float, ...] | None = None
    standing: tuple[float, ...] | None = None
    ignored: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class FoldInReasons(Answer):
    """A prediction for a folded-in user, what the average user would get (`average`), and the `influences`
    of the given ratings, the strongest first."""

    item: int | str
    title: str
    rating: float
    average: float
    influences: tuple[Influence, ...]


class FoldIn(OfAllowedItems[FoldedIn], OfComponents[FoldedIn]):
    """Fold a new user in from a few ratings, without training again, and recommend to them.

    Raises UsageError for an unknown item, a rating off the scale and an architecture without user embeddings.
    """

    command: ClassVar[str] = "foldin"
    ratings: GivenRatings = option(
        help="An id or title and a rating; repeat.", flags=("--rate",), metavar="ITEM=RATING"
    )

    def answer(self, model: Model) -> FoldedIn:
        """Solve for the user's rows and rank what they didn't rate."""
        rows, values, ignored = check_given(model, self.ratings)
        folder = Folder.of(model)
        user = folder.fold(rows, values)
        allowed = self.allowed(model)
        allowed[rows] = False
        items = np.flatnonzero(allowed)
        top = recommendations(model, *choose(model, items, folder.raw(user, items), self.count, 0.0))
        given = _given(folder, user, rows, values)
        if folder.factorization is None:
            note = NO_PLACE.format(model.architecture.name)
            return FoldedIn(given=given, top=top, ignored=ignored, note=note)
        place, standing = self._place(folder.factorization, folder, user)
        return FoldedIn(
            given=given,
            top=top,
            position=tuple(place.tolist()),
            standing=tuple(standing.tolist()),
            ignored=ignored,
        )

    @classmethod
    def lines(cls, answer: FoldedIn) -> Lines:
        """What was given, a row a recommendation, the place."""
        for one in answer.given:
            yield Remark(f"rated {one.rating:g}, now predicted {one.predicted:.2f}: {one.item} {one.title}")
        for title in answer.ignored:
            yield Remark(f"left out, since training never saw it: {title}")
        yield recommendation_table(answer.top)
        if answer.position is not None:
            place = ", ".join(f"{value:+.2f}" for value in answer.position)
            yield Remark(f"place on the components: {place}")
        if answer.note:
            yield Remark(answer.note)

    def _place(self, factorization: Factorization, folder: Folder, user: FoldedUser) -> tuple[Matrix, Matrix]:
        """Users' factors are shorter or longer than items', so their lengths are made comparable.

        The map shows items by their tables, which a factorization may have scaled.
        """
        rows, projection = fit_components(folder.model, self.most_rated, self.components)
        trained = folder.model.baseline.user_counts > 0
        users = factorization.user_factors[trained]
        item_spread = factor_table(folder.model, "item")[rows].std(axis=0).mean()
        spread = item_spread / max(float(users.std(axis=0).mean()), 1e-12)
        mean = users.mean(axis=0)
        own = user.rows["user_factors"]
        place = projection.axes @ (own - mean)
        standing = ((users - mean) @ projection.axes.T < place).mean(axis=0)
        return place * spread, standing


class FoldInWhy(View[FoldInReasons]):
    """Explain an item's prediction for a folded-in user by the given ratings that influence it most.

    Raises UsageError for unknown or untrained items, ratings off the scale, and a model that folds no one in.
    """

    command: ClassVar[str] = "foldin-why"
    positional: ClassVar[tuple[str, ...]] = ("item",)
    item: Identifier = option(help="Item id or title.")
    ratings: GivenRatings = option(
        help="An id or title and a rating; repeat.", flags=("--rate",), metavar="ITEM=RATING"
    )
    count: int = option(default=10, help="How many ratings to show.", minimum=0, flags=("-n", "--count"))

    def answer(self, model: Model) -> FoldInReasons:
        """Leave each rating out in turn, in closed form."""
        folder, target = Folder.of(model), resolve_item(model, self.item)
        title = model.item_table.titles[target]
        if model.baseline.item_counts[target] == 0:
            raise UsageError(f"Training saw no rating of {title}: nothing influences it.")
        rows, values, _ = check_given(model, self.ratings)
        average, _ = folder.linearize(folder.prior.mean, np.array([target]))
        found = influences(folder, rows, values, target)
        rating, clipped = model.baseline.clip(np.array([found.refitted, average[0]], np.float32)).tolist()
        return FoldInReasons(
            item=model.items.identifier(target),
            title=title,
            rating=rating,
            average=clipped,
            influences=found.strongest(self.count),
        )

    @classmethod
    def lines(cls, answer: FoldInReasons) -> Lines:
        """The prediction and a row a rating."""
        yield f"{answer.rating:.2f}  item {answer.item} {answer.title}"
        yield f"{answer.average:.2f}  for the average user"
        yield Table([one.cells() for one in answer.influences])


def check_given(model: Model, ratings: GivenRatings) -> tuple[LongArray, FloatArray, tuple[str, ...]]:
    """Rows and ratings of the trained items among given ones, both (n,), and the titles of the untrained.

    Raises UsageError for an unknown item and for a rating off the scale.
    """
    rows = {resolve_item(model, item): rating for item, rating in ratings.items()}
    _check_scale(model, rows)
    counts, titles = model.baseline.item_counts, model.item_table.titles
    trained = [row for row in rows if counts[row] > 0]
    ignored = tuple(titles[row] for row in rows if counts[row] == 0)
    values = np.array([rows[row] for row in trained], np.float32)
    return np.array(trained, np.int64), values, ignored


def _check_scale(model: Model, ratings: Mapping[int, float]) -> None:
    scale = model.baseline.scale
    for rating in ratings.values():
        if not scale.minimum <= rating <= scale.maximum:
            raise UsageError(f"Ratings go from {scale.minimum:g} to {scale.maximum:g}, not {rating:g}.")


def _given(folder: Folder, user: FoldedUser, rows: LongArray, values: FloatArray) -> tuple[GivenRating, ...]:
    model = folder.model
    predicted = model.baseline.clip(folder.raw(user, rows)) if len(rows) else np.zeros(0, np.float32)
    columns = zip(rows.tolist(), values.tolist(), predicted.tolist(), strict=True)
    return tuple(
        GivenRating(
            item=model.items.identifier(row),
            title=model.item_table.titles[row],
            rating=rating,
            predicted=prediction,
        )
        for row, rating, prediction in columns
    )
