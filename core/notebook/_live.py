"""A training in a notebook: one display that is updated in place, a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from core.notebook._lines import line_of
from core.protocol import BatchProgress, EpochFinished, Event, Finished, RunStarted
from core.readable import readable
from core.runs import curves_of

_SECONDS = 0.2
"""Between two updates: more of them would only fill the notebook's connection."""


@dataclass
class Live:
    """Shows phases, progress and curves; `clock` gives seconds, of which only differences matter."""

    clock: Callable[[], float] = time.monotonic
    _handle: Any = None
    _updated: float = float("-inf")
    _line: str = ""
    _done: float = 0.0
    _planned: int = 1
    _figures: dict[str, Any] = field(default_factory=dict)
    _epochs: list[dict[str, Any]] = field(default_factory=list)
    _objective: str = "rating"

    def show(self, event: Event) -> None:
        """Take an event in, and update the display unless that was done just now."""
        self._learn(event)
        if self.clock() - self._updated >= _SECONDS or isinstance(event, Finished):
            self._update()

    def _learn(self, event: Event) -> None:
        self._line = line_of(event) or self._line
        match event:
            case RunStarted():
                self._objective = str(event.settings.get("objective", "rating"))
                self._figures, self._planned = {"baseline_rmse": event.baseline_rmse}, event.epochs
            case BatchProgress():
                self._line = f"epoch {event.epoch}: {event.ratings_per_second:,.0f} ratings/s"
                self._done = (event.epoch - 1 + event.batch / event.batches) / self._planned
            case EpochFinished():
                self._epochs.append(asdict(event))
                self._done = event.epoch / event.epochs
                self._figures |= {"baseline_ndcg": event.baseline_ndcg}
            case Finished():
                self._done = 1.0

    def html(self) -> str:
        """What is shown now."""
        bar = f'<progress max="1" value="{self._done:.3f}"></progress>'
        curves = curves_of(self._epochs, self._objective, self._figures).to_svg() if self._epochs else ""
        return f'<div class="tastemap"><p>{bar} {escape(readable(self._line))}</p>{curves}</div>'

    def _update(self) -> None:
        from IPython.display import HTML, display

        self._updated = self.clock()
        shown = HTML(self.html())
        if self._handle is None:
            self._handle = display(shown, display_id=True)
        else:
            self._handle.update(shown)
