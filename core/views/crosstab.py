"""The most active users by the most rated items: true and predicted ratings side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.array_types import LongArray
from core.model import Model, by_popularity
from core.options import option
from core.views.view import Answer, Lines, Remark, Table, View

SCORES = "the run ranks: its predictions are scores that only order a user's items"


@dataclass(frozen=True, kw_only=True)
class CrosstabItem:
    """A column of the crosstab."""

    item: int | str
    title: str


@dataclass(frozen=True, kw_only=True)
class CrosstabRow:
    """A row of a crosstab as a frame shows it."""

    user: int | str
    item: int | str
    title: str
    truth: float | None
    predicted: float


@dataclass(frozen=True, kw_only=True)
class CrosstabTable(Answer):
    """Rows are users, columns items, both by falling count; `truth` is None where the pair isn't rated.

    `counted` says what was counted. Where the ratings table can't be read, `truth` is None throughout and
    `note` says why.
    """

    users: tuple[int | str, ...]
    items: tuple[CrosstabItem, ...]
    truth: tuple[tuple[float | None, ...], ...]
    predicted: tuple[tuple[float, ...], ...]
    counted: str
    note: str = ""

    def rows(self) -> tuple[CrosstabRow, ...]:
        """A row a pair, user by user."""
        return tuple(
            CrosstabRow(user=user, item=item.item, title=item.title, truth=truth, predicted=predicted)
            for user, truths, predictions in zip(self.users, self.truth, self.predicted, strict=True)
            for item, truth, predicted in zip(self.items, truths, predictions, strict=True)
        )


class Crosstab(View[CrosstabTable]):
    """Cross the most active users with the most rated items: true ratings beside predicted ones.

    Who and what is most active counts by all ratings of the table, held-out ones too, as the notebook did;
    without the table by those of training. Ties go by the table's order.
    """

    command: ClassVar[str] = "crosstab"
    leading: ClassVar[tuple[str, ...]] = ("users", "items")
    users: int = option(default=15, help="So many of the most active users.", minimum=1)
    items: int = option(default=15, help="So many of the most rated items.", minimum=1)

    def answer(self, model: Model) -> CrosstabTable:
        """Count, predict every pair and look its truth up."""
        (user_counts, item_counts), counted = _counts(model)
        users, items = by_popularity(user_counts, self.users), by_popularity(item_counts, self.items)
        pairs = np.repeat(users, len(items)), np.tile(items, len(users))
        predicted = model.predictor.predict_rows(*pairs).reshape(len(users), len(items))
        truth, note = _truth(model, users, items)
        return CrosstabTable(
            users=tuple(map(model.users.identifier, users.tolist())),
            items=tuple(_column(model, row) for row in items.tolist()),
            truth=truth,
            predicted=tuple(tuple(row) for row in predicted.tolist()),
            counted=counted,
            note=SCORES if model.ranks else note,
        )

    @classmethod
    def lines(cls, answer: CrosstabTable) -> Lines:
        """A column an item, a row a user; in each cell the truth and, after it, the prediction."""
        yield Table([("user", *(str(one.item) for one in answer.items)), *map(_cells, *_columns(answer))])
        yield Table([(str(one.item), one.title) for one in answer.items])
        yield Remark(f"true → predicted; by {answer.counted}")
        if answer.note:
            yield Remark(answer.note)


def _counts(model: Model) -> tuple[tuple[LongArray, LongArray], str]:
    rated, _ = model.rated_or_reason
    if rated is None:
        of_training = model.baseline.user_counts, model.baseline.item_counts
        return of_training, f"counts of training {model.counted}"
    table = rated.ratings
    users = np.bincount(table.users, minlength=table.user_count)
    what = "ratings" if table.has_ratings else "interactions"
    return (users, np.bincount(table.items, minlength=table.item_count)), f"counts of all {what} of the table"


def _column(model: Model, row: int) -> CrosstabItem:
    return CrosstabItem(item=model.items.identifier(row), title=model.item_table.titles[row])


def _columns(
    answer: CrosstabTable,
) -> tuple[tuple[int | str, ...], tuple[tuple[float | None, ...], ...], tuple[tuple[float, ...], ...]]:
    return answer.users, answer.truth, answer.predicted


def _cells(user: int | str, truth: tuple[float | None, ...], predicted: tuple[float, ...]) -> tuple[str, ...]:
    pairs = zip(truth, predicted, strict=True)
    return str(user), *(f"{'-' if true is None else f'{true:g}'}→{guess:.1f}" for true, guess in pairs)


def _truth(
    model: Model, user_rows: LongArray, item_rows: LongArray
) -> tuple[tuple[tuple[float | None, ...], ...], str]:
    rated, note = model.rated_or_reason
    found = [[rated.rating(int(u), int(i)) if rated else None for i in item_rows] for u in user_rows]
    return tuple(tuple(None if pair is None else pair[0] for pair in row) for row in found), note
