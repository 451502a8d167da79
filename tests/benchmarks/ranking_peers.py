"""Tastemap's rankings and its peers' on the same split in one run: nDCG, recall, coverage, seconds.

usage: python tests/benchmarks/ranking_peers.py [RATINGS] [--seeds 1] [--only bias ease ials …]
       [--keep]

RATINGS is what Tastemap reads (default: ml-latest-small-2016 in the folder that TASTEMAP_TEST_DATA names).
The split is seed 42, 80/20; every training row is a like. All items that a user hasn't in training are
ranked; relevant are held-out ratings in the upper quarter of the scale, and again all held-out rows. Prints
a Markdown table: nDCG@10 of both with its mean and standard deviation over the seeds, recall@10 and
coverage of the latter, seconds of the fit. Peers that aren't installed (implicit, lenskit) are named and
left out; EASE and iALS of a few lines of NumPy stand for the published methods in any case. `--keep` keeps
the figures for the README (`readme.py` writes it).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from measured import keep, recipe_of

from core import Ratings, load_plugins, load_ratings, split_ratings
from core.contract import Compiles, TrainingData, resolve, settle
from core.ranking import ItemSets, RankingTask
from core.training import make_trainer

Scores = Callable[[np.ndarray], np.ndarray]
"""Rows of users → their scores of all items, shape (users, items)."""
OWN = ("bias", "dot", "nn", "ease", "stack")
_BLOCK = 500


@dataclass(frozen=True)
class Table:
    """The training likes as a matrix (users, items), and what is sought: liked rows, and all of them."""

    taken: Any
    data: TrainingData
    upper: RankingTask
    every: RankingTask


def read(path: str) -> Table:
    """Read and split a table."""
    ratings = load_ratings(path)
    split, counts = split_ratings(ratings), (ratings.user_count, ratings.item_count)
    rows, held_out = split.train, split.test
    taken = ItemSets.of(ratings.users[rows], ratings.items[rows], counts)
    users = np.repeat(np.arange(counts[0], dtype=np.int32), taken.sizes)
    times = None if ratings.timestamps is None else partial(times_of, ratings, rows)
    data = TrainingData(users, taken.items, taken.weights, *counts, 0.0, objective="ranking", times=times)
    scale = ratings.scale
    liked = held_out
    if ratings.kind == "ratings":
        threshold = scale.minimum + 0.75 * (scale.maximum - scale.minimum)
        liked = held_out[ratings.ratings[held_out] >= threshold]
    tasks = [
        RankingTask.of(taken, ItemSets.of(ratings.users[part], ratings.items[part], counts), taken.item_sizes)
        for part in (liked, held_out)
    ]
    return Table(taken.to_matrix(), data, *tasks)


def times_of(ratings: Ratings, rows: np.ndarray) -> np.ndarray:
    """When each pair of rows was taken, in the order of `ItemSets`."""
    pairs = ratings.users[rows].astype(np.int64) * ratings.item_count + ratings.items[rows]
    assert ratings.timestamps is not None
    return ratings.timestamps[rows][np.argsort(pairs)]


def tastemap(name: str, **options: Any) -> Callable[[Table, int], tuple[Scores, float]]:
    """One of Tastemap's own architectures with its recipe for ranking; compiling doesn't count."""

    def fit(table: Table, seed: int) -> tuple[Scores, float]:
        settings = {"objective": "ranking", "seed": seed, **options}
        chosen = settle(resolve(load_plugins().architecture(name), settings=settings), has_ratings=True)
        trainer, _ = make_trainer(chosen.architecture, chosen.options, chosen.settings, table.data)
        if isinstance(trainer, Compiles):
            trainer.compile()
        started, plan = time.perf_counter(), chosen.settings.plan()
        for epoch in range(1, plan.epochs + 1):
            trainer.run_batches(0, trainer.begin_epoch(epoch), plan.learning_rate(epoch))
        seconds = time.perf_counter() - started
        everything: Any = trainer
        return lambda users: np.array(everything.all_scores(users.astype(np.int32))), seconds

    return fit


def popularity(table: Table, seed: int) -> tuple[Scores, float]:
    """What most have taken, for everybody."""
    del seed
    counts = table.every.item_counts.astype(np.float32)
    return lambda users: np.tile(counts, (len(users), 1)), 0.0


def ease(l2: float, least: int = 3) -> Callable[[Table, int], tuple[Scores, float]]:
    """EASE (Steck 2019) as published, dense and in float64."""

    def fit(table: Table, seed: int) -> tuple[Scores, float]:
        del seed
        started = time.perf_counter()
        kept = np.flatnonzero(table.every.item_counts >= least)
        taken = table.taken[:, kept]
        gram = (taken.T @ taken).toarray().astype(np.float64)
        gram[np.diag_indices(len(gram))] += l2
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        weights[np.diag_indices(len(weights))] = 0
        seconds, items = time.perf_counter() - started, table.taken.shape[1]

        def scores(users: np.ndarray) -> np.ndarray:
            block = np.full((len(users), items), -1e9, np.float32)
            block[:, kept] = taken[users] @ weights
            return block

        return scores, seconds

    return fit


def ials(factors: int, l2: float, unobserved: float, sweeps: int = 12) -> Any:
    """iALS with l2 by frequency (Rendle et al. 2022), in NumPy."""

    def fit(table: Table, seed: int) -> tuple[Scores, float]:
        generator, started = np.random.default_rng(seed), time.perf_counter()
        sides = [table.taken.tocsr(), table.taken.T.tocsr()]
        rows = [generator.normal(0, 0.1, (side.shape[0], factors)) for side in sides]
        for _ in range(sweeps):
            for own, other in ((0, 1), (1, 0)):
                rows[own] = _solve_rows(sides[own], rows[other], l2, unobserved)
        seconds = time.perf_counter() - started
        return lambda users: (rows[0][users] @ rows[1].T).astype(np.float32), seconds

    return fit


def _solve_rows(side: Any, others: np.ndarray, l2: float, unobserved: float) -> np.ndarray:
    gram, solved = unobserved * others.T @ others, np.zeros((side.shape[0], others.shape[1]))
    for row in range(side.shape[0]):
        taken = others[side.indices[side.indptr[row] : side.indptr[row + 1]]]
        if len(taken):
            penalty = l2 * (len(taken) + unobserved * len(others))
            system = taken.T @ taken + gram + penalty * np.eye(others.shape[1])
            solved[row] = np.linalg.solve(system, taken.sum(axis=0))
    return solved


def implicit(kind: str, **options: Any) -> Callable[[Table, int], tuple[Scores, float]]:
    """ALS or BPR of the package `implicit`; raises ImportError where it isn't installed."""

    def fit(table: Table, seed: int) -> tuple[Scores, float]:
        import implicit.als  # type: ignore[import-not-found]
        import implicit.bpr  # type: ignore[import-not-found]

        makers = {
            "als": implicit.als.AlternatingLeastSquares,
            "bpr": implicit.bpr.BayesianPersonalizedRanking,
        }
        model = makers[kind](random_state=seed, **options)
        started = time.perf_counter()
        model.fit(scipy.sparse.csr_matrix(table.taken), show_progress=False)
        seconds = time.perf_counter() - started
        return lambda users: model.user_factors[users] @ model.item_factors.T, seconds

    return fit


