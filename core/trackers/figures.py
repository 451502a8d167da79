"""The figures of an epoch that trackers write."""

from __future__ import annotations

from core.protocol.events import EpochFinished

NAMES = (
    "train_rmse",
    "val_rmse",
    "val_mae",
    "tuning_rmse",
    "learning_rate",
    "seconds",
    "ratings_per_second",
)


def epoch_figures(event: EpochFinished) -> dict[str, float]:
    """The epoch's figures by name, without those that there aren't (`tuning_rmse` without early stopping)."""
    figures = {name: getattr(event, name) for name in NAMES}
    return {name: float(value) for name, value in figures.items() if value is not None}
