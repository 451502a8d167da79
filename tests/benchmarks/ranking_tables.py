"""Rankings by the defaults on tables of many shapes, beside popularity, EASE and a tuned implicit ALS.

usage: python tests/benchmarks/ranking_tables.py [--table NAME …] [--data PATH …] [--only ease bias …]
       [--keep]

Without --data: tables that are made on the spot, users taking items by popularity and planted tastes, and the
panel in the folder that TASTEMAP_TEST_DATA names. Every training of ours is the default one at the standard
split (seed 42), every row being a like. The peers' settings are chosen on a tenth carved out of training, by
nDCG@10: EASE's l2 out of three, implicit's factors, l2 and weight out of five (left out where `implicit`
isn't installed). All items are ranked that a user hasn't in training. Prints nDCG@10 a model, with an
asterisk where one of ours is below popularity, and the standard error of the users' mean.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pandas as pd
import scipy.sparse
from measured import keep, recipe_of
from ranking_peers import Scores, ease

import core
from core import Ratings, load_ratings, split_ratings
from core.ranking import ItemSets, RankingTask

OWN = ("bias", "dot", "nn", "ease", "stack")
_BLOCK, _MOST_USERS = 500, 5000
Peer = Callable[[Any], Scores]
"""Training likes, a scipy.sparse matrix (users, items) of ones → scores of rows of users."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A made table of likes: popularity falls by a power of the rank, `taste` says how much tastes decide."""

    users: int
    items: int
    likes: int
    popularity: float = 1.0
    activity: float = 1.0
    taste: float = 1.5
    factors: int = 12


SHAPES = {
    "1,000 likes": Shape(users=100, items=150, likes=1000),
    "sparse": Shape(users=15_000, items=8000, likes=60_000),
    "few items, many users": Shape(users=20_000, items=150, likes=100_000),
    "many items, few users": Shape(users=250, items=12_000, likes=80_000, activity=0.7),
    "heavy tail": Shape(users=4000, items=6000, likes=200_000, popularity=1.6, activity=1.4),
    "flat": Shape(users=3000, items=2500, likes=150_000, popularity=0.2, taste=2.0),
    "popularity alone": Shape(users=2000, items=1500, likes=50_000, taste=0.0),
    "1,000,000 likes": Shape(users=6000, items=3500, likes=1_000_000),
}
PANEL = {
    "Last.fm plays": "panel/lastfm-plays",
    "MovieTweetings 100k": "panel/movietweetings-100k/ratings.dat",
    "Book-Crossing": "panel/book-crossing/BX-Book-Ratings.csv",
}


