"""A user folded in from a few ratings: what they would like, where they stand, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.errors import UsageError
from core.model import (
    AnyFolder,
    Factorization,
    FoldedUser,
    Folder,
    HistoryFolder,
    Influence,
    LikesFolder,
    Matrix,
    Model,
    factor_table,
    fit_components,
    folder_of,
    influences,
)
from core.options import GivenRatings, Identifier, option
from core.views.components import OfComponents
from core.views.search import resolve_item
from core.views.similar import SimilarUser
from core.views.top_items import (
    OfAllowedItems,
    Recommendation,
    choose,
    counted_in,
    recommendation_table,
    recommendations,
)
from core.views.view import A_co, Answer, Lines, Remark, Table, View

NO_PLACE = "In {} users and items don't share a space, so a user has no place on the map."


@dataclass(frozen=True, kw_only=True)
class GivenRating:
    """A rating that the user gave, and what the folded-in model makes of it.

    `rating` is None for a mere like, `predicted` where the model ranks and predicts no ratings.
    """

    item: int | str
    title: str
    rating: float | None
    predicted: float | None

    def line(self) -> str:
        """What was given and what the model makes of it."""
        given = "liked" if self.rating is None else f"rated {self.rating:g}"
        predicted = "" if self.predicted is None else f", now predicted {self.predicted:.2f}"
        return f"{given}{predicted}: {self.item} {self.title}"


@dataclass(frozen=True, kw_only=True)
class FoldedIn(Answer):
    """A folded-in user.

    `position` is their place on the components, relative to the average user and in the items' scale, and
    `standing` the share of trained users that lie lower on each; both None with a `note` where the
    architecture's users and items don't share a space. `ignored` are rated items that training never saw,
    `twins` the trained users whose tastes point most nearly the same way, as those of the model see it.
    """

    top: tuple[Recommendation, ...]
    given: tuple[GivenRating, ...]
    position: tuple[float, ...] | None = None
    standing: tuple[float, ...] | None = None
    ignored: tuple[str, ...] = ()
    note: str = ""
    twins: tuple[SimilarUser, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FoldInReasons(Answer):
    """A prediction for a folded-in user, what the average user would get (`average`), and the `influences`
    of the given ratings, the strongest first. Where the model ranks, both are scores and `rating` is None."""

    item: int | str
    title: str
    rating: float | None
    average: float
    raw: float
    influences: tuple[Influence, ...]


class OfGivenRatings(View[A_co]):
    """A view of a new user, who gives ratings or likes."""

    ratings: GivenRatings | None = option(
        default=None, help="An id or title and a rating; repeat.", flags=("--rate",), metavar="ITEM=RATING"
    )
    likes: tuple[Identifier, ...] = option(
        default=(),
        help="An id or title that they like (the top of the scale, where ratings are predicted); repeat.",
        flags=("--like",),
        metavar="ITEM",
    )

    def given(self, model: Model) -> Given:
        """What was given, by rows; raises UsageError where nothing was."""
        if self.ratings is None and not self.likes:
            raise UsageError("Give a rating with --rate ITEM=RATING or a like with --like ITEM.")
        return check_given(model, self.ratings or {}, self.likes)


class FoldIn(OfGivenRatings[FoldedIn], OfAllowedItems[FoldedIn], OfComponents[FoldedIn]):
    """Fold a new user in from a few ratings or likes, without training again, and recommend to them.

    Raises UsageError for an unknown item, a rating off the scale and an architecture without user embeddings.
    """

    command: ClassVar[str] = "foldin"
    method: ClassVar[str] = "fold_in"
    leading: ClassVar[tuple[str, ...]] = ("ratings",)

    def answer(self, model: Model) -> FoldedIn:
        """Solve for the user's rows and rank what they didn't rate."""
        heard = self.given(model)
        folder = folder_of(model)
        user = folder.fold(heard.rows, heard.values)
        allowed = self.allowed(model)
        allowed[heard.all_rows] = False
        items = np.flatnonzero(allowed)
        top = recommendations(model, *choose(model, items, folder.raw(user, items), self.count, 0.0))
        given, ignored = _given(folder, user, heard), heard.ignored
        if isinstance(folder, HistoryFolder) or folder.factorization is None:
            note = heard.note or NO_PLACE.format(model.architecture.name)
            return FoldedIn(given=given, top=top, ignored=ignored, note=note)
        place, standing = self._place(folder.factorization, folder, user)
        return FoldedIn(
            given=given,
            top=top,
            position=tuple(place.tolist()),
            standing=tuple(standing.tolist()),
            ignored=ignored,
            note=heard.note,
            twins=_twins(folder.factorization, folder.model, user),
        )

    @classmethod
    def lines(cls, answer: FoldedIn) -> Lines:
        """What was given, a row a recommendation, the place."""
        for one in answer.given:
            yield Remark(one.line())
        for title in answer.ignored:
            yield Remark(f"left out, since training never saw it: {title}")
        yield recommendation_table(answer.top)
        if answer.position is not None:
            place = ", ".join(f"{value:+.2f}" for value in answer.position)
            yield Remark(f"place on the components: {place}")
        counted = counted_in(answer.top[0]) if answer.top else "ratings"
        for twin in answer.twins[:1]:
            yield Remark(f"most alike: user {twin.user} ({twin.similarity:.2f}), {twin.ratings:,} {counted}")
        if answer.note:
            yield Remark(answer.note)

    def _place(
        self, factorization: Factorization, folder: Folder | LikesFolder, user: FoldedUser
    ) -> tuple[Matrix, Matrix]:
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


_TWINS, _TWIN_RATINGS = 3, 5
"""So many twins are named, of users with so many training ratings at least."""


def _twins(factorization: Factorization, model: Model, user: FoldedUser) -> tuple[SimilarUser, ...]:
    """The trained users nearest by the cosine of tastes, as they differ from the average user's."""
    counts = model.baseline.user_counts
    rows = np.flatnonzero(counts >= _TWIN_RATINGS)
    mean = factorization.user_factors[counts > 0].mean(axis=0)
    others, own = factorization.user_factors[rows] - mean, user.rows["user_factors"] - mean
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(own)
    if not len(rows) or float(lengths.max()) < 1e-9:
        return ()  # nobody, or somebody who is still everybody
    alike = others @ own / np.maximum(lengths, 1e-12)
    return tuple(
        SimilarUser(
            user=model.users.identifier(int(rows[at])),
            ratings=int(counts[rows[at]]),
            similarity=float(alike[at]),
        )
        for at in np.argsort(-alike, kind="stable")[:_TWINS].tolist()
    )


