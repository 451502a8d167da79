"""Updates beside full trainings: how good they are on what comes later, and what both cost.

python tests/benchmarks/updating.py [--data FOLDER] [--arch bias,bayes,bias:ranking,ease]
                                    [--steps 10] [--full-every 1]

The table is sorted by time. A model is trained on the first 80 %, and brought up to date with the next 10 %
in steps; after each RMSE (or nDCG@10) on the last 10 % stands beside that of a full training on the same rows
(every `--full-every` steps). Nothing is held out of either. Seconds are the processor's, of both. `known` are
rows whose user and item the model has seen; on the others both predict by means. A line of JSON a step.

python tests/benchmarks/updating.py --cold [--data FOLDER] [--arch bias,bayes]

Items are held out wholly, a fifth at a time, and placed by genres and year (and tags, where there are any)
alone: RMSE beside damped means, which know the user alone, with the interval over items.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import core
from core import Run
from core.data import Ratings
from core.model import HeldOut, Model, rmse
from core.model.news import NewItem
from core.views.quality import bootstrap_difference, ndcg_of

FOLDS = 5


def by_time(table: Ratings) -> Ratings:
    """The same table, the earliest row first."""
    if table.timestamps is None:
        raise SystemExit("the table has no times")
    return rows_of(table, np.argsort(table.timestamps, kind="stable"))


def rows_of(table: Ratings, rows: Any) -> Ratings:
    """Some rows of a table in another order, with the ids that they have alone."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "user": table.user_vocabulary.ids[table.users[rows]],
            "item": table.item_vocabulary.ids[table.items[rows]],
            "rating": table.ratings[rows],
            **({} if table.timestamps is None else {"timestamp": table.timestamps[rows]}),
        }
    )
    part = core.load_ratings(frame, {"kind": table.kind})
    places = {str(one): place for place, one in enumerate(table.item_vocabulary.ids.tolist())}
    own = [places[str(one)] for one in part.item_vocabulary.ids.tolist()]
    known = table.item_table
    items = replace(
        known,
        titles=tuple(known.titles[row] for row in own),
        genres=tuple(known.genres[row] for row in own),
        years=known.years[own],
        tags=tuple(known.tags[row] for row in own) if known.tags else (),
    )
    return replace(part, item_table=items)


def trained(table: Ratings, name: str) -> tuple[Run, float]:
    """A full training on all rows of a table, and its processor seconds."""
    architecture, _, objective = name.partition(":")
    objective = objective or ("ranking" if architecture in ("ease", "stack") else "rating")
    started = time.process_time()
    run = core.train(table, architecture, split="none", objective=objective)
    return run, time.process_time() - started


def figures(run: Run, later: Ratings) -> dict[str, float]:
    """How a run does on later rows."""
    if run.objective == "ranking":
        return {"ndcg": round(ndcg_of(run.model, later), 4)}
    model = run.model
    users, items = model.predictor.rows_of(later)
    known = model.predictor.known(users, items)
    predicted = model.predict_ratings(later)
    return {
        "rmse": round(rmse(predicted, later.ratings), 4),
        "known": int(known.sum()),
        "known_rmse": round(rmse(predicted[known], later.ratings[known]), 4),
        "ndcg": round(ndcg_of(model, later), 4),
    }


def steps(table: Ratings, name: str, count: int, every: int) -> Iterator[dict[str, Any]]:
    """A line before any update and one after each."""
    table = by_time(table)
    ends = [round(len(table) * (0.8 + 0.1 * step / count)) for step in range(count + 1)]
    later = rows_of(table, np.arange(ends[-1], len(table)))
    run, seconds = trained(rows_of(table, np.arange(ends[0])), name)
    yield {"arch": name, "step": 0, "rows": ends[0], "seconds": round(seconds, 2), **figures(run, later)}
    for step in range(1, count + 1):
        news = rows_of(table, np.arange(ends[step - 1], ends[step]))
        started = time.process_time()
        run = run.update(news)
        spent = time.process_time() - started
        line = {
            "arch": name,
            "step": step,
            "rows": ends[step],
            "seconds": round(spent, 2),
            **figures(run, later),
        }
        if step % every == 0:
            full, whole = trained(rows_of(table, np.arange(ends[step])), name)
            line["full"] = {"seconds": round(whole, 2), **figures(full, later)}
        yield line


def cold(table: Ratings, name: str) -> dict[str, Any]:
    """RMSE on items held out wholly, by traits and by means."""
    draws = np.random.default_rng(0).permutation(table.item_count) % FOLDS
    parts = [_cold_fold(table, name, draws == fold) for fold in range(FOLDS)]
    means, traits = (
        HeldOut(*(np.concatenate([getattr(part[way], field) for part in parts]) for field in _FIELDS))
        for way in (0, 1)
    )
    away = bootstrap_difference(means, traits)
    return {
        "arch": name,
        "ratings": len(means.truth),
        "items": len(np.unique(means.users)),
        "means": round(rmse(means.predicted, means.truth), 4),
        "traits": round(rmse(traits.predicted, traits.truth), 4),
        "difference": [round(value, 4) for value in (away.rmse, away.low, away.high)],
        "verdict": away.verdict,
    }


_FIELDS = ("users", "items", "truth", "predicted")


def _cold_fold(table: Ratings, name: str, out: np.ndarray) -> tuple[HeldOut, HeldOut]:
    """The rows of items held out, items in the place of users, which the interval is over."""
    run, _ = trained(rows_of(table, np.flatnonzero(~out[table.items])), name)
    model: Model = run.model
    rows = np.flatnonzero(out[table.items])
    places = {str(one): row for row, one in enumerate(model.users.ids.tolist())}
    users = np.array(
        [places.get(str(one), -1) for one in table.user_vocabulary.ids[table.users[rows]].tolist()], np.int64
    )
    rows, users = rows[users >= 0], users[users >= 0]
    items, truth = table.items[rows].astype(np.int64), table.ratings[rows]
    predicted, known = np.empty(len(rows), np.float32), table.item_table
    nobody, nothing = np.zeros(0, np.int64), np.zeros(0, np.float32)
    for item in np.unique(items).tolist():
        own = items == item
        traits = replace(
            known,
            titles=("",),
            genres=(known.genres[item],),
            years=known.years[item : item + 1],
            tags=(known.tags[item],) if known.tags else (),
        )
        predicted[own] = NewItem.of(model, traits, nobody, nothing).raw(users[own])
    means = model.baseline.clip(model.baseline.fallback(users, np.full(len(users), -1)))
    return HeldOut(items, users, truth, means), HeldOut(items, users, truth, model.baseline.clip(predicted))


def main() -> None:
    """Print a line of JSON for each step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    folder = Path(os.environ.get("TASTEMAP_TEST_DATA", ".")) / "ml-latest-small-2016"
    parser.add_argument("--data", default=str(folder))
    parser.add_argument("--arch", default="bias,bayes,bias:ranking,ease")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--full-every", type=int, default=1)
    parser.add_argument("--cold", action="store_true")
    given = parser.parse_args()
    table = core.load_ratings(given.data)
    with tempfile.TemporaryDirectory() as runs:
        os.environ["TASTEMAP_RUNS"] = runs
        for name in given.arch.split(","):
            lines = [cold(table, name)] if given.cold else steps(table, name, given.steps, given.full_every)
            for line in lines:
                json.dump(line, sys.stdout)
                print(flush=True)


if __name__ == "__main__":
    main()
