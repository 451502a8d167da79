"""What a model is, in a few figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.model.model import Model


@dataclass(frozen=True)
class ModelSummary:
    """Counts, scale, architecture and options; `val_rmse` is None where it isn't known (in training).

    `users` and `items` count all ids, `trained_users` and `trained_items` those with a training rating;
    `tables` gives each embedding table's shape.
    """

    run: str | None
    architecture: str
    options: dict[str, Any]
    users: int
    items: int
    trained_users: int
    trained_items: int
    train_ratings: int
    mean: float
    scale: dict[str, float]
    tables: dict[str, list[int]]
    val_rmse: float | None


def summarize(model: Model) -> ModelSummary:
    """Sum a model up."""
    baseline, facts = model.baseline, model.facts
    tables = {name: array for name, array in model.weights.items() if name.startswith("table/")}
    return ModelSummary(
        facts.get("run"),
        model.architecture.name,
        model.options.to_dict(),
        len(model.users),
        len(model.items),
        int((baseline.user_counts > 0).sum()),
        int((baseline.item_counts > 0).sum()),
        int(baseline.item_counts.sum()),
        baseline.mean,
        dict(vars(baseline.scale)),
        {name.removeprefix("table/"): list(array.shape) for name, array in tables.items()},
        facts.get("val_rmse"),
    )