class FoldInWhy(OfGivenRatings[FoldInReasons]):
    """Explain an item's prediction for a folded-in user by the given ratings that influence it most.

    Raises UsageError for unknown or untrained items, ratings off the scale, and a model that folds no one in.
    """

    command: ClassVar[str] = "foldin-why"
    positional: ClassVar[tuple[str, ...]] = ("item",)
    method: ClassVar[str] = "fold_in_why"
    leading: ClassVar[tuple[str, ...]] = ("item", "ratings")
    item: Identifier = option(help="Item id or title.")
    count: int = option(
        default=10, help="How many ratings (or likes) to show.", minimum=0, flags=("-n", "--count")
    )

    def answer(self, model: Model) -> FoldInReasons:
        """Leave each rating out in turn, in closed form."""
        folder, target = folder_of(model), resolve_item(model, self.item)
        title = model.item_table.titles[target]
        if model.baseline.item_counts[target] == 0:
            one = model.counted.removesuffix("s")
            raise UsageError(f"Training saw no {one} of {title}: nothing influences it.")
        heard = self.given(model)
        found = influences(folder, heard.rows, heard.values, target)
        both = np.array([found.refitted, folder.average(target)], np.float32)
        rating, clipped = model.baseline.clip(both).tolist()
        return FoldInReasons(
            item=model.items.identifier(target),
            title=title,
            rating=None if model.ranks else rating,
            average=clipped,
            raw=found.refitted,
            influences=found.strongest(self.count),
        )

    @classmethod
    def lines(cls, answer: FoldInReasons) -> Lines:
        """The prediction and a row a rating."""
        shown = f"score {answer.raw:+.3f}" if answer.rating is None else f"{answer.rating:.2f}"
        yield f"{shown}  item {answer.item} {answer.title}"
        yield f"{answer.average:.2f}  for the average user"
        yield Table([one.cells() for one in answer.influences])


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a new user gave: rows of trained items and ratings (weights of likes, where the model ranks), both
    of shape (n,); `shown` are the ratings as given, None for likes.

    `all_rows` holds what doesn't count as a like as well, `ignored` titles that training never saw.
    """

    rows: LongArray
    values: FloatArray
    shown: tuple[float | None, ...]
    all_rows: LongArray
    ignored: tuple[str, ...] = ()
    note: str = ""


def check_given(model: Model, ratings: GivenRatings, likes: Sequence[Identifier] = ()) -> Given:
    """Find given ratings and likes among the trained items.

    Raises UsageError for an unknown item and for a rating off the scale.
    """
    rated: dict[int, float | None] = {resolve_item(model, item): rating for item, rating in ratings.items()}
    _check_scale(model, rated)
    rated |= {resolve_item(model, item): None for item in likes}
    counts, titles = model.baseline.item_counts, model.item_table.titles
    trained = [row for row in rated if counts[row] > 0]
    counted = [row for row in trained if _is_like(model, rated[row])] if model.ranks else trained
    values = [1.0 if model.ranks else _or_top(model, rated[row]) for row in counted]
    low = len(trained) - len(counted)
    return Given(
        rows=np.array(counted, np.int64),
        values=np.array(values, np.float32),
        shown=tuple(rated[row] for row in counted),
        all_rows=np.array(trained, np.int64),
        ignored=tuple(titles[row] for row in rated if counts[row] == 0),
        note=f"{low} of the ratings are too low to count as likes" if low else "",
    )


def _is_like(model: Model, rating: float | None) -> bool:
    threshold = model.facts.positive_from
    return rating is None or threshold is None or rating >= threshold


def _or_top(model: Model, rating: float | None) -> float:
    return model.baseline.scale.maximum if rating is None else rating


def _check_scale(model: Model, ratings: Mapping[int, float | None]) -> None:
    scale = model.baseline.scale
    for rating in ratings.values():
        if rating is not None and not scale.minimum <= rating <= scale.maximum:
            raise UsageError(f"Ratings go from {scale.minimum:g} to {scale.maximum:g}, not {rating:g}.")


def _given(folder: AnyFolder, user: FoldedUser, heard: Given) -> tuple[GivenRating, ...]:
    model, rows = folder.model, heard.rows
    predicted: list[float | None] = [None] * len(rows)
    if not model.ranks and len(rows):
        predicted = model.baseline.clip(folder.raw(user, rows)).tolist()
    return tuple(
        GivenRating(
            item=model.items.identifier(row),
            title=model.item_table.titles[row],
            rating=rating,
            predicted=prediction,
        )
        for row, rating, prediction in zip(rows.tolist(), heard.shown, predicted, strict=True)
    )