def made_likes(shape: Shape, seed: int = 0) -> Ratings:
    """Make a table: each user takes the first of all items by popularity, taste and Gumbel noise."""
    draws = np.random.default_rng(seed)
    strengths = 0.85 ** np.arange(shape.factors)
    strengths *= shape.taste / np.sqrt((strengths**2).sum())
    traits = draws.normal(size=(shape.items, shape.factors)) * strengths
    popularity = -shape.popularity * np.log(np.arange(shape.items) + 0.02 * shape.items)
    popularity = draws.permutation(popularity)
    activity = draws.lognormal(0, shape.activity, shape.users)
    counts = np.clip(np.round(shape.likes * activity / activity.sum()), 1, shape.items // 2).astype(int)
    users, items = [], []
    for user, count in enumerate(counts):
        wish = popularity + traits @ draws.normal(size=shape.factors) + draws.gumbel(size=shape.items)
        items.append(np.argpartition(-wish, count)[:count])
        users.append(np.full(count, user))
    frame = pd.DataFrame({"user": np.concatenate(users), "item": np.concatenate(items)})
    return load_ratings(frame.sample(frac=1, random_state=seed))


def tables(paths: Iterable[Path], chosen: Iterable[str] | None) -> Iterator[tuple[str, Ratings]]:
    """The tables named, or those that are made and the panel as far as it is there."""
    named = {path.name: path for path in paths}
    folder = Path(os.environ.get("TASTEMAP_TEST_DATA", "."))
    for name in chosen or named or [*SHAPES, *PANEL]:
        path = named.get(name, folder / PANEL.get(name, ""))
        if name in SHAPES and name not in named:
            yield name, made_likes(SHAPES[name])
        elif path.exists():
            yield name, load_ratings(path)
        else:
            print(f"left out: {name} (no {path.name} in TASTEMAP_TEST_DATA)", file=sys.stderr)


@dataclass(frozen=True)
class Task:
    """Likes to train on, a matrix (users, items) of ones, and what is sought of whom."""

    taken: Any
    sought: RankingTask

    @classmethod
    def of(cls, table: Ratings, train: Any, test: Any) -> Task:
        """Take rows of a table to train on and others to seek."""
        counts = table.user_count, table.item_count
        sets = [ItemSets.of(table.users[rows], table.items[rows], counts) for rows in (train, test)]
        return cls(sets[0].to_matrix(), RankingTask.of(*sets, sets[0].item_sizes))

    def measure(self, scores: Scores) -> tuple[float, float]:
        """Mean nDCG@10 and its standard error over users; items that training never saw come last."""
        users, unseen = self.sought.sample(_MOST_USERS), self.sought.item_counts == 0

        def blocks() -> Iterator[tuple[Any, Any]]:
            for start in range(0, len(users), _BLOCK):
                block = np.array(scores(users[start : start + _BLOCK]), np.float32)
                block[:, unseen] = -1e30
                yield users[start : start + _BLOCK], block

        each = self.sought.measure(blocks(), 10).ndcg
        return float(each.mean()), float(each.std() / np.sqrt(len(each)))


def popularity(taken: Any) -> Scores:
    """What most have taken, for everybody."""
    counts = np.asarray(taken.sum(axis=0)).ravel().astype(np.float32)
    return lambda users: np.tile(counts, (len(users), 1))


def ease_of(l2: float) -> Peer:
    """EASE with an l2."""

    def fit(taken: Any) -> Scores:
        class Given:
            every = type("Counts", (), {"item_counts": np.asarray(taken.sum(axis=0)).ravel()})

        Given.taken = taken
        scores, _ = ease(l2)(Given, 0)
        return scores

    return fit


def als_of(factors: int, l2: float, weight: float) -> Peer:
    """implicit's ALS; raises ImportError where it isn't installed."""

    def fit(taken: Any) -> Scores:
        from implicit.als import AlternatingLeastSquares  # type: ignore[import-not-found]

        model = AlternatingLeastSquares(
            factors=factors, regularization=l2, alpha=weight, iterations=15, random_state=1
        )
        model.fit(scipy.sparse.csr_matrix(taken), show_progress=False)
        return lambda users: model.user_factors[users] @ model.item_factors.T

    return fit


PEERS: dict[str, dict[str, Peer]] = {
    "EASE": {f"l2 {l2:g}": ease_of(l2) for l2 in (60, 250, 1000)},
    "implicit ALS": {
        f"{factors} factors, l2 {l2:g}, weight {weight:g}": als_of(factors, l2, weight)
        for factors, l2, weight in (
            (16, 1, 3),
            (32, 0.05, 5),
            (64, 0.05, 3),
            (64, 5, 20),
            (128, 1, 3),
        )
    },
}


def by_peers(table: Ratings) -> Iterator[tuple[str, float, float, str]]:
    """Popularity and the peers, each by the settings that were best on a carved part."""
    split = split_ratings(table)
    carved = np.random.default_rng(7).random(len(split.train)) < 0.1
    whole = Task.of(table, split.train, split.test)
    part = Task.of(table, split.train[~carved], split.train[carved])
    yield ("popularity", *whole.measure(popularity(whole.taken)), "")
    for name, choices in PEERS.items():
        try:
            reached = {told: part.measure(fit(part.taken))[0] for told, fit in choices.items()}
            best = max(reached, key=lambda told: reached[told])
            yield (name, *whole.measure(choices[best](whole.taken)), best)
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)


def by_ours(table: Ratings, names: Iterable[str]) -> Iterator[tuple[str, float, float, str]]:
    """The defaults as `tastemap train` trains them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            place = Path(folder) / name
            liked = {"positive_from": f"{table.scale.minimum:g}"} if table.has_ratings else {}
            run = core.train(table, name, objective="ranking", folder=place, **liked)
            summary = run.summary or {}
            low, high = summary["val_ndcg_interval"]
            yield name, summary["val_ndcg"], (high - low) / 3.92, ""


def main() -> None:
    """Print a table's models as they are measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--table", nargs="+")
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    parser.add_argument("--only", nargs="+", default=list(OWN), choices=OWN)
    parser.add_argument("--keep", action="store_true", help="Keep the figures for the README.")
    asked = parser.parse_args()
    for name, table in tables(asked.data, asked.table):
        print(f"{name}: {table.user_count:,} users, {table.item_count:,} items, {len(table):,} likes")
        least, before = 0.0, time.process_time()
        for models, of_ours in ((by_peers(table), False), (by_ours(table, asked.only), True)):
            for model, ndcg, error, told in models:
                least = ndcg if model == "popularity" else least
                mark = "*" if of_ours and ndcg < 0.999 * least else ""
                spent, before = time.process_time() - before, time.process_time()
                print(f"  {model:14} {ndcg:.4f}{mark} ± {error:.4f}  {spent:6.1f} s  {told}", flush=True)
                if asked.keep:
                    recipe = recipe_of(model, objective="ranking") if of_ours else None
                    keep("ranking_tables", name, model, {"ndcg": round(ndcg, 4)}, recipe)


if __name__ == "__main__":
    main()
