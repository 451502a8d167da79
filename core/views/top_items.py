"""The items that a user, a group of users, or everybody would rate highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, LongArray
from core.errors import RunError, UsageError
from core.files import write_through
from core.model import ItemCard, Model, factor_table, item_card, raw_blocks, top_rows, user_row
from core.options import Identifier, option
from core.readable import disarmed
from core.views.search import resolve_item
from core.views.view import A_co, Answer, Lines, Remark, Table, View

Mask = npt.NDArray[np.bool_]
RANK_BY = ("score", "blend")
FILE_FORMS = (".parquet", ".csv")


@dataclass(frozen=True, kw_only=True)
class Recommendation(ItemCard):
    """An item and its predicted rating, clipped to the scale.

    `rank` counts from 1. Where the model ranks, `rating` is None and `score` only orders items.
    """

    rating: float | None
    rank: int = 0
    score: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Recommendations(Answer):
    """The items recommended to these users together, the best first."""

    users: tuple[int | str, ...]
    items: tuple[Recommendation, ...]


class OfAllowedItems(View[A_co]):
    """A view that recommends: which items may be among them.

    Items that training never saw are never recommended.
    """

    count: int = option(default=10, help="How many.", minimum=0, flags=("-n", "--count"))
    genre: str | None = option(default=None, help="Only this genre.")
    year_from: int | None = option(default=None, help="Only from this year on.", flags=("--from",))
    year_to: int | None = option(default=None, help="Only up to this year.", flags=("--to",))
    min_ratings: int = option(default=0, help="Only items with so many training ratings or likes.", minimum=0)
    only: tuple[Identifier, ...] = option(
        default=(), help="Only from these ids or titles; repeat.", flags=("--only",), metavar="ITEM"
    )
    never: tuple[Identifier, ...] = option(
        default=(), help="Never these ids or titles; repeat.", flags=("--never",), metavar="ITEM"
    )

    def allowed(self, model: Model) -> Mask:
        """Say of every item, shape (items,), whether it may be.

        Raises UsageError for an unknown genre and for an item of `only` or `never` that isn't there.
        """
        allowed = model.baseline.item_counts >= max(1, self.min_ratings)
        if self.only:
            allowed &= _among(model, self.only)
        allowed &= ~_among(model, self.never)
        years = model.item_table.years
        if self.year_from is not None:
            allowed &= years >= self.year_from
        if self.year_to is not None:
            allowed &= (years <= self.year_to) & (years > 0)
        return allowed & _of_genre(model, self.genre) if self.genre else allowed


class TopItems(OfAllowedItems[Recommendations]):
    """Recommend items to a user, or to a group by their mean predicted rating.

    Raises UsageError for an unknown user, and RunError where unseen items are asked for and the ratings
    table can't be read.
    """

    command: ClassVar[str] = "recommend"
    positional: ClassVar[tuple[str, ...]] = ("user",)
    user: tuple[Identifier, ...] = option(help="User ids; several are a group.")
    unseen: bool = option(default=True, help="Leave out what any of them rated.", flags=("--unseen/--seen",))
    rank_by: str = option(
        default="score",
        help="By the model's own score (predicted rating), or for models of ratings by a blend of it with "
        "popularity, which finds more of what users take.",
        choices=RANK_BY,
    )
    diversity: float = option(default=0.0, help="0: best rated, 1: most varied.", minimum=0, maximum=1)

    def answer(self, model: Model) -> Recommendations:
        """Rank by raw predictions, averaged over the users."""
        rows = [user_row(model, user) for user in self.user]
        if not rows:
            raise UsageError("Name one user at least.")
        allowed = self.allowed(model)
        for row in rows if self.unseen else ():
            allowed[_seen(model, row)] = False
        items = np.flatnonzero(allowed)
        raw = np.mean([_raw(model, row, items) for row in rows], axis=0)
        chosen, _ = choose(model, items, self._scores(model, raw, items), self.count, self.diversity)
        return Recommendations(
            users=tuple(model.users.identifier(row) for row in rows),
            items=recommendations(model, chosen, raw[np.searchsorted(items, chosen)]),
        )

    def _scores(self, model: Model, raw: FloatArray, items: LongArray) -> FloatArray:
        """What some of the items are ranked by, from their raw predictions."""
        everything = np.zeros(len(model.items), np.float32)
        everything[items] = raw
        return self.scores_of_all(model, everything)[items]

    def scores_of_all(self, model: Model, raw: FloatArray) -> FloatArray:
        """What all items are ranked by, from their raw predictions, shape (…, items); raises UsageError."""
        if self.rank_by == "score":
            return raw
        from core.views.quality import blended

        return blended(model, raw)

    @classmethod
    def lines(cls, answer: Recommendations) -> Lines:
        """A row an item."""
        yield recommendation_table(answer.items)
        if not answer.items:
            yield Remark("No item is left after these filters.")


def choose(
    model: Model, items: LongArray, raw: FloatArray, count: int, diversity: float
) -> tuple[LongArray, FloatArray]:
    """Choose `count` of the item rows by raw rating (shape (n,)) and diversity; rows and raw ratings.

    Raw predictions are ranked, not clipped ones, or a generous user's whole top would be ties.
    """
    if diversity:
        best = top_rows(raw, min(len(items), max(200, 10 * count)))
        order = best[diversify(raw[best], factor_table(model, "item")[items[best]], count, diversity)]
    else:
        order = top_rows(raw, min(len(items), count))
    return items[order], raw[order]


def recommendations(model: Model, rows: LongArray, raw: FloatArray) -> tuple[Recommendation, ...]:
    """Describe recommended item rows, the best first, with their clipped ratings where there are any."""
    ratings = [None] * len(rows) if model.ranks else model.baseline.clip(raw).tolist()
    columns = zip(rows.tolist(), ratings, raw.tolist(), strict=True)
    return tuple(
        Recommendation(**vars(item_card(model, row)), rating=rating, rank=rank, score=score)
        for rank, (row, rating, score) in enumerate(columns, 1)
    )


def recommendation_table(items: Sequence[Recommendation]) -> Table:
    """A row a recommended item."""
    return Table([(recommended_by(item), *item.cells(counted_in(item))) for item in items])


def counted_in(item: Recommendation) -> str:
    """What training counts of an item: a ranking learns from likes."""
    return "likes" if item.rating is None else "ratings"


def recommended_by(item: Recommendation) -> str:
    """What stands before a recommended item: its predicted rating, or its rank."""
    return f"{item.rank}." if item.rating is None else f"{item.rating:.2f}"


def _among(model: Model, items: Sequence[Identifier]) -> Mask:
    named = np.zeros(len(model.items), bool)
    named[[resolve_item(model, item) for item in items]] = True
    return named


def _of_genre(model: Model, genre: str) -> Mask:
    wanted, genres = genre.casefold(), model.item_table.genres
    has = np.array([wanted in (one.casefold() for one in names) for names in genres], bool)
    if not has.any():
        known = sorted({one for names in genres for one in names})
        hint = f"Known: {', '.join(known)}." if known else "The items come without genres."
        raise UsageError(f"There is no genre {genre!r}.", hint=hint)
    return has


def _raw(model: Model, row: int, items: LongArray) -> FloatArray:
    return model.predictor.raw(np.full(len(items), row, np.int64), items)


def _seen(model: Model, row: int) -> npt.NDArray[np.int32]:
    rated, reason = model.rated_or_reason
    if rated is None:
        hint = "Ask with seen items included."
        raise RunError(f"What the user has seen isn't known: {reason}", hint=hint)
    return rated.seen(row)


def diversify(ratings: FloatArray, factors: FloatArray, count: int, diversity: float) -> LongArray:
    """Choose `count` places one by one: (1 − diversity) · rating − diversity · largest cosine with a chosen.

    `ratings` has shape (n,), scaled here to 0…1; `factors` (n, factors). The first is the best rated.
    Returns places in order of choice.
    """
    relevance = _unit_range(ratings)
    lengths = np.linalg.norm(factors, axis=1, keepdims=True)
    directions = factors / np.where(lengths > 0, lengths, 1)
    likeness, chosen = np.full(len(ratings), -np.inf, np.float32), list[int]()
    gain = relevance.copy()
    while len(chosen) < min(count, len(ratings)):
        place = int(gain.argmax())
        chosen.append(place)
        likeness = np.maximum(likeness, directions @ directions[place])
        gain = (1 - diversity) * relevance - diversity * likeness
        gain[chosen] = -np.inf
    return np.array(chosen, np.int64)


def _unit_range(ratings: FloatArray) -> FloatArray:
    if not len(ratings):
        return ratings
    spread = ratings.max() - ratings.min()
    scaled: FloatArray = (ratings - ratings.min()) / (spread if spread > 0 else 1)
    return scaled


@dataclass(frozen=True, kw_only=True)
class EverybodysItems:
    """Columns of equal length: user and item rows, the rank (from 1), the clipped rating or the score."""

    users: LongArray
    ranks: LongArray
    items: LongArray
    ratings: FloatArray


def recommend_to_all(model: Model, question: TopItems) -> EverybodysItems:
    """Recommend to every user, as `question` does to one; its users and diversity don't count.

    Raises RunError where unseen items are asked for and the ratings table can't be read.
    """
    rated, reason = model.rated_or_reason
    if question.unseen and rated is None:
        raise RunError(f"What users have seen isn't known: {reason}", hint="Ask with seen items included.")
    allowed = np.where(question.allowed(model), np.float32(0), -np.inf).astype(np.float32)
    chosen: list[tuple[LongArray, ...]] = []
    for users, raw in raw_blocks(model, np.arange(len(model.users))):
        ranked = question.scores_of_all(model, raw) + allowed
        for user, own, scores in zip(users.tolist(), raw, ranked, strict=True):
            if question.unseen and rated is not None:
                scores[rated.seen(user)] = -np.inf
            best = top_rows(scores, min(question.count, int((scores > -np.inf).sum())))
            chosen.append((np.full(len(best), user), np.arange(1, len(best) + 1), best, own[best]))
    users, ranks, items, ratings = (np.concatenate(column) for column in zip(*chosen, strict=True))
    clipped = model.baseline.clip(ratings.astype(np.float32))
    return EverybodysItems(users=users, ranks=ranks, items=items, ratings=clipped)


def write_recommendations(
    model: Model, found: EverybodysItems, path: Path, spreadsheet: bool = False
) -> None:
    """Write user, rank, item, title, rating (score) as Parquet or CSV, by the file's ending.

    With `spreadsheet`, no text can be taken for a formula. The file gets no wider rights than the run has.
    Raises UsageError for another ending.
    """
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix.lower() not in FILE_FORMS:
        raise UsageError(f"{path} ends in neither of {', '.join(FILE_FORMS)}.")
    titles = np.array(model.item_table.titles, dtype=object)
    columns: dict[str, Any] = {
        "user": model.users.ids[found.users].tolist(),
        "rank": found.ranks,
        "item": model.items.ids[found.items].tolist(),
        "title": titles[found.items].tolist(),
        "score" if model.ranks else "rating": found.ratings,
    }
    if spreadsheet:
        for name in ("user", "item", "title"):
            columns[name] = [disarmed(one) if isinstance(one, str) else one for one in columns[name]]
    table = pyarrow.table(columns)
    write = pyarrow.csv.write_csv if path.suffix.lower() == ".csv" else pyarrow.parquet.write_table
    write_through(path, lambda temporary: write(table, temporary), model.folder)
