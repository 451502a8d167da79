"""Tables of known structure and many shapes, made on the spot, for `defaults.py --made`.

usage: python tests/benchmarks/made_tables.py [--only "1,000,000 ratings" …] [--keep]

Prints a Markdown table of the error that is left to who knows all that was planted (`truths_error`); `--keep`
keeps it for the lines that the README's table has.

A rating is mean + user's offset + item's offset + tastes · traits (their strengths fall off) + noise of the
user's own, rounded to the scale. Activity and popularity have long tails, and users take what they like.
What a shape asks for beside that is a habit of raters (`_habits`, `_told`): each is drawn after everything
else, so that a new one changes no other table.
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from measured import keep, read

from core import Ratings, load_ratings, split_ratings


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a table is made of; spreads are standard deviations in units of the rating.

    `step` lies between two ratings of the scale. Values `best_from` above the mean are given the highest
    rating. `stretch` is how differently users use the scale, `drift` how far an item's offset wanders in the
    table's time. Shares of users give one rating always (`constant`) or the scale's ends alone
    (`extreme`), shares of ratings are drawn from the scale by chance (`outliers`). `communities` share
    neither users nor items. `amounts` are read in logarithms.
    """

    users: int
    items: int
    ratings: int
    mean: float = 3.6
    user_spread: float = 0.43
    item_spread: float = 0.5
    factor_spread: float = 0.42
    factors: int = 20
    fall: float = 0.85
    noise: float = 0.8
    scale: tuple[float, float] = (1, 5)
    step: float = 1.0
    activity: float = 1.0
    popularity: float = 1.0
    repeated: bool = False
    once: bool = False
    best_from: float | None = None
    stretch: float = 0.0
    drift: float = 0.0
    constant: float = 0.0
    extreme: float = 0.0
    outliers: float = 0.0
    communities: int = 1
    amounts: bool = False


SHAPES = {
    "1,000 ratings": Shape(users=120, items=150, ratings=1000),
    "10,000 ratings": Shape(users=600, items=500, ratings=10_000),
    "300,000 ratings": Shape(users=3000, items=2500, ratings=300_000, activity=1.1),
    "1,000,000 ratings": Shape(users=6040, items=3700, ratings=1_000_000, activity=1.1),
    "very sparse": Shape(users=20_000, items=15_000, ratings=40_000, activity=1.2, popularity=0.8),
    "0 or 1": Shape(users=2000, items=800, ratings=60_000, scale=(0, 1), best_from=0),
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
    "mostly fives": Shape(users=2500, items=700, ratings=30_000, best_from=-1),
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
    "8 users": Shape(users=8, items=400, ratings=1000, activity=0.3, popularity=0.3),
    "3 items": Shape(users=6000, items=3, ratings=12_000, popularity=0.3),
    "95 % fives": Shape(users=2000, items=1000, ratings=25_000, best_from=-2),
    "19 of 20 thumbs up": Shape(users=2000, items=800, ratings=40_000, scale=(0, 1), best_from=-1.6),
    "ends of 1 to 10": Shape(
        users=1500,
        items=900,
        ratings=40_000,
        mean=6.5,
        user_spread=1,
        item_spread=1.1,
        factor_spread=1,
        noise=1.8,
        scale=(1, 10),
        extreme=0.4,
    ),
    "scales of their own": Shape(
        users=1500, items=900, ratings=60_000, scale=(0.5, 5), step=0.5, stretch=0.5
    ),
    "half give one rating": Shape(users=1500, items=600, ratings=20_000, constant=0.5),
    "drifting items": Shape(users=1500, items=600, ratings=60_000, drift=0.8),
    "two communities": Shape(users=2000, items=1000, ratings=50_000, communities=2),
    "outliers": Shape(users=1000, items=600, ratings=20_000, outliers=0.5),
    "amounts": Shape(users=1500, items=600, ratings=30_000, mean=2, noise=1.2, scale=(0, 1e6), amounts=True),
    "half of all pairs": Shape(users=150, items=100, ratings=7500, activity=0.0, popularity=0.0),
    "tens of factors": Shape(
        users=9000,
        items=6000,
        ratings=1_000_000,
        factors=30,
        fall=0.97,
        factor_spread=0.5,
        scale=(0.5, 5),
        step=0.5,
        activity=1.3,
        popularity=1.2,
        stretch=0.25,
        drift=0.2,
    ),
}


_TELLINGS = 50


def made_table(shape: Shape, seed: int = 0) -> Ratings:
    """Make a table; where pairs run out it has fewer ratings than asked for."""
    generator = np.random.default_rng(seed)
    made = _planted(shape, generator)
    noise = generator.normal(size=len(made.users))
    times, told = _tell(made, noise, shape, generator)
    frame = pd.DataFrame({"user": made.users, "item": made.items, "rating": told, "timestamp": times})
    return load_ratings(frame, {"kind": "ratings"})


