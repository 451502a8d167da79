"""Tastemap's engine: data sets, the architecture contract, training, runs and recommender views.

Names load on first use, so that `import core` costs nothing and no name here ever waits for TensorFlow.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.api import evaluate, load_run, train
    from core.contract.architecture import Architecture, EmbeddingSide, Recipe, Rows, Terms
    from core.contract.hookspecs import hookimpl
    from core.contract.plugins import load_plugins
    from core.contract.trainer import Arrays, FloatArray, RowArray, SliceTotals, Trainer, TrainingData
    from core.data import describe, load_ratings, split_ratings
    from core.data.ratings import Ratings
    from core.errors import TastemapError
    from core.options import ArchitectureOptions, option
    from core.runs.run import Run

_HOMES = {
    "core.api": ("evaluate", "load_run", "train"),
    "core.contract.architecture": ("Architecture", "EmbeddingSide", "Recipe", "Rows", "Terms"),
    "core.data": ("describe", "load_ratings", "split_ratings"),
    "core.data.ratings": ("Ratings",),
    "core.errors": ("TastemapError",),
    "core.contract.hookspecs": ("hookimpl",),
    "core.options": ("ArchitectureOptions", "option"),
    "core.contract.plugins": ("load_plugins",),
    "core.runs.run": ("Run",),
    "core.contract.trainer": ("Arrays", "FloatArray", "RowArray", "SliceTotals", "Trainer", "TrainingData"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Architecture",
    "ArchitectureOptions",
    "Arrays",
    "EmbeddingSide",
    "FloatArray",
    "Ratings",
    "Recipe",
    "RowArray",
    "Rows",
    "Run",
    "SliceTotals",
    "TastemapError",
    "Terms",
    "Trainer",
    "TrainingData",
    "describe",
    "evaluate",
    "hookimpl",
    "load_plugins",
    "load_ratings",
    "load_run",
    "option",
    "split_ratings",
    "train",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its module on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
