"""The weights of an updated run, however its architecture knows users and items."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from core.contract import Arrays, Replicated, Resolved, TrainingData, TrainingNews
from core.errors import UsageError
from core.model import Model, popularity_baseline, scores_from_histories, taken_arrays
from core.model.news import Change, KnownPairs, Renewing, extended
from core.ranking import ItemSets, LikeRule, tempered
from core.runs.updating._figures import rated_table
from core.runs.updating._merging import Merged

Told = Callable[[str], None]


class Solved(NamedTuple):
    """The model as it was, with rows for all ids; as it is; how many rows were solved; and by what."""

    known: Model
    model: Model
    users: int
    items: int
    how: str


def solve(parent: Model, merged: Merged, resolved: Resolved, tell: Told) -> Solved:
    """Bring a model up to date; raises UsageError where an architecture can't be."""
    change = _change(parent, merged)
    known = extended(parent, merged.table)
    read = partial(rated_table, merged)
    known = replace(known, read_rated=None, folder=None)
    if scores_from_histories(parent.architecture):
        solved = _histories(known, change, resolved, tell)
    else:
        solved = _rows(parent, known, change, resolved, tell)
    return solved._replace(model=replace(solved.model, read_rated=read))


def _change(parent: Model, merged: Merged) -> Change:
    """What training learns from: ratings, or likes by the rule that the run began with."""
    before, now = merged.before, merged.now
    if not parent.ranks:
        return merged.change(before, now)
    return merged.change(*(_likes(parent, merged, pairs) for pairs in (before, now)))


def _likes(parent: Model, merged: Merged, pairs: KnownPairs) -> KnownPairs:
    rule = LikeRule(parent.facts.positive_from, "")
    liked = pairs.take(rule.likes(pairs.values))
    if merged.table.has_ratings:
        return replace(liked, values=np.ones(len(liked), np.float32))
    weights, _ = tempered(liked.values, np.arange(len(liked)))
    assert weights is not None  # noqa: S101 - some were given
    return replace(liked, values=weights)


def _rows(parent: Model, known: Model, change: Change, resolved: Resolved, tell: Told) -> Solved:
    model = Renewing(parent, known, change, tell).solve()
    more = _by_architecture(model, change, resolved)
    if more is not None:
        model = replace(model, weights=more)
    by = "likes by the softmax" if model.ranks else "ratings"
    how = f"rows solved again from where they were, {by} of now"
    return Solved(known, model, len(change.users), len(change.items), how)


def _histories(known: Model, change: Change, resolved: Resolved, tell: Told) -> Solved:
    """Users are what they took, so only what links items is to be found anew."""
    tell("links between items")
    users, items = change.counts
    counts = np.bincount(change.now.users, minlength=users), np.bincount(change.now.items, minlength=items)
    baseline = popularity_baseline(counts[0], counts[1], known.baseline.scale)
    model = replace(known, baseline=baseline)
    arrays, how = _by_architecture(model, change, resolved), "from where it was"
    if arrays is None:
        arrays, how = _trained(model, change, resolved), "solved again as a whole"
    sets = ItemSets.of(change.now.users, change.now.items, change.counts, change.now.values)
    model = replace(model, weights={**arrays, **taken_arrays(sets)})
    return Solved(known, model, len(change.users), len(change.items), f"links between items {how}")


def _by_architecture(model: Model, change: Change, resolved: Resolved) -> Arrays | None:
    """What the architecture itself brings up to date."""
    if isinstance(resolved.architecture, Replicated):
        return None
    news = TrainingNews(
        before=_data(model, change, change.before),
        now=_data(model, change, change.now),
        users=change.users,
        items=change.items,
    )
    return resolved.architecture.updated(model.weights, news, resolved.settings, resolved.options)


def _trained(model: Model, change: Change, resolved: Resolved) -> Arrays:
    data = _data(model, change, change.now)
    trainer = resolved.architecture.trainer(data, resolved.settings, resolved.options)
    if trainer is None:
        raise UsageError(f"{model.architecture.name} can't be updated.", hint="--full trains it again.")
    schedule = resolved.settings.plan()
    with closing(trainer):
        for epoch in range(1, schedule.epochs + 1):
            trainer.run_batches(0, trainer.begin_epoch(epoch), schedule.learning_rate(epoch))
        return trainer.weights()


def _data(model: Model, change: Change, pairs: KnownPairs) -> TrainingData:
    """Pairs as a trainer takes them."""
    targets: Any = pairs.values
    if not model.ranks:
        offsets = model.scoring.weigh(model.baseline.offsets(pairs.users, pairs.items))
        targets = pairs.values - model.scoring.raw(np.zeros(len(pairs), np.float32), offsets)
    users, items, times = pairs.users.astype(np.int32), pairs.items.astype(np.int32), pairs.times
    return TrainingData(
        users,
        items,
        targets,
        *change.counts,
        mean=0.0 if model.ranks else model.scoring.offset,
        item_table=model.item_table,
        objective=model.objective,
        times=None if times is None or not model.ranks else lambda: times,
    )
