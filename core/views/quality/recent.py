"""Popularity at the time of what is held out: the baseline that knows what is taken nowadays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.array_types import FloatArray, LongArray
from core.model import RatedTable
from core.ranking import first_moments, learn_recent_popularity


def recent_blocks(
    rated: RatedTable, users: LongArray, rows: LongArray
) -> Iterator[tuple[LongArray, FloatArray]] | None:
    """Users and what is popular when the first of their held-out `rows` comes; None for tables without times.

    Users come in the order of these moments.
    """
    table, train = rated.ratings, np.flatnonzero(rated.in_training)
    if table.timestamps is None or not len(rows):
        return None
    times = table.timestamps[train]
    latest = bool(times.max() <= table.timestamps[rows].min())
    counts = table.user_count, table.item_count
    recent = learn_recent_popularity(table.users[train], table.items[train], times, counts, latest=latest)
    moments = first_moments(table.users[rows], table.timestamps[rows], table.user_count)
    return recent.blocks(users, moments[users])
