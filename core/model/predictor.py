"""Predict by external ids, and say what an unknown id received and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray
from core.contract import ItemTable
from core.data import Ratings, Vocabulary
from core.model.baseline import Baseline
from core.model.liking import HistoryScorer
from core.model.scorer import Scorer


@dataclass(frozen=True)
class Prediction:
    """One predicted rating, clipped to the scale; `raw` is before clipping.

    A model that ranks predicts no ratings: `rating` is then None, and `raw` a score that only orders items.
    `fallback` is "" for the model's own prediction, else it says what the ids received and why. `deviation`
    is the standard deviation of the true rating around `raw` where the architecture knows it.
    """

    user: int | str
    item: int | str
    title: str
    rating: float | None
    raw: float
    fallback: str = ""
    deviation: float | None = None


@dataclass(frozen=True)
class Predictor:
    """Predicts ratings from a scorer, the vocabularies and the training means."""

    users: Vocabulary
    items: Vocabulary
    item_table: ItemTable
    baseline: Baseline
    scorer: Scorer | HistoryScorer

    def predict(self, user: object, item: object) -> Prediction:
        """Predict one pair of external ids."""
        user_row, item_row = self.users.row(user), self.items.row(item)
        raw = float(self.raw(_rows(user_row), _rows(item_row))[0])
        rating = float(self.baseline.clip(np.array([raw], np.float32))[0]) if self.baseline.clips else None
        title = "" if item_row is None else self.item_table.titles[item_row]
        known_user = str(user) if user_row is None else self.users.identifier(user_row)
        known_item = str(item) if item_row is None else self.items.identifier(item_row)
        fallback = self._explain_fallback(user, item)
        deviations = None if fallback else self.scorer.deviations(_rows(user_row), _rows(item_row))
        deviation = None if deviations is None else float(deviations[0])
        return Prediction(known_user, known_item, title, rating, raw, fallback, deviation)

    def predict_many(self, users: Sequence[object], items: Sequence[object]) -> FloatArray:
        """Predict pairs of external ids, shape (n,), clipped."""
        user_rows = _rows(*(self.users.row(user) for user in users))
        item_rows = _rows(*(self.items.row(item) for item in items))
        return self.baseline.clip(self.raw(user_rows, item_rows))

    def predict_rows(self, users: npt.NDArray[np.int64], items: npt.NDArray[np.int64]) -> FloatArray:
        """Predict pairs of rows, shape (n,), clipped; −1 stands for an unknown id."""
        return self.baseline.clip(self.raw(users, items))

    def predict_ratings(self, ratings: Ratings) -> FloatArray:
        """Predict every row of a ratings table, shape (n,), mapping its ids to this run's."""
        return self.baseline.clip(self.raw(*self.rows_of(ratings)))

    def rows_of(self, ratings: Ratings) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Map a table's ids to this model's rows of users and items, each of shape (n,), −1 where unknown."""
        users = _translate(ratings.user_vocabulary, self.users)[ratings.users]
        items = _translate(ratings.item_vocabulary, self.items)[ratings.items]
        return users, items

    def known(self, users: npt.NDArray[np.int64], items: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Say for pairs of rows, shape (n,), whether training saw both; the others get the fallback."""
        return self.baseline.known(users, items)

    def raw(self, users: npt.NDArray[np.int64], items: npt.NDArray[np.int64]) -> FloatArray:
        """Predict pairs of rows, shape (n,), not clipped; row −1 stands for an unknown id.

        The model predicts where training saw both, else the fallback does.
        """
        known = self.known(users, items)
        raw = self.baseline.fallback(users, items)
        raw[known] = self.scorer.raw(users[known], items[known])
        return raw

    def _explain_fallback(self, user: object, item: object) -> str:
        user_row, item_row = self.users.row(user), self.items.row(item)
        user_seen = user_row is not None and self.baseline.user_counts[user_row] > 0
        item_seen = item_row is not None and self.baseline.item_counts[item_row] > 0
        if user_seen and item_seen:
            return ""
        sides = (("user", user, user_row, user_seen), ("item", item, item_row, item_seen))
        one = "rating" if self.baseline.clips else "like"
        missing = " and ".join(_missing(*side[:3], one) for side in sides if not side[3])
        if not self.baseline.clips:
            return f"{missing}; the score is the item's popularity alone"
        received = "the mean of all training ratings"
        if user_seen or item_seen:
            side = "user" if user_seen else "item"
            received = f"the {side}'s damped mean of training ratings"
        return f"{missing}; the prediction is {received}"


def _missing(side: str, identifier: object, row: int | None, one: str) -> str:
    """What isn't known of a side: an id that is nowhere is not the same as one without training ratings."""
    if row is None:
        return f"there is no {side} {str(identifier)!r}"
    return f"the {side} had no training {one}"


def _translate(source: Vocabulary, target: Vocabulary) -> npt.NDArray[np.int64]:
    """For each row of `source`, the row of the same id in `target`, −1 where it has none."""
    rows = (target.row(identifier) for identifier in source.ids.tolist())
    return np.fromiter((-1 if row is None else row for row in rows), np.int64, len(source))


def _rows(*rows: int | None) -> Any:
    return np.array([-1 if row is None else row for row in rows], np.int64)
