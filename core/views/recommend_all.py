"""Recommendations for all users at once, and their file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.data.ratings import FloatArray, LongArray
from core.errors import RunError, UsageError
from core.files import write_through
from core.model.factorization import score_blocks
from core.model.model import Model
from core.views.similar import top_rows
from core.views.top_items import EVERYTHING, ItemFilter

FILE_FORMS = (".parquet", ".csv")


@dataclass(frozen=True)
class Recommendations:
    """Columns of equal length: user and item rows, the rank (from 1) and the clipped rating."""

    users: LongArray
    ranks: LongArray
    items: LongArray
    ratings: FloatArray


def recommend_all(
    model: Model, count: int = 10, unseen: bool = True, only: ItemFilter = EVERYTHING
) -> Recommendations:
    """Recommend `count` items to every user, as `top_items` does to one.

    Raises RunError where `unseen` is asked for and the ratings table can't be read.
    """
    rated, reason = model.rated_or_reason
    if unseen and rated is None:
        raise RunError(f"What users have seen isn't known: {reason}", hint="Ask with seen items included.")
    allowed = np.where(only.allowed(model), np.float32(0), -np.inf).astype(np.float32)
    chosen: list[tuple[LongArray, ...]] = []
    for users, raw in score_blocks(model, np.arange(len(model.users))):
        for user, scores in zip(users.tolist(), raw + allowed, strict=True):
            if unseen and rated is not None:
                scores[rated.seen(user)] = -np.inf
            best = top_rows(scores, min(count, int((scores > -np.inf).sum())))
            chosen.append((np.full(len(best), user), np.arange(1, len(best) + 1), best, scores[best]))
    users, ranks, items, ratings = (np.concatenate(column) for column in zip(*chosen, strict=True))
    return Recommendations(users, ranks, items, model.baseline.clip(ratings.astype(np.float32)))


def write_recommendations(model: Model, found: Recommendations, path: Path) -> None:
    """Write user, rank, item, title, rating as Parquet or CSV, by the file's ending; raises UsageError."""
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix.lower() not in FILE_FORMS:
        raise UsageError(f"{path} ends in neither of {', '.join(FILE_FORMS)}.")
    titles = np.array(model.item_table.titles, dtype=object)
    columns: dict[str, Any] = {
        "user": model.users.ids[found.users].tolist(),
        "rank": found.ranks,
        "item": model.items.ids[found.items].tolist(),
        "title": titles[found.items].tolist(),
        "rating": found.ratings,
    }
    table = pyarrow.table(columns)
    write = pyarrow.csv.write_csv if path.suffix.lower() == ".csv" else pyarrow.parquet.write_table
    write_through(path, lambda temporary: write(table, temporary))
