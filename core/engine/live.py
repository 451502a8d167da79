"""Models of the run in training, with its ratings at hand."""

from __future__ import annotations

from dataclasses import replace

from core.errors import RunError
from core.model.model import Model
from core.model.rated import RatedTable
from core.training.session import Session


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