def lenskit(table: Table, seed: int) -> tuple[Scores, float]:
    """LensKit's implicit ALS; raises ImportError where it isn't installed."""
    import pandas
    from lenskit.als import ImplicitMFScorer  # type: ignore[import-not-found]
    from lenskit.data import from_interactions_df  # type: ignore[import-not-found]
    from lenskit.training import TrainingOptions  # type: ignore[import-not-found]

    frame = pandas.DataFrame({"user_id": table.data.users, "item_id": table.data.items})
    model = ImplicitMFScorer(features=50, epochs=20)
    data = from_interactions_df(frame)
    started = time.perf_counter()
    model.train(data, TrainingOptions(rng=seed))
    seconds = time.perf_counter() - started
    users = model.users.numbers(np.arange(table.taken.shape[0]), missing="negative")
    items = model.items.numbers(np.arange(table.taken.shape[1]), missing="negative")

    def scores(rows: np.ndarray) -> np.ndarray:
        block = np.asarray(model.user_embeddings)[users[rows]] @ np.asarray(model.item_embeddings).T
        return np.where(items >= 0, block[:, items], -1e9).astype(np.float32)

    return scores, seconds


MODELS: dict[str, tuple[str, Callable[[Table, int], tuple[Scores, float]]]] = {
    "popularity": ("mere popularity", popularity),
    "ease-250": ("EASE, l2 250 (dense, float64)", ease(250)),
    "ease-600": ("EASE, l2 600", ease(600)),
    "ials": ("iALS, 64 factors, l2 by frequency, tuned on a carved part", ials(64, 0.01, 0.3)),
    "implicit-als": ("implicit ALS, 32 factors", implicit("als", factors=32, regularization=0.05, alpha=5)),
    "implicit-bpr": ("implicit BPR, 64 factors", implicit("bpr", factors=64, iterations=100)),
    "lenskit": ("LensKit ImplicitMF, 50 factors, its defaults", lenskit),
    **{name: (f"**Tastemap `{name} --objective ranking`**", tastemap(name)) for name in OWN[:3]},
    **{name: (f"**Tastemap `{name}`**", tastemap(name)) for name in OWN[3:]},
    "bias-4": ("**Tastemap `bias --objective ranking --replicas 4`**", tastemap("bias", replicas=4)),
}


