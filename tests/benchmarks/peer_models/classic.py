"""Matrix factorization and neighbours as Surprise, Cornac and LensKit have them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import numpy as np

from peer_models.split import Fit, Split, timed


def surprise(name: str, **options: Any) -> Fit:
    """One of Surprise's algorithms (Hug 2020)."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        import pandas
        import surprise as library

        users, items, ratings = split.part(held_out=False)
        frame = pandas.DataFrame({"u": users, "i": items, "r": ratings})
        reader = library.Reader(rating_scale=tuple(split.scale))
        table = library.Dataset.load_from_df(frame, reader).build_full_trainset()
        np.random.seed(seed)
        algorithm = getattr(library, name)(**options)
        seconds, _ = timed(lambda: algorithm.fit(table))
        pairs = zip(*(column.tolist() for column in split.part(held_out=True)), strict=True)
        return seconds, np.array([found.est for found in algorithm.test(list(pairs))])

    return fit


def cornac(**options: Any) -> Fit:
    """Cornac's matrix factorization with biases (Salah, Truong & Lauw 2020)."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        import cornac as library

        columns = (column.tolist() for column in split.part(held_out=False))
        table = library.data.Dataset.from_uir(list(zip(*columns, strict=True)), seed=seed)
        model = library.models.MF(use_bias=True, seed=seed, num_threads=os.cpu_count() or 1, **options)
        seconds, _ = timed(lambda: model.fit(table))
        users, items, _ = split.part(held_out=True)
        user = np.array([table.uid_map.get(row, -1) for row in users.tolist()])
        item = np.array([table.iid_map.get(row, -1) for row in items.tolist()])
        scores = table.global_mean + np.where(user >= 0, model.u_biases[user], 0)
        scores += np.where(item >= 0, model.i_biases[item], 0)
        both = (user >= 0) & (item >= 0)
        return seconds, scores + np.where(both, (model.u_factors[user] * model.i_factors[item]).sum(1), 0)

    return fit


def lenskit(module: str, name: str, **options: Any) -> Fit:
    """One of LensKit's scorers (Ekstrand 2020); what it can't score falls back to its bias model."""

    def fit(split: Split, seed: int) -> tuple[float, Any]:
        import pandas
        from lenskit.basic import BiasScorer
        from lenskit.data import from_interactions_df
        from lenskit.training import TrainingOptions

        users, items, ratings = split.part(held_out=False)
        frame = pandas.DataFrame({"user_id": users, "item_id": items, "rating": ratings})
        table, seeded = from_interactions_df(frame), TrainingOptions(rng=seed)
        scorer = getattr(import_module(module), name)(**options)
        fallback = BiasScorer()
        fallback.train(table)
        seconds, _ = timed(lambda: scorer.train(table, seeded))
        first, second = _lenskit_scores(scorer, table, split), _lenskit_scores(fallback, table, split)
        return seconds, np.where(np.isnan(first), second, first)

    return fit


def _lenskit_scores(scorer: Any, table: Any, split: Split) -> Any:
    from lenskit.data import ItemList, RecQuery

    users, items, _ = split.part(held_out=True)
    scores = np.full(len(users), np.nan)
    for user in np.unique(users):
        rows = users == user
        query = RecQuery(user_id=int(user), user_items=table.user_row(int(user)))
        scores[rows] = scorer(query=query, items=ItemList(item_ids=items[rows])).scores()
    return scores
