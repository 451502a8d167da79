"""What genres, year and tags say of an item's rows: a ridge from traits to rows, learnt on trained items.

Each number of a row has a ridge of its own, whose strength errs least where every trained item in turn is
left out (in closed form, Allen 1974). Where traits say nothing of a number its mean is best, and is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.array_types import DoubleArray, LongArray
from core.contract import ItemTable
from core.model import Folder, HistoryScorer, Model
from core.model.news._rows import numbers_of
from core.model.news.turned import turned

_FEWEST_ITEMS, _SELDOM, _MOST_TAGS = 20, 3, 300
"""Traits that fewer items have say nothing of others; of tags the commonest are enough."""
_HALF = 5.0
"""An item with so many ratings counts half as much as one with very many: its row is uncertain."""
_STRENGTHS = 10.0 ** np.arange(-1, 5.1, 0.5)
_YEARS_APART = 5.0


@dataclass(frozen=True)
class Traits:
    """The traits of items as columns: `genres` and `tags` by name, and bumps around `years`."""

    genres: tuple[str, ...]
    tags: tuple[str, ...]
    years: tuple[float, ...]

    @classmethod
    def of(cls, table: ItemTable, rows: LongArray) -> Traits:
        """Those that enough of some items have."""
        years = table.years[rows]
        known = years[years > 0]
        several = len(known) >= _SELDOM and known.min() < known.max()
        ends = (float(known.min()), float(known.max()) + _YEARS_APART) if several else (0.0, 0.0)
        tags = [table.tags[row] for row in rows.tolist()] if table.tags else []
        return cls(
            genres=_common([table.genres[row] for row in rows.tolist()]),
            tags=_common(tags)[:_MOST_TAGS],
            years=tuple(np.arange(*ends, _YEARS_APART).tolist()),
        )

    def __len__(self) -> int:
        return len(self.genres) + len(self.tags) + len(self.years)

    def columns(self, table: ItemTable) -> DoubleArray:
        """The traits of a table's items, shape (items, traits)."""
        tags = table.tags or ((),) * len(table.titles)
        parts = [_held(table.genres, self.genres), _held(tags, self.tags), self._bumps(table)]
        return np.hstack(parts)

    def _bumps(self, table: ItemTable) -> DoubleArray:
        apart = (table.years[:, None] - np.array(self.years)[None, :]) / _YEARS_APART
        bumps: DoubleArray = np.where(table.years[:, None] > 0, np.exp(-0.5 * apart**2), 0.0)
        return bumps


def _common(names: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """What enough items have, the commonest first."""
    counts = Counter(name for one in names for name in set(one))
    return tuple(
        name for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if count >= _SELDOM
    )


def _held(names: Sequence[Sequence[str]], known: Sequence[str]) -> DoubleArray:
    held = np.zeros((len(names), len(known)))
    places = {name: place for place, name in enumerate(known)}
    for row, own in enumerate(names):
        held[row, [places[name] for name in set(own) if name in places]] = 1.0
    return held


@dataclass(frozen=True)
class TraitRidge:
    """Numbers of an item's row = `mean` + (traits − `centre`) · `weights`; `covariance` is what that leaves.

    `explained` is the share of the numbers' variance that left-out items' traits tell.
    """

    traits: Traits
    centre: DoubleArray
    mean: DoubleArray
    weights: DoubleArray
    covariance: DoubleArray
    explained: float

    @classmethod
    def of(cls, model: Model) -> TraitRidge | None:
        """Learn it once a model; None where items have no traits, or too few are trained."""
        return model.remember("trait ridge", lambda: _learn(model))

    def numbers(self, table: ItemTable) -> DoubleArray:
        """What traits say of a table's items, shape (items, numbers)."""
        found: DoubleArray = self.mean + (self.traits.columns(table) - self.centre) @ self.weights
        return found


def _learn(model: Model) -> TraitRidge | None:
    counts = model.baseline.item_counts
    rows = np.flatnonzero(counts > 0)
    if isinstance(model.scorer, HistoryScorer) or len(rows) < _FEWEST_ITEMS:
        return None
    traits = Traits.of(model.item_table, rows)
    if not len(traits):
        return None
    columns = traits.columns(model.item_table)[rows]
    weights = counts[rows] / (counts[rows] + _HALF)
    numbers = numbers_of(Folder.of(turned(model)), rows)
    centre, mean = weights @ columns / weights.sum(), weights @ numbers / weights.sum()
    roots = np.sqrt(weights)[:, None]
    found, left = _ridges(roots * (columns - centre), roots * (numbers - mean), weights / weights.sum())
    covariance = (left.T @ left) / weights.sum()
    whole = float(np.square(roots * (numbers - mean)).sum())
    explained = 1 - float(np.square(left).sum()) / max(whole, 1e-12)
    return TraitRidge(traits, centre, mean, found, covariance, max(0.0, explained))


def _ridges(
    columns: DoubleArray, numbers: DoubleArray, means: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """A ridge a number: weights (traits, numbers), and what items leave that are left out (items, numbers).

    `means` says how much each item is in the mean that was taken out before, which leaving it out moves too.
    """
    squares, axes = np.linalg.eigh(columns.T @ columns)
    kept = squares > 1e-9 * max(float(squares[-1]), 1e-30)
    scales, right = np.sqrt(squares[kept]), axes[:, kept].T
    left = columns @ (axes[:, kept] / scales)
    seen = left.T @ numbers
    best = np.full(numbers.shape[1], np.inf)
    weights, errors = np.zeros((columns.shape[1], numbers.shape[1])), np.zeros_like(numbers)
    for strength in (*_STRENGTHS, np.inf):
        shrunk = scales**2 / (scales**2 + strength) if np.isfinite(strength) else np.zeros_like(scales)
        leverage = np.minimum((left**2) @ shrunk + means, 0.99)[:, None]
        away = (numbers - left @ (shrunk[:, None] * seen)) / (1 - leverage)
        error = np.square(away).sum(axis=0)
        better = error < best
        best[better], errors[:, better] = error[better], away[:, better]
        solved = right.T @ ((shrunk / np.maximum(scales, 1e-12))[:, None] * seen)
        weights[:, better] = solved[:, better]
    return weights, errors


def expected_rows(model: Model, table: ItemTable) -> DoubleArray | None:
    """What traits say of a table's items, shape (items, numbers); None where they say nothing."""
    ridge = TraitRidge.of(model)
    return None if ridge is None else ridge.numbers(table)
