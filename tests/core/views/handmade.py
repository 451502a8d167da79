"""A model small enough to compute every answer by hand.

Raw predictions are 3 + factors + biases: ann's are 4.35 (item 10), 5.45, 3.95, 2.75 and 1.95 (14).
Item 15 and user cid have no training rating.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core import Architecture, Rows, Terms
from core.contract.data import ItemTable
from core.data.ratings import Ratings, RatingScale, Vocabulary
from core.errors import RunError
from core.model.baseline import Baseline
from core.model.model import Model
from core.model.rated import RatedTable
from core.model.scorer import Scoring

TITLES = (
    "Alien (1979)",
    "Aliens (1986)",
    "Toy Story (1995)",
    "Godfather, The (1972)",
    "Amélie (2001)",
    "Unseen",
)
GENRES = (("Horror", "Sci-Fi"), ("Sci-Fi",), ("Comedy",), ("Crime",), ("Comedy", "Romance"), ())
YEARS = (1979, 1986, 1995, 1972, 2001, 0)
ITEM_FACTORS = [[1, 0], [2, 0], [0, 1], [-1, 0], [0, -1], [9, 9]]
ITEM_BIASES = [0.1, 0.2, -0.3, 0.5, -0.3, 9]
USER_FACTORS = [[1, 1], [-1, 0.5], [0, 0]]
USER_BIASES = [0.25, -0.5, 0]
RATED = [  # user row, item row, rating, in training
    (0, 0, 4, True),
    (0, 2, 5, True),
    (0, 3, 2, False),
    (1, 0, 3, True),
    (1, 1, 2, True),
    (1, 2, 1, True),
    (1, 3, 3, True),
    (1, 4, 4, True),
    (2, 0, 5, False),
]


class Splittable(Architecture):
    """Scores what tables it is given: products of factors and biases, each a term."""

    name = "splittable"

    def terms(self, rows: Rows, options: Any) -> Terms:
        product = {"factors": rows["user_factors"] * rows["item_factors"]} if "user_factors" in rows else {}
        sides = [side for side in ("user", "item") if f"{side}_bias" in rows]
        return {**product, **{f"{side} bias": rows[f"{side}_bias"] for side in sides}}


def hand_ratings() -> Ratings:
    users, items, values, _ = zip(*RATED, strict=True)
    return Ratings(
        name="by hand",
        source="by hand",
        users=np.array(users, np.int32),
        items=np.array(items, np.int32),
        ratings=np.array(values, np.float32),
        timestamps=None,
        user_vocabulary=Vocabulary(np.array(["ann", "bob", "cid"])),
        item_vocabulary=Vocabulary(np.arange(10, 16)),
        item_table=ItemTable(TITLES, GENRES, np.array(YEARS, np.int32)),
        scale=RatingScale(0.5, 5.0, 0.5),
    )


def hand_model(**tables: Any) -> Model:
    """The model; `tables` replace embedding tables, None takes one away."""
    ratings = hand_ratings()
    train = np.flatnonzero([row[3] for row in RATED])
    baseline = Baseline.measure(
        ratings.users[train], ratings.items[train], ratings.ratings[train], (3, 6), ratings.scale
    )
    default = {
        "user_factors": USER_FACTORS,
        "item_factors": ITEM_FACTORS,
        "user_bias": np.reshape(USER_BIASES, (3, 1)),
        "item_bias": np.reshape(ITEM_BIASES, (6, 1)),
    }
    chosen = {name: table for name, table in {**default, **tables}.items() if table is not None}
    return Model(
        architecture=Splittable(),
        options=Splittable.Options(),
        users=ratings.user_vocabulary,
        items=ratings.item_vocabulary,
        item_table=ratings.item_table,
        baseline=replace(baseline, mean=3.0),
        weights={f"table/{name}": np.array(table, np.float32) for name, table in chosen.items()},
        scoring=Scoring(offset=3.0),
        read_rated=lambda: RatedTable.of(ratings, train),
    )


def without_ratings(model: Model) -> Model:
    """The same model, whose ratings table can't be read."""

    def fail() -> RatedTable:
        raise RunError("The table is gone.")

    return replace(model, read_rated=fail)
