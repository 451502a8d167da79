"""A model with users and items in each other's place: what serves users then serves items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core.array_types import FloatArray
from core.contract import Architecture, Arrays, ItemTable, Replicated, Rows, Terms
from core.data import Vocabulary
from core.errors import UsageError
from core.model import Baseline, HeadLoader, HeadScores, HistoryScorer, Model, RatedTable
from core.options import ArchitectureOptions

Kept = TypeVar("Kept")


def turned(model: Model) -> Model:
    """The same model whose users are the items and whose items the users; raises UsageError where a model
    knows users by what they took."""
    if isinstance(model.scorer, HistoryScorer):
        name = model.architecture.name
        hint = "`tastemap update` solves for its weights again."
        raise UsageError(f"{name} has links between items and no rows for them.", hint=hint)
    return model.remember("turned", lambda: _turn(model))


def _turn(model: Model) -> Model:
    base = model.baseline
    baseline = Baseline(
        base.mean,
        base.scale,
        user_counts=base.item_counts,
        item_counts=base.user_counts,
        user_offsets=base.item_offsets,
        item_offsets=base.user_offsets,
        clips=base.clips,
    )
    return replace(
        model,
        architecture=_turned_architecture(model.architecture),
        users=model.items,
        items=model.users,
        item_table=_untitled(model.users),
        baseline=baseline,
        weights=_renamed(model.weights, "table/"),
        read_rated=None if model.read_rated is None else lambda: _turned_table(model.rated),
        load_head=None if model.load_head is None else _loader(model.load_head),
    )


def _renamed(named: Mapping[str, Kept], before: str = "") -> dict[str, Kept]:
    """Tables of users under the names of items', and the other way round."""
    sides = {f"{before}user_": f"{before}item_", f"{before}item_": f"{before}user_"}
    return {
        next(
            (other + name.removeprefix(own) for own, other in sides.items() if name.startswith(own)), name
        ): one
        for name, one in named.items()
    }


def _untitled(ids: Vocabulary) -> ItemTable:
    import numpy as np

    names = tuple(map(str, ids.ids.tolist()))
    return ItemTable(names, ((),) * len(names), np.zeros(len(names), np.int32))


def _turned_table(rated: RatedTable) -> RatedTable:
    table = rated.ratings
    other = replace(
        table,
        users=table.items,
        items=table.users,
        user_vocabulary=table.item_vocabulary,
        item_vocabulary=table.user_vocabulary,
        item_table=_untitled(table.user_vocabulary),
    )
    return RatedTable(other, rated.parts)


class _Turned(Architecture):
    """An architecture that is given rows of users as items' and the other way round."""

    def __init__(self, inner: Architecture) -> None:
        self.inner = inner
        self.__dict__.update(name=inner.name, Options=inner.Options, rest=inner.rest)

    def terms(self, rows: Rows, options: Any) -> Terms | None:
        """The inner one's terms."""
        return self.inner.terms(_named(rows), options)

    def partial_terms(self, rows: Rows, options: Any) -> Terms | None:
        """The inner one's known terms."""
        return self.inner.partial_terms(_named(rows), options)


def _named(rows: Rows) -> Rows:
    """Rows by their own names; a table that is missing is told by the mapping that it is missing from."""
    return _Rows(rows)


class _Rows(dict[str, FloatArray]):
    def __init__(self, rows: Rows) -> None:
        super().__init__(_renamed(rows))
        self._rows = rows

    def __missing__(self, name: str) -> FloatArray:
        return self._rows[next(iter(_renamed({name: None})))]


def _turned_architecture(architecture: Architecture) -> Architecture:
    if isinstance(architecture, Replicated):
        return Replicated(_Turned(architecture.inner), architecture.replicas)
    return _Turned(architecture)


def _plain_architecture(architecture: Architecture) -> Architecture:
    if isinstance(architecture, Replicated):
        return Replicated(_plain_architecture(architecture.inner), architecture.replicas)
    return architecture.inner if isinstance(architecture, _Turned) else architecture


@dataclass(frozen=True)
class _Head:
    """A head that is given turned rows."""

    inner: HeadScores

    def scores(self, rows: Rows) -> FloatArray:
        """Score rows."""
        return self.inner.scores(_renamed(rows))

    def slopes(self, rows: Rows, side: str = "user") -> Rows:
        """How scores depend on the rows of a side."""
        other = "item" if side == "user" else "user"
        return _renamed(self.inner.slopes(_renamed(rows), other))


def _loader(load: HeadLoader) -> HeadLoader:
    def load_turned(architecture: Architecture, options: ArchitectureOptions, weights: Arrays) -> HeadScores:
        return _Head(load(_plain_architecture(architecture), options, weights))

    return load_turned
