"""A new item folded in from its first ratings and its traits: who would like it, what it is like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import FloatArray, LongArray
from core.contract import ItemTable
from core.errors import UsageError
from core.model import Model, item_card, top_rows, user_row
from core.model.news import NewItem
from core.options import GivenRatings, Identifier, option, suggest
from core.views import Answer, Lines, Remark, SimilarItem, Table, View

_LEAST_RATINGS = 5
"""Items that it is like have so many ratings at least: others' rows say little."""


@dataclass(frozen=True, kw_only=True)
class LikelyUser:
    """A trained user and what they would give (None where the model ranks), by `raw` before clipping."""

    user: int | str
    rating: float | None
    raw: float
    ratings: int


@dataclass(frozen=True, kw_only=True)
class FirstRating:
    """A rating that the item got (None for a like), and what the folded-in item gets of that user now."""

    user: int | str
    rating: float | None
    predicted: float | None


@dataclass(frozen=True, kw_only=True)
class FoldedItem(Answer):
    """A folded-in item: the trained users who would like it most, and the trained items most like it.

    `average` is what trained users would give it on average (their mean score, where the model ranks), `mean`
    what they give all items. `explained` is the share of items' rows that traits tell of items left out of
    training; None where no traits are given. `counted` is what training counts of users and items.
    """

    users: tuple[LikelyUser, ...]
    similar: tuple[SimilarItem, ...]
    given: tuple[FirstRating, ...]
    average: float
    mean: float | None
    explained: float | None = None
    note: str = ""
    counted: str = "ratings"


class FoldInItem(View[FoldedItem]):
    """Fold a new item in from its first ratings, its genres, year and tags, without training again.

    Raises UsageError for an unknown user, genre or tag, a rating off the scale, and a model without rows for
    items.
    """

    command: ClassVar[str] = "foldin-item"
    method: ClassVar[str] = "fold_in_item"
    leading: ClassVar[tuple[str, ...]] = ("ratings",)

    ratings: GivenRatings | None = option(
        default=None, help="A user's id and a rating; repeat.", flags=("--rate",), metavar="USER=RATING"
    )
    likes: tuple[Identifier, ...] = option(
        default=(),
        help="A user who likes it (the top of the scale, where ratings are predicted); repeat.",
        flags=("--like",),
        metavar="USER",
    )
    genres: tuple[str, ...] = option(default=(), help="A genre of it; repeat.", flags=("--genre",))
    year: int | None = option(default=None, help="Its year.", minimum=1, maximum=9999)
    tags: tuple[str, ...] = option(default=(), help="What people call it; repeat.", flags=("--tag",))
    count: int = option(default=10, help="How many of each.", minimum=0, flags=("-n", "--count"))

    def answer(self, model: Model) -> FoldedItem:
        """Solve for the item's rows; rank users and items by them."""
        rated, traits = self._rated(model), self._traits(model)
        if not rated and traits is None:
            hint = "Give --rate USER=RATING, --like USER, --genre, --year or --tag."
            raise UsageError("Nothing is said of the item.", hint=hint)
        users, values = self._counted(model, rated)
        item = NewItem.of(model, traits, users, values)
        likely = _likely(model, item, np.array(list(rated), np.int64), self.count)
        average = np.array([item.average()], np.float32)
        return FoldedItem(
            users=likely,
            similar=_similar(model, item, self.count),
            given=_given(model, item, rated),
            average=float(average[0] if model.ranks else model.baseline.clip(average)[0]),
            mean=None if model.ranks else model.baseline.mean,
            explained=None if traits is None else item.explained,
            note=self._note(model, traits, rated, users),
            counted=model.counted,
        )

    @classmethod
    def lines(cls, answer: FoldedItem) -> Lines:
        """What it would get, who would like it, what it is like."""
        for one in answer.given:
            given = "likes it" if one.rating is None else f"rated it {one.rating:g}"
            now = "" if one.predicted is None else f", now predicted {one.predicted:.2f}"
            yield Remark(f"user {one.user} {given}{now}")
        beside = "" if answer.mean is None else f"; all items get {answer.mean:.2f}"
        would = "users' scores of it are" if answer.mean is None else "users would give it"
        yield f"{would} {answer.average:.2f} on average{beside}"
        if answer.explained is not None:
            yield Remark(f"traits tell {answer.explained:.0%} of how items differ that training left out")
        yield Table([_cells(one, answer.counted) for one in answer.users])
        yield (
            Remark("most like it, by the cosine of the factors:")
            if answer.similar
            else Remark("this model has no factors to say what it is like")
        )
        yield Table([(f"{one.similarity:.3f}", *one.cells(answer.counted)) for one in answer.similar])
        if answer.note:
            yield Remark(answer.note)

    def _rated(self, model: Model) -> dict[int, float | None]:
        """Ratings and likes (None) by rows of users; raises UsageError."""
        scale = model.baseline.scale
        for rating in (self.ratings or {}).values():
            if not scale.minimum <= rating <= scale.maximum:
                raise UsageError(f"Ratings go from {scale.minimum:g} to {scale.maximum:g}, not {rating:g}.")
        rated: dict[int, float | None] = {
            user_row(model, user): rating for user, rating in (self.ratings or {}).items()
        }
        return rated | {user_row(model, user): None for user in self.likes}

    def _counted(self, model: Model, rated: dict[int, float | None]) -> tuple[LongArray, FloatArray]:
        """Rows of users and what each gives, of users whom training knows, and of ratings that count."""
        least, top = model.facts.positive_from, model.baseline.scale.maximum
        kept = [row for row in rated if model.baseline.user_counts[row] > 0]
        values = [rated[row] for row in kept]
        if model.ranks:
            liked = [row for row, value in zip(kept, values, strict=True) if _is_like(value, least)]
            return np.array(liked, np.int64), np.ones(len(liked), np.float32)
        given = [top if value is None else value for value in values]
        return np.array(kept, np.int64), np.array(given, np.float32)

    def _traits(self, model: Model) -> ItemTable | None:
        """The item as a table of one, by the model's own names of genres and tags; None without traits."""
        if not self.genres and not self.tags and self.year is None:
            return None
        table = model.item_table
        genres = _known(self.genres, (name for names in table.genres for name in names), "genre")
        tags = _known(self.tags, (name for names in table.tags for name in names), "tag")
        return ItemTable(("",), (genres,), np.array([self.year or 0], np.int32), (tags,))

    @staticmethod
    def _note(
        model: Model, traits: ItemTable | None, rated: dict[int, float | None], users: LongArray
    ) -> str:
        if traits is not None and not model.item_table.years.any() and not any(model.item_table.genres):
            return "this run knows no traits of its items, so they say nothing"
        left = len(rated) - len(users)
        why = f"too low, or of users without {model.counted} in training"
        return f"{left} of what was given doesn't count: {why}" if left else ""