def measure(table: Table, scores: Scores) -> tuple[float, float, float, float]:
    """nDCG for the liked rows, nDCG, recall and coverage for all of them."""

    def blocks(users: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, len(users), _BLOCK):
            yield users[start : start + _BLOCK], scores(users[start : start + _BLOCK])

    upper = table.upper.figures(blocks(table.upper.users), 10)
    every = table.every.figures(blocks(table.every.users), 10)
    return upper.ndcg, every.ndcg, every.recall, every.coverage


def keep_row(name: str, title: str, liked: float, every: float) -> None:
    """Keep a line's figures for the README."""
    own = name.removesuffix("-4")
    given = {"replicas": 4} if name.endswith("-4") else {}
    recipe = recipe_of(own, objective="ranking", **given) if own in OWN else None
    shown = f"`{title.split('`')[1]}`" if recipe else title
    keep("ranking", shown, "", {"liked": round(liked, 4), "all": round(every, 4)}, recipe)


def report(name: str, table: Table, seeds: Sequence[int], kept: bool) -> None:
    """Train a model once a seed, and print its line."""
    title, fit = MODELS[name]
    figures, spent = [], []
    for seed in seeds:
        scores, seconds = fit(table, seed)
        figures.append(measure(table, scores))
        spent.append(seconds)
    mean, deviation = np.mean(figures, axis=0), np.std(figures, axis=0)
    shown = [f"{mean[place]:.4f} ± {deviation[place]:.4f}" for place in (0, 1)]
    cells = (title, *shown, f"{mean[2]:.4f}", f"{mean[3]:.1%}", f"{np.median(spent):.1f}")
    print(f"| {' | '.join(cells)} |", flush=True)
    if kept:
        keep_row(name, title, float(mean[0]), float(mean[1]))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Tastemap's rankings beside its peers'.")
    default = Path(os.environ.get("TASTEMAP_TEST_DATA", "")) / "ml-latest-small-2016"
    parser.add_argument("ratings", nargs="?", default=str(default))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    table = read(asked.ratings)
    print("| model | nDCG@10, liked | nDCG@10, all | recall@10 | coverage | fit, s |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in asked.only:
        try:
            report(name, table, range(1, asked.seeds + 1), asked.keep)
        except ImportError as error:
            print(f"{MODELS[name][0]} is left out: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
