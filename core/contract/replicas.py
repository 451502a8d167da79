"""Several copies of an architecture trained side by side from different seeds; their mean is the prediction.

An ensemble of seeds (Hansen & Salamon 1990) takes out what the start values and dropout put in by chance. All
copies learn from the same batches in one compiled call (see `core.train.gradient.step`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.contract.architecture import Architecture, EmbeddingSide, Rows, Terms
from core.errors import UsageError
from core.options import ArchitectureOptions


class Replicated(Architecture):
    """`replicas` copies of `inner`; a table of dimension d in `inner` is saved with replicas × d columns."""

    def __init__(self, inner: Architecture, replicas: int) -> None:
        self.inner, self.replicas = inner, replicas
        self.__dict__.update(name=inner.name, recipes=inner.recipes, Options=inner.Options)

    def build(self, user: EmbeddingSide, item: EmbeddingSide, options: ArchitectureOptions) -> Any:
        """One replica's score."""
        return self.inner.build(user, item, options)

    def terms(self, rows: Rows, options: ArchitectureOptions) -> Terms | None:
        """The replicas' terms divided by their number: parts side by side, single numbers as their mean."""
        members = [self.inner.terms(member, options) for member in self.split(rows)]
        first = members[0]
        if first is None:
            return None
        return {name: _merge([(terms or {})[name] for terms in members]) for name in first}

    def split(self, rows: Rows) -> list[Rows]:
        """Cut wide rows into one set of rows a replica."""
        parts = {name: np.split(row, self.replicas, axis=1) for name, row in rows.items()}
        return [{name: part[member] for name, part in parts.items()} for member in range(self.replicas)]


def _merge(parts: list[Any]) -> Any:
    if all(part.ndim == 1 or part.shape[1] == 1 for part in parts):
        return sum(parts) / len(parts)
    return np.concatenate(parts, axis=1) / len(parts)


def replicate(architecture: Architecture, replicas: int) -> Architecture:
    """Wrap an architecture for a number of replicas; one replica is the architecture itself.

    Raises UsageError for an architecture that brings its own trainer.
    """
    if replicas > 1 and type(architecture).trainer is not Architecture.trainer:
        hint = "Leave --replicas out."
        raise UsageError(f"{architecture.name} brings its own trainer, which trains no replicas.", hint=hint)
    return Replicated(architecture, replicas) if replicas > 1 else architecture


def replica_count(architecture: Architecture) -> int:
    """How many replicas an architecture trains: 1 unless it is wrapped."""
    return architecture.replicas if isinstance(architecture, Replicated) else 1
