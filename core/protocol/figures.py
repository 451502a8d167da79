"""Figures that several events carry and a run keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class UsageFigures:
    """What the training process takes: `memory` and `gpu_memory` in bytes, `gpu_busy` from 0 to 1; None where
    the system doesn't tell, or no GPU trains."""

    memory: int | None = None
    gpu_memory: int | None = None
    gpu_busy: float | None = None


@dataclass(frozen=True, kw_only=True)
class RankingFigures:
    """How a ranking does; all None where ratings are predicted."""

    train_loss: float | None = None
    val_ndcg: float | None = None
    val_recall: float | None = None
    val_recall_20: float | None = None
    val_map: float | None = None
    val_coverage: float | None = None
    val_novelty: float | None = None
    tuning_ndcg: float | None = None
    baseline_ndcg: float | None = None


@dataclass(frozen=True, kw_only=True)
class ApartFigures:
    """What a split judges apart: `rows` of `users` and `items`, and their figures, beside damped means or
    mere popularity; None where there can't be one. Users whom training doesn't know ("new users") are folded
    in from other rows of theirs; "new items" are in no row of training."""

    name: str
    rows: int
    users: int
    items: int
    rmse: float | None = None
    baseline_rmse: float | None = None
    ndcg: float | None = None
    baseline_ndcg: float | None = None
