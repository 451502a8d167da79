"""Make the split of a run again from what its configuration recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data import split_ratings
from core.data.ratings import Ratings
from core.data.split import Split
from core.errors import RunError


def recorded_split(recorded: Mapping[str, Any], ratings: Ratings) -> Split:
    """Split a table as the run's configuration says; compare the hashes to know that the table is the same.

    Raises RunError where the record is damaged, and what the split method raises.
    """
    choices = {name: recorded[name] for name in ("folds", "fold", "count") if name in recorded}
    try:
        seed, fraction, method = int(recorded["seed"]), float(recorded["test_fraction"]), recorded["method"]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"The run's configuration doesn't say how its table was split: {error!r}.") from None
    return split_ratings(ratings, seed, fraction, method, **choices)