def truths_error(shape: Shape, seed: int = 0) -> float | None:
    """The held-out RMSE of who knows all that was planted, habits too, but for the noise of each rating.

    That is, of the mean of what the same raters tell with noise drawn `_TELLINGS` times anew, which errs as
    much more as its own noise adds. None where a rating is drawn by chance or told again.
    """
    if shape.outliers or shape.repeated:
        return None
    generator, other = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    made, rows = _planted(shape, generator), split_ratings(made_table(shape, seed)).test
    noise, told = generator.normal(size=len(made.users)), np.zeros(len(rows))

    def tell(drawn: Any) -> Any:
        return _tell(made, drawn, shape, deepcopy(generator))[1][rows]

    for _ in range(_TELLINGS):
        told += tell(other.normal(size=len(made.users))) / _TELLINGS
    return float(np.sqrt(np.mean((tell(noise) - told) ** 2) / (1 + 1 / _TELLINGS)))


class _Planted(NamedTuple):
    """Pairs, their values without noise and the noise's standard deviation, each of shape (n,)."""

    users: Any
    items: Any
    truth: Any
    noise: Any


def _planted(shape: Shape, generator: np.random.Generator) -> _Planted:
    strengths = shape.fall ** np.arange(shape.factors)
    strengths *= shape.factor_spread / np.sqrt((strengths**2).sum())
    tastes = generator.normal(size=(shape.users, shape.factors))
    traits = generator.normal(size=(shape.items, shape.factors)) * strengths
    users, items, popularity = _pairs(shape, generator)
    liking = _liking(tastes, traits, users, items)
    kept = (
        np.full(len(users), True)
        if shape.once
        else generator.random(len(users)) < 1 / (1 + np.exp(-2 * liking))
    )
    kept &= users % shape.communities == items % shape.communities
    users, items, liking = (column[kept][: shape.ratings] for column in (users, items, liking))
    if shape.repeated:
        again = generator.integers(len(users) // 3, size=len(users))
        users, items, liking = (column[again] for column in (users, items, liking))
    offsets = shape.item_spread * (
        generator.normal(size=shape.items) + 0.3 * np.log(popularity * shape.items)
    )
    truth = shape.mean + generator.normal(0, shape.user_spread, shape.users)[users] + offsets[items] + liking
    return _Planted(
        users, items, truth, shape.noise * np.exp(0.2 * generator.normal(size=shape.users))[users]
    )


def _tell(made: _Planted, noise: Any, shape: Shape, generator: np.random.Generator) -> tuple[Any, Any]:
    """When the raters tell what with such noise (in standard deviations, shape (n,))."""
    values, times = _habits(made.truth + noise * made.noise, made.users, made.items, shape, generator)
    return times, _told(values, made.users, shape, generator)


def _liking(tastes: Any, traits: Any, users: Any, items: Any) -> Any:
    """Products of tastes and traits, block by block: of a large table all together would be dear."""
    blocks = [slice(start, start + 1_000_000) for start in range(0, len(users), 1_000_000)]
    return np.concatenate(
        [np.einsum("ij,ij->i", tastes[users[block]], traits[items[block]]) for block in blocks]
    )


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


def _habits(values: Any, users: Any, items: Any, shape: Shape, generator: np.random.Generator) -> Any:
    """Values as users with habits of their own see them, and the seconds at which they are told."""
    times = generator.random(len(users))
    if shape.stretch:
        own = np.exp(shape.stretch * generator.normal(size=shape.users))
        values = shape.mean + (values - shape.mean) * own[users]
    if shape.drift:
        phases = generator.random(shape.items)
        values = values + shape.drift * np.sin(2 * np.pi * (times + phases[items]))
    if shape.constant:
        one = generator.normal(shape.mean, 1, shape.users)
        values = np.where((generator.random(shape.users) < shape.constant)[users], one[users], values)
    return values, 1_600_000_000 + (times * 1e8).astype(np.int64)


def _told(values: Any, users: Any, shape: Shape, generator: np.random.Generator) -> Any:
    """Values as ratings of the scale."""
    low, high = shape.scale
    told = np.clip(
        np.round((np.exp(values) if shape.amounts else values) / shape.step) * shape.step, low, high
    )
    if shape.best_from is not None:
        best = values > shape.mean + shape.best_from
        told = np.where(best, high, np.minimum(told, high - shape.step))
    if shape.extreme:
        all_or_nothing = (generator.random(shape.users) < shape.extreme)[users]
        told = np.where(all_or_nothing, np.where(values > shape.mean, high, low), told)
    if shape.outliers:
        by_chance = generator.integers(int((high - low) / shape.step) + 1, size=len(told)) * shape.step + low
        told = np.where(generator.random(len(told)) < shape.outliers, by_chance, told)
    return told


def main() -> None:
    """Print a line a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=[*SHAPES], default=[*SHAPES])
    parser.add_argument("--keep", action="store_true")
    chosen = parser.parse_args()
    lines = {figure.row for figure in read("made").figures}
    print("| table | what was planted |\n|---|---:|")
    for name in chosen.only:
        error = truths_error(SHAPES[name])
        print(f"| {name} | {'' if error is None else f'{error:.4f}'} |", flush=True)
        if chosen.keep and error is not None and name in lines:
            keep("made", name, "what was planted", {"rmse": round(error, 4)})


if __name__ == "__main__":
    main()
