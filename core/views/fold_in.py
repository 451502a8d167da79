"""A folded-in user met: what they would like, how well their ratings are explained, where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.data.ratings import FloatArray, LongArray
from core.errors import UsageError
from core.model.catalogue import item_card
from core.model.factorization import Factorization
from core.model.fold_in import FoldedUser, Folder, Matrix
from core.model.model import Model
from core.views.components import fit_projection
from core.views.top_items import EVERYTHING, ItemFilter, Recommendation, choose

NO_PLACE = "In {} users and items don't share a space, so a user has no place on the map."


@dataclass(frozen=True)
class GivenRating:
    """A rating that the newcomer gave, and what the folded-in model makes of it."""

    item: int | str
    title: str
    rating: float
    predicted: float


@dataclass(frozen=True)
class FoldIn:
    """A folded-in user.

    `position` is their place on the components, relative to the average user and in the items' scale, and
    `standing` the share of trained users that lie lower on each; both None with a `note` where the
    architecture's users and items don't share a space. `ignored` are rated items that training never saw.
    """

    given: tuple[GivenRating, ...]
    top: tuple[Recommendation, ...]
    position: tuple[float, ...] | None
    ignored: tuple[str, ...] = ()
    note: str = ""
    standing: tuple[float, ...] | None = None


def fold_user_in(
    model: Model,
    ratings: Mapping[object, float],
    count: int = 10,
    only: ItemFilter = EVERYTHING,
    components: int = 3,
    most_rated: int = 2000,
) -> FoldIn:
    """Fold a user in from ratings by item id and recommend `count` items that aren't among them.

    Raises UsageError for an unknown item, a rating off the scale and an architecture without user embeddings.
    """
    rows, values, ignored = check_given(model, ratings)
    folder = Folder.of(model)
    user = folder.fold(rows, values)
    allowed = only.allowed(model)
    allowed[rows] = False
    items = np.flatnonzero(allowed)
    top, raw = choose(model, items, folder.raw(user, items), count, 0.0)
    given, recommended = _given(folder, user, rows, values), _recommendations(model, top, raw)
    if folder.factorization is None:
        return FoldIn(given, recommended, None, ignored, NO_PLACE.format(model.architecture.name))
    place, standing = _place(folder.factorization, folder, user, components, most_rated)
    return FoldIn(given, recommended, tuple(place.tolist()), ignored, "", tuple(standing.tolist()))


def check_given(
    model: Model, ratings: Mapping[object, float]
) -> tuple[LongArray, FloatArray, tuple[str, ...]]:
    """Rows and ratings of the trained items among given ones, and the titles of the untrained."""
    scale = model.baseline.scale
    rows: dict[int, float] = {}
    for item, rating in ratings.items():
        row = model.items.row(item)
        if row is None:
            raise UsageError(f"There is no item {item!r} in this run.", hint="Search finds ids by title.")
        if not scale.minimum <= rating <= scale.maximum:
            raise UsageError(f"Ratings go from {scale.minimum:g} to {scale.maximum:g}, not {rating:g}.")
        rows[row] = rating
    counts, titles = model.baseline.item_counts, model.item_table.titles
    trained = [row for row in rows if counts[row] > 0]
    ignored = tuple(titles[row] for row in rows if counts[row] == 0)
    values = np.array([rows[row] for row in trained], np.float32)
    return np.array(trained, np.int64), values, ignored


def _given(folder: Folder, user: FoldedUser, rows: LongArray, values: FloatArray) -> tuple[GivenRating, ...]:
    model = folder.model
    predicted = model.baseline.clip(folder.raw(user, rows)) if len(rows) else np.zeros(0, np.float32)
    return tuple(
        GivenRating(model.items.identifier(row), model.item_table.titles[row], rating, prediction)
        for row, rating, prediction in zip(rows.tolist(), values.tolist(), predicted.tolist(), strict=True)
    )


def _recommendations(model: Model, rows: LongArray, raw: FloatArray) -> tuple[Recommendation, ...]:
    ratings = model.baseline.clip(raw)
    return tuple(
        Recommendation(**vars(item_card(model, row)), rating=rating)
        for row, rating in zip(rows.tolist(), ratings.tolist(), strict=True)
    )


def _place(
    factorization: Factorization, folder: Folder, user: FoldedUser, components: int, most_rated: int
) -> tuple[Matrix, Matrix]:
    """Users' factors are shorter or longer than items', so their lengths are made comparable.

    The map shows items by their tables, which a factorization of replicas has scaled.
    """
    rows, projection = fit_projection(folder.model, most_rated, components)
    trained = folder.model.baseline.user_counts > 0
    users = factorization.user_factors[trained]
    share = np.sqrt(factorization.replicas)
    item_spread = factorization.item_factors[rows].std(axis=0).mean() * share
    spread = item_spread / max(float(users.std(axis=0).mean()), 1e-12)
    mean = users.mean(axis=0)
    own = user.rows["user_factors"] / share
    place = projection.axes @ (own - mean)
    standing = ((users - mean) @ projection.axes.T < place).mean(axis=0)
    return place * spread, standing
