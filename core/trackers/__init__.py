"""Trackers: receivers of a training's events that write them where other tools read them.

`tastemap train --track csv --track tensorboard` chooses by name; plugins bring more by `register_trackers`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.contract import Receiver, Tracker, hookimpl

__all__ = ["Receiver", "Tracker", "register_trackers"]


def _csv(config: dict[str, Any], folder: Path) -> Receiver:
    from core.trackers.csv_tracker import start

    return start(config, folder)


def _tensorboard(config: dict[str, Any], folder: Path) -> Receiver:
    from core.trackers.tensorboard_tracker import start

    return start(config, folder)


def _mlflow(config: dict[str, Any], folder: Path) -> Receiver:
    from core.trackers.mlflow_tracker import start

    return start(config, folder)


@hookimpl
def register_trackers() -> list[Tracker]:
    """Bring the built-in trackers."""
    return [
        Tracker("csv", "A line an epoch in metrics.csv in the run folder.", _csv),
        Tracker("tensorboard", "Scalars for TensorBoard in the run folder's tensorboard.", _tensorboard),
        Tracker("mlflow", "A run in MLflow (extra: mlflow), where MLFLOW_TRACKING_URI says.", _mlflow),
    ]