def _known(wanted: Sequence[str], names: Iterable[str], what: str) -> tuple[str, ...]:
    """Names as the run spells them; raises UsageError for one that it doesn't have."""
    if not wanted:
        return ()
    spelled = {name.casefold(): name for name in names}
    for name in wanted:
        if name.casefold() not in spelled:
            raise UsageError(
                f"No item of this run has the {what} {name!r}.", hint=suggest(name, spelled.values())
            )
    return tuple(spelled[name.casefold()] for name in wanted)


def _is_like(rating: float | None, least: float | None) -> bool:
    return rating is None or least is None or rating >= least


def _likely(model: Model, item: NewItem, rated: LongArray, count: int) -> tuple[LikelyUser, ...]:
    """The trained users who would like it most, but for those who rated it."""
    users = np.setdiff1d(np.flatnonzero(model.baseline.user_counts > 0), rated)
    raw = item.raw(users).astype(np.float32)
    best = top_rows(raw, min(count, len(users)))
    clipped = model.baseline.clip(raw[best])
    return tuple(
        LikelyUser(
            user=model.users.identifier(int(users[at])),
            rating=None if model.ranks else float(rating),
            raw=float(raw[at]),
            ratings=int(model.baseline.user_counts[users[at]]),
        )
        for at, rating in zip(best.tolist(), clipped.tolist(), strict=True)
    )


def _similar(model: Model, item: NewItem, count: int) -> tuple[SimilarItem, ...]:
    """The trained items whose factors point most nearly the same way."""
    own, table = item.factors, model.table("item_factors")
    if own is None or table is None or table.shape[1] != len(own):
        return ()
    rows = np.flatnonzero(model.baseline.item_counts >= _LEAST_RATINGS)
    lengths = np.linalg.norm(table[rows], axis=1) * np.linalg.norm(own)
    cosines = ((table[rows] @ own) / np.maximum(lengths, 1e-12)).astype(np.float32)
    return tuple(
        SimilarItem(**vars(item_card(model, int(rows[at]))), similarity=float(cosines[at]))
        for at in top_rows(cosines, min(count, len(rows))).tolist()
    )


def _given(model: Model, item: NewItem, rated: dict[int, float | None]) -> tuple[FirstRating, ...]:
    rows = np.array(list(rated), np.int64)
    predicted: list[float | None] = [None] * len(rows)
    if not model.ranks and len(rows):
        predicted = model.baseline.clip(item.raw(rows).astype(np.float32)).tolist()
    return tuple(
        FirstRating(user=model.users.identifier(row), rating=rating, predicted=now)
        for (row, rating), now in zip(rated.items(), predicted, strict=True)
    )


def _cells(one: LikelyUser, counted: str) -> tuple[str, ...]:
    shown = f"{one.raw:+.3f}" if one.rating is None else f"{one.rating:.2f}"
    return shown, f"user {one.user}", f"{one.ratings:,} {counted}"
