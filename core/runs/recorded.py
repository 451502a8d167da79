"""The ratings table behind a saved run, read again from where the run says that it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from core.data import Ratings, load_ratings
from core.errors import RunError
from core.model import RatedTable
from core.runs.config import recorded_split

if TYPE_CHECKING:
    from core.runs.run import Run

_shared: WeakValueDictionary[tuple[str, str], RatedTable] = WeakValueDictionary()


def recorded_ratings(run: Run, data: str | Path | None = None) -> Ratings:
    """Read the table that a run was trained on again, from its recorded source or from `data`."""
    recorded = run.config.data
    try:
        reading = dict(recorded["reading"])
        source = data or str(reading["source"])
    except (KeyError, TypeError) as error:
        raise RunError(f"{run.folder} doesn't say where its data is: {error}.", hint="Use --data.") from None
    return load_ratings(source, reading, sources=run.registry.data_sources)


def read_rated(run: Run) -> RatedTable:
    """Read a run's recorded table and split again; raises TastemapError where it's gone or has changed.

    Runs of one table and split share it as long as any of them is open.
    """
    key = (str(run.config.data.get("fingerprint")), str(run.config.split.get("hash")))
    shared = _shared.get(key) or _read(run)
    _shared[key] = shared
    return shared


def _read(run: Run) -> RatedTable:
    table, recorded = recorded_ratings(run), run.config.split
    if table.fingerprint != run.config.data.get("fingerprint"):
        hint = "Its true ratings and histories can't be shown; predictions are as they were."
        raise RunError(f"{table.source} has changed since {run.id} was trained.", hint=hint)
    return RatedTable.of(table, recorded_split(recorded, table).train)
