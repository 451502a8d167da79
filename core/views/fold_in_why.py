"""Why a newcomer is recommended something: the ratings they gave that push it, the strongest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.errors import UsageError
from core.model.catalogue import item_row
from core.model.fold_in import Folder
from core.model.model import Model
from core.views.fold_in import check_given
from core.views.why import Influence, influence


@dataclass(frozen=True)
class FoldInWhy:
    """A prediction for a newcomer, what the average user would get (`average`), and the `influences` of the
    given ratings."""

    item: int | str
    title: str
    rating: float
    average: float
    influences: tuple[Influence, ...]


def explain_fold_in(
    model: Model, ratings: Mapping[object, float], item: object, count: int = 10
) -> FoldInWhy:
    """Explain an item's prediction by the `count` given ratings that push it most.

    Raises UsageError for unknown or untrained items, ratings off the scale, and a model that folds no one in.
    """
    folder, target = Folder.of(model), item_row(model, item)
    if model.baseline.item_counts[target] == 0:
        raise UsageError(
            f"Training saw no rating of {model.item_table.titles[target]}: nothing influences it."
        )
    rows, values, _ = check_given(model, ratings)
    average, _ = folder.linearize(folder.prior.mean, np.array([target]))
    refitted, influences, slopes = influence(folder, rows, values, target)
    order = np.argsort(-np.abs(influences), kind="stable")[:count]
    found = tuple(
        Influence(
            model.items.identifier(int(rows[at])),
            model.item_table.titles[int(rows[at])],
            float(values[at]),
            float(influences[at]),
            float(slopes[at]),
        )
        for at in order
    )
    clipped = model.baseline.clip(np.array([refitted, average[0]], np.float32)).tolist()
    return FoldInWhy(
        model.items.identifier(target), model.item_table.titles[target], clipped[0], clipped[1], found
    )
