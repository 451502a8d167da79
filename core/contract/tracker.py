"""The contract of a tracker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from core.protocol import EpochFinished, Event

Receiver: TypeAlias = "Callable[[Event], None]"
"""Receives every event of a training, on the thread that trains; must be quick."""


@dataclass(frozen=True)
class Tracker:
    """A named tracker.

    `start` is called with the run's configuration (the content of config.json) and its folder when training
    begins, and gives the receiver of the events. A TastemapError from it ends the training before it begins;
    any other trouble of a tracker is logged and never costs the training.
    """

    name: str
    description: str
    start: Callable[[dict[str, Any], Path], Receiver]


NAMES = (
    "train_rmse",
    "val_rmse",
    "val_mae",
    "tuning_rmse",
    "train_loss",
    "val_ndcg",
    "val_recall",
    "val_map",
    "val_coverage",
    "tuning_ndcg",
    "baseline_ndcg",
    "learning_rate",
    "seconds",
    "ratings_per_second",
)


def epoch_figures(event: EpochFinished) -> dict[str, float]:
    """The epoch's figures by name, without those that there aren't (`tuning_rmse` without early stopping)."""
    figures = {name: getattr(event, name) for name in NAMES}
    return {name: float(value) for name, value in figures.items() if value is not None}
