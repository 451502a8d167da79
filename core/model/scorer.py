"""Score pairs from saved tables: with NumPy where the score splits into terms, else with the Keras head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray
from core.contract import Architecture, Arrays, Rows, Terms
from core.errors import RunError
from core.model.liking import HistoryScorer, scores_from_histories
from core.options import ArchitectureOptions

ScoreRows = Callable[[Rows], FloatArray]
"""Embedding rows of pairs → their scores, shape (n,)."""
SlopeRows = Callable[[Rows], Rows]
"""Embedding rows of pairs → how each pair's score depends on its user's rows, by table, (n, dimension)."""


class HeadScores(Protocol):
    """A head with its weights, as NumPy sees it."""

    def scores(self, rows: Rows) -> FloatArray:
        """Score embedding rows of pairs, shape (n,)."""

    def slopes(self, rows: Rows, side: str = "user") -> Rows:
        """How each pair's score depends on the rows of its `side`, by table, each of shape (n, dimension)."""


HeadLoader = Callable[[Architecture, ArchitectureOptions, Arrays], HeadScores]
"""Builds an architecture's head with saved weights; `core.model.head.load_scores` does."""

_CHUNK = 65_536


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How scores become raw predictions: share · score + offset + means · (user's + item's damped offset).

    `share` is how far the model is trusted over the damped means; `means` is 0 where scores hold all that
    users and items add, and 1 where they are what the means leave.
    """

    offset: float
    share: float = 1.0
    means: float = 0.0

    def raw(self, scores: FloatArray, offsets: FloatArray) -> FloatArray:
        """Turn scores of pairs into raw predictions, given what damped means add; each of shape (n,).

        `offsets` are the sums of both sides' as `weigh` gives them.
        """
        raw: FloatArray = np.float32(self.share) * scores
        return raw + (offsets + np.float32(self.offset))

    def weigh(self, offsets: FloatArray) -> FloatArray:
        """Damped offsets by what they count."""
        weighed: FloatArray = np.float32(self.means) * offsets
        return weighed

    def trusting(self, share: float, mean: float) -> Scoring:
        """The same model mixed with damped means around `mean`, which get what `share` leaves."""
        rest = 1 - share
        offset = share * self.offset + rest * mean
        return Scoring(offset=offset, share=share * self.share, means=share * self.means + rest)


@dataclass(frozen=True)
class Scorer:
    """Raw predictions of pairs of rows (not clipped), and terms where they can be split.

    `tables` are those that scores are made of; `spread_tables` serve the uncertainty alone. `offsets` are the
    damped offsets of users, shape (users,), and items, weighed by `scoring`. `slope_rows` is there for heads,
    which know their gradient.
    """

    tables: Mapping[str, FloatArray]
    scoring: Scoring
    offsets: tuple[FloatArray, FloatArray]
    score_rows: Callable[[Rows], FloatArray]
    split: Callable[[Rows], Terms | None]
    spread: Callable[[Rows], FloatArray | None] = lambda _: None
    spread_tables: Mapping[str, FloatArray] = field(default_factory=dict)
    slope_rows: SlopeRows | None = None

    def rows(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> dict[str, FloatArray]:
        """Gather the embedding rows of pairs, each of shape (n, dimension)."""
        return _gather(self.tables, users, items)

    def raw(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> FloatArray:
        """Predict pairs, shape (n,), in bounded memory."""
        parts = [
            self.score_rows(self.rows(users[start : start + _CHUNK], items[start : start + _CHUNK]))
            for start in range(0, len(users), _CHUNK)
        ]
        scores = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return self.scoring.raw(scores.astype(np.float32), self.offsets[0][users] + self.offsets[1][items])

    def terms(self, user: int, item: int) -> Terms | None:
        """Split what a pair's raw prediction adds to the offset into terms, each of shape (parts,).

        None where the score can't be split; what only a head can tell is one term. What damped means add
        belongs to the biases.
        """
        terms = self.split(self.rows(np.array([user]), np.array([item])))
        if terms is None:
            return None
        share = np.float32(self.scoring.share)
        named = {name: share * np.ravel(part) for name, part in terms.items()}
        if self.scoring.means:
            for name, offset in (("user bias", self.offsets[0][user]), ("item bias", self.offsets[1][item])):
                named[name] = named.get(name, np.zeros(1, np.float32)) + offset
        return named

    def deviations(self, users: npt.NDArray[Any], items: npt.NDArray[Any]) -> FloatArray | None:
        """Standard deviations of pairs' ratings around their scores, (n,); None where it cannot be told.

        Where scores count nothing, what the architecture knows of them says nothing of predictions.
        """
        if not self.scoring.share:
            return None
        return self.spread(_gather({**self.tables, **self.spread_tables}, users, items))


def make_scorer(
    architecture: Architecture,
    options: ArchitectureOptions,
    weights: Arrays,
    scoring: Scoring,
    offsets: tuple[FloatArray, FloatArray],
    load_head: HeadLoader | None = None,
) -> Scorer | HistoryScorer:
    """Choose how to score an architecture's saved weights; `offsets` are the damped ones of both sides.

    `load_head` builds the head on first use where NumPy can't score, since that loads TensorFlow.
    """
    if scores_from_histories(architecture):
        return HistoryScorer.of(architecture, options, weights, scoring.share, scoring.weigh(offsets[1]))
    everything = {
        name.removeprefix("table/"): np.asarray(array, np.float32)
        for name, array in weights.items()
        if name.startswith("table/")
    }
    spread_tables = {name: table for name, table in everything.items() if name.endswith("_spread")}
    tables = {name: table for name, table in everything.items() if name not in spread_tables}

    def split(rows: Rows) -> Terms | None:
        return architecture.terms(rows, options)

    def spread(rows: Rows) -> FloatArray | None:
        return architecture.uncertainty(rows, options)

    empty = _Rows({name: table[:0] for name, table in tables.items()})
    try:
        splittable = split(empty) is not None
    except ValueError as error:
        hint = "Restore the run from a copy, or train again; has the plugin changed?"
        raise RunError(f"The saved tables don't fit {architecture.name}: {error}.", hint=hint) from error
    weighed = scoring.weigh(offsets[0]), scoring.weigh(offsets[1])
    if splittable:
        return Scorer(tables, scoring, weighed, _sum_of(split), split, spread, spread_tables)
    head = _Head(architecture, options, weights, load_head)

    def split_partly(rows: Rows) -> Terms | None:
        known = architecture.partial_terms(rows, options)
        if known is None:
            return None
        rest = head.scores(rows) - _sum_terms(known)
        return {**known, architecture.rest: rest[:, None]}

    return Scorer(tables, scoring, weighed, head.scores, split_partly, spread, spread_tables, head.slopes)


def _gather(
    tables: Mapping[str, FloatArray], users: npt.NDArray[Any], items: npt.NDArray[Any]
) -> dict[str, FloatArray]:
    return _Rows(
        {name: table[users if name.startswith("user_") else items] for name, table in tables.items()}
    )


class _Rows(dict[str, FloatArray]):
    """Rows by table; one that an architecture asks for and the saved weights lack is told."""

    def __missing__(self, name: str) -> FloatArray:
        hint = "Restore the run from a copy, or train again; has the plugin changed?"
        raise RunError(f"The saved weights have no table {name!r}.", hint=hint)


def _sum_terms(terms: Terms) -> FloatArray:
    """Add up the terms of scores: shape (batch,)."""
    total: Any = sum(part.reshape(len(part), -1).sum(axis=1) for part in terms.values())
    return np.asarray(total, np.float32)


def _sum_of(split: Callable[[Rows], Terms | None]) -> Callable[[Rows], FloatArray]:
    def score_rows(rows: Rows) -> FloatArray:
        terms = split(rows)
        if terms is None:
            raise RunError("The architecture split some scores but not others.", hint="Its plugin is broken.")
        return _sum_terms(terms)

    return score_rows


@dataclass
class _Head:
    """A head that is built on first use."""

    architecture: Architecture
    options: ArchitectureOptions
    weights: Arrays
    load: HeadLoader | None
    _built: HeadScores | None = None

    def scores(self, rows: Rows) -> FloatArray:
        """Score rows."""
        return self._head().scores(rows)

    def slopes(self, rows: Rows) -> Rows:
        """How scores depend on the users' rows."""
        return self._head().slopes(rows)

    def _head(self) -> HeadScores:
        if self.load is None:
            raise RunError(f"The score of {self.architecture.name} needs its head, which wasn't given.")
        if self._built is None:
            self._built = self.load(self.architecture, self.options, self.weights)
        return self._built
