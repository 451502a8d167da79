"""Tables of known structure and many shapes, made on the spot, for `defaults.py --made`.

A rating is mean + user's offset + item's offset + tastes · traits (their strengths fall off) + noise of the
user's own, rounded to the scale. Activity and popularity have long tails, and users take what they like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core import Ratings, load_ratings


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a table is made of; spreads are standard deviations in units of the rating."""

    users: int
    items: int
    ratings: int
    mean: float = 3.6
    user_spread: float = 0.43
    item_spread: float = 0.5
    factor_spread: float = 0.42
    factors: int = 20
    noise: float = 0.8
    scale: tuple[float, float] = (1, 5)
    activity: float = 1.0
    popularity: float = 1.0
    repeated: bool = False
    once: bool = False
    mostly_best: bool = False


SHAPES = {
    "1,000 ratings": Shape(users=120, items=150, ratings=1000),
    "10,000 ratings": Shape(users=600, items=500, ratings=10_000),
    "300,000 ratings": Shape(users=3000, items=2500, ratings=300_000, activity=1.1),
    "1,000,000 ratings": Shape(users=6040, items=3700, ratings=1_000_000, activity=1.1),
    "very sparse": Shape(users=20_000, items=15_000, ratings=40_000, activity=1.2, popularity=0.8),
    "0 or 1": Shape(users=2000, items=800, ratings=60_000, scale=(0, 1)),
    "0 to 100": Shape(
        users=2000,
        items=600,
        ratings=50_000,
        mean=60,
        user_spread=10,
        item_spread=10,
        factor_spread=10,
        noise=18,
        scale=(0, 100),
    ),
    "one rating a user": Shape(users=5000, items=300, ratings=5000, once=True),
    "12 items": Shape(users=3000, items=12, ratings=20_000, popularity=0.3),
    "20 users": Shape(users=20, items=3000, ratings=15_000, activity=0.3, popularity=0.4),
    "mostly fives": Shape(users=2500, items=700, ratings=30_000, mostly_best=True),
    "noise alone": Shape(
        users=1000, items=500, ratings=30_000, user_spread=0, item_spread=0, factor_spread=0
    ),
    "strong tastes": Shape(users=800, items=400, ratings=40_000, factor_spread=1.2, factors=5, noise=0.3),
    "users' means alone": Shape(
        users=1500, items=600, ratings=20_000, user_spread=0.9, item_spread=0, factor_spread=0
    ),
    "items' means alone": Shape(
        users=3000, items=400, ratings=25_000, user_spread=0, item_spread=0.8, factor_spread=0
    ),
    "repeated pairs": Shape(users=600, items=300, ratings=20_000, repeated=True),
}


def made_table(shape: Shape, seed: int = 0) -> Ratings:
    """Make a table; where pairs run out it has fewer ratings than asked for."""
    generator = np.random.default_rng(seed)
    strengths = 0.85 ** np.arange(shape.factors)
    strengths *= shape.factor_spread / np.sqrt((strengths**2).sum())
    tastes = generator.normal(size=(shape.users, shape.factors))
    traits = generator.normal(size=(shape.items, shape.factors)) * strengths
    users, items, popularity = _pairs(shape, generator)
    liking = (tastes[users] * traits[items]).sum(axis=1)
    kept = (
        np.full(len(users), True)
        if shape.once
        else generator.random(len(users)) < 1 / (1 + np.exp(-2 * liking))
    )
    users, items, liking = (column[kept][: shape.ratings] for column in (users, items, liking))
    if shape.repeated:
        again = generator.integers(len(users) // 3, size=len(users))
        users, items, liking = (column[again] for column in (users, items, liking))
    offsets = shape.item_spread * (
        generator.normal(size=shape.items) + 0.3 * np.log(popularity * shape.items)
    )
    truth = shape.mean + generator.normal(0, shape.user_spread, shape.users)[users] + offsets[items] + liking
    own = shape.noise * np.exp(0.2 * generator.normal(size=shape.users))
    told = _rounded(truth + generator.normal(size=len(users)) * own[users], shape)
    frame = pd.DataFrame({"user": users, "item": items, "rating": told})
    return load_ratings(frame, {"kind": "ratings"})


def _pairs(shape: Shape, generator: np.random.Generator) -> tuple[Any, Any, Any]:
    """Users and items, each pair once, and the items' popularity, which adds up to 1."""
    activity = generator.lognormal(0, shape.activity, shape.users)
    popularity = 1 / (np.arange(shape.items) + 0.02 * shape.items) ** shape.popularity
    popularity = generator.permutation(popularity / popularity.sum())
    count = shape.users if shape.once else int(2.5 * shape.ratings)
    users = (
        np.arange(count) if shape.once else generator.choice(shape.users, count, p=activity / activity.sum())
    )
    items = generator.choice(shape.items, count, p=popularity)
    _, first = np.unique(users * np.int64(shape.items) + items, return_index=True)
    chosen = np.sort(first)
    return users[chosen], items[chosen], popularity


def _rounded(values: Any, shape: Shape) -> Any:
    low, high = shape.scale
    if (low, high) == (0, 1):
        return (values > shape.mean).astype(float)
    told = np.clip(np.round(values), low, high)
    return np.where(values > shape.mean - 1, high, np.minimum(told, high - 1)) if shape.mostly_best else told
