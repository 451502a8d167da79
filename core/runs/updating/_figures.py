"""How an update does on what is held out of the news, beside the run that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.array_types import FloatArray, LongArray
from core.model import HeldOut, Model, RatedTable, predict_by_means, raw_blocks, rmse
from core.ranking import ItemSets, PerUser, RankingTask
from core.runs.updating._merging import Merged
from core.views.quality import Difference, RankingDifference, bootstrap_difference, paired_difference

_FIRST = 10
_LAST = np.float32(-1e30)


def news_figures(parent: Model, known: Model, child: Model, merged: Merged) -> dict[str, Any]:
    """The fields of `Updated` that are figures; `known` is the parent with rows for all ids."""
    held = bool(merged.held_back)
    rows = np.arange(len(merged.table) - merged.held_back, len(merged.table))
    if not held:  # nothing is held out: what came is measured before it was learnt
        rows = np.arange(merged.trained - merged.added, merged.trained)
    if not len(rows):
        return {"figure": "nDCG@10" if child.ranks else "RMSE"}
    judge = _ranked if child.ranks else _rated
    return judge(parent, known, child, merged, rows, held)


def _rated(
    parent: Model, known: Model, child: Model, merged: Merged, rows: LongArray, held: bool
) -> dict[str, Any]:
    del parent
    table = merged.table
    users, items, truth = (
        table.users[rows].astype(np.int64),
        table.items[rows].astype(np.int64),
        table.ratings[rows],
    )
    before = HeldOut(users, items, truth, known.predictor.predict_rows(users, items))
    fields: dict[str, Any] = {
        "figure": "RMSE",
        "measured": len(rows),
        "before": rmse(before.predicted, truth),
    }
    if not held:
        return fields
    after = HeldOut(users, items, truth, child.predictor.predict_rows(users, items))
    away = bootstrap_difference(before, after)
    means = predict_by_means(child, users, items)
    return {
        **fields,
        "after": rmse(after.predicted, truth),
        "baseline": rmse(means, truth),
        **interval_of(away),
        "verdict": away.verdict,
    }


def _ranked(
    parent: Model, known: Model, child: Model, merged: Merged, rows: LongArray, held: bool
) -> dict[str, Any]:
    del known
    task = _task(child, merged, rows, held)
    if not len(task.users):
        return {"figure": "nDCG@10"}
    first = min(_FIRST, len(child.items))
    before = task.measure(_as_before(parent, child, task.users), first)
    measured = int(task.relevant.sizes.sum())
    fields: dict[str, Any] = {"figure": "nDCG@10", "measured": measured, "before": _mean(before)}
    if not held:
        return fields
    after = task.measure(raw_blocks(child, task.users), first)
    popular = task.measure(task.popularity(task.users), first)
    away = paired_difference(before, after)
    return {
        **fields,
        "after": _mean(after),
        "baseline": _mean(popular),
        **interval_of(away),
        "verdict": away.verdict,
    }


def _task(child: Model, merged: Merged, rows: LongArray, held: bool) -> RankingTask:
    """Rank for whom something of the news is sought, what training has (or had, where it has it all) passed
    over."""
    table, counts = merged.table, (len(child.users), len(child.items))
    likes = child.facts.positive_from
    sought = rows if likes is None else rows[table.ratings[rows] >= np.float32(likes)]
    has = merged.now if held else merged.before
    seen = ItemSets.of(has.users, has.items, counts)
    return RankingTask.of(
        seen, ItemSets.of(table.users[sought], table.items[sought], counts), seen.item_sizes
    )


def _as_before(parent: Model, child: Model, users: LongArray) -> Iterator[tuple[LongArray, FloatArray]]:
    """Scores of all items by the parent: new users get its fallback, new items come last."""
    old = users[users < len(parent.users)]
    for block, raw in raw_blocks(parent, old):
        yield block, _padded(raw, len(child.items))
    strangers = users[users >= len(parent.users)]
    if len(strangers):
        items = np.arange(len(parent.items))
        scores = np.tile(parent.baseline.fallback_of(0.0, items), (len(strangers), 1))
        yield strangers, _padded(scores, len(child.items))


def _padded(raw: FloatArray, items: int) -> FloatArray:
    return np.pad(raw, ((0, 0), (0, items - raw.shape[1])), constant_values=_LAST)


def _mean(measured: PerUser) -> float:
    return float(measured.ndcg.mean())


def interval_of(away: Difference | RankingDifference) -> dict[str, Any]:
    """A difference and its interval, by the names that `Updated` and `Finished` have for them."""
    return {"difference": away.value, "difference_low": away.low, "difference_high": away.high}


def rated_table(merged: Merged) -> RatedTable:
    """The merged table with its training part."""
    return RatedTable.of(merged.table, np.arange(merged.trained))
