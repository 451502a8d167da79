"""Models with their ratings at hand: of a saved run, whose table is read again, and of one in training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from core.errors import RunError
from core.model.model import Model
from core.model.rated import RatedTable
from core.runs.run import Run

if TYPE_CHECKING:
    from core.training.session import Session

_shared: WeakValueDictionary[tuple[str, str], RatedTable] = WeakValueDictionary()


def saved_model(run: Run) -> Model:
    """The model of a saved run; its ratings table is read when a view asks for it."""
    seconds = (run.summary or {}).get("seconds")
    split_hash = run.config.split.get("hash")
    facts = {"run": run.id, "val_rmse": run.val_rmse, "split_hash": split_hash, "seconds": seconds}
    return replace(run.model, read_rated=lambda: read_rated(run), folder=run.folder, facts=facts)


def read_rated(run: Run) -> RatedTable:
    """Read a run's recorded table and split again; raises TastemapError where it's gone or has changed.

    Runs of one table and split share it as long as any of them is open.
    """
    key = (str(run.config.data.get("fingerprint")), str(run.config.split.get("hash")))
    shared = _shared.get(key) or _read(run)
    _shared[key] = shared
    return shared


def _read(run: Run) -> RatedTable:
    from core.api import recorded_ratings
    from core.runs.config import recorded_split

    table, recorded = recorded_ratings(run), run.config.split
    if table.fingerprint != run.config.data.get("fingerprint"):
        hint = "Its true ratings and histories can't be shown; predictions are as they were."
        raise RunError(f"{table.source} has changed since {run.id} was trained.", hint=hint)
    return RatedTable.of(table, recorded_split(recorded, table).train)


class LiveModels:
    """Models of one training: each question sees the current weights, all share one grouped table."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rated: RatedTable | None = None

    def current(self) -> Model:
        """The run in training with a copy of its current weights; raises RunError before it has any."""
        return replace(self._session.model(), read_rated=self._read)

    def _read(self) -> RatedTable:
        if self._rated is None:
            prepared = self._session.prepared
            if prepared is None:
                raise RunError("Training hasn't started yet.", hint="Ask again in a moment.")
            self._rated = RatedTable.of(self._session.ratings, prepared.split.train)
        return self._rated
