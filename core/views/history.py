"""What a user rated best and worst, with the prediction for each; or what they took most and least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.model import Model, RatedTable, user_row
from core.options import Identifier, option
from core.views.view import Answer, Lines, Remark, Table, View


@dataclass(frozen=True, kw_only=True)
class RatedItem:
    """A user's rating of an item and the model's prediction of it, None where the model ranks.

    Of an interaction `truth` is the weight.
    """

    item: int | str
    title: str
    truth: float
    predicted: float | None
    part: str


@dataclass(frozen=True, kw_only=True)
class History(Answer):
    """A user's ratings: their count and mean, the best and the worst of them.

    `counted` says what they are: of interactions the best have the largest weights. Where the ratings table
    can't be read, `note` says why, `count` is that of training and `mean` None.
    """

    count: int
    mean: float | None = None
    best: tuple[RatedItem, ...] = ()
    worst: tuple[RatedItem, ...] = ()
    note: str = ""
    counted: str = "ratings"

    def rows(self) -> Sequence[RatedItem]:
        """Both ends, from the best rating to the worst, an item that is at both once."""
        return (*self.best, *(item for item in self.worst[::-1] if item not in self.best))


class UserHistory(View[History]):
    """List what a user rated best and worst, ties by prediction; of interactions by weight.

    Raises UsageError for an unknown user.
    """

    command: ClassVar[str] = "history"
    method: ClassVar[str] = "user_history"
    positional: ClassVar[tuple[str, ...]] = ("user",)
    user: Identifier = option(help="User id, as in the table.")
    count: int = option(default=10, help="So many at each end.", minimum=0, flags=("-n", "--count"))

    def answer(self, model: Model) -> History:
        """Predict what the user rated, and sort."""
        row = user_row(model, self.user)
        rated, note = model.rated_or_reason
        if rated is None:
            return History(count=int(model.baseline.user_counts[row]), note=note, counted=model.counted)
        items = _rated_items(model, rated, row)
        best = sorted(items, key=lambda item: (-item.truth, -(item.predicted or 0)))
        worst = sorted(items, key=lambda item: (item.truth, item.predicted or 0))
        return History(
            count=len(items),
            mean=sum(item.truth for item in items) / len(items) if items else None,
            best=tuple(best[: self.count]),
            worst=tuple(worst[: self.count]),
            counted="ratings" if rated.ratings.has_ratings else "interactions",
        )

    @classmethod
    def lines(cls, answer: History) -> Lines:
        """Both ends, a row an item."""
        rates = answer.counted == "ratings"
        mean = "" if answer.mean is None else f", {'' if rates else 'weights '}{answer.mean:.2f} on average"
        yield Remark(answer.note or f"{answer.count:,} {answer.counted}{mean}")
        ends = ("best", "worst") if rates else ("most", "least")
        for heading, items in zip(ends, (answer.best, answer.worst), strict=True):
            yield heading
            yield Table([(f"{one.truth:g}", *_predicted(one), one.part, one.title) for one in items])


def _predicted(one: RatedItem) -> tuple[str, ...]:
    return () if one.predicted is None else (f"predicted {one.predicted:.2f}",)


def _rated_items(model: Model, rated: RatedTable, row: int) -> list[RatedItem]:
    rows = rated.by_user.rows(row)
    items = rated.ratings.items[rows].astype(np.int64)
    predicted = model.predictor.predict_rows(np.full(len(rows), row), items)
    return [
        RatedItem(
            item=model.items.identifier(item),
            title=model.item_table.titles[item],
            truth=float(rated.ratings.ratings[at]),
            predicted=None if model.ranks else prediction,
            part=rated.part(at),
        )
        for at, item, prediction in zip(rows, items.tolist(), predicted.tolist(), strict=True)
    ]
