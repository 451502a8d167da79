"""A training that signals end: the first one stops it and saves, whether or not anybody still reads along."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Protocol, Self

from core.cli._output import note
from core.cli._process import ENDING, Terminated, handled, is_stdout_lost
from core.protocol import Event, Finished, PhaseChanged, RunStarted
from core.training import Controls


class _View(Protocol):
    """Shows a training's events."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: Event) -> None:
        """Show one event."""


@dataclass
class Stopping:
    """Passes a training's events on to a view and signals on to the training.

    `exit_code` is 0 until a signal stopped it, then 128 and the signal's number.
    """

    view: _View
    controls: Controls = field(default_factory=Controls)
    exit_code: int = 0
    _training: int = 0
    _lost: OSError | None = None

    def next_controls(self) -> Controls:
        """The mailbox for the next of several trainings."""
        self.controls = Controls()
        return self.controls

    def show(self, event: Event) -> None:
        """Show an event; where standard output is lost, the training stops and is saved."""
        self._follow(event)
        try:
            self.view.show(event)
        except OSError as error:
            if not (is_stdout_lost(error) and (self._training or isinstance(event, Finished))):
                raise
            self._lost = self._lost or error
            self.controls.stop()
        if isinstance(event, Finished) and self.exit_code and event.path:
            note(f"saved in {event.path}; go on with `tastemap train --resume {event.run}`")

    def signalled(self, number: int, frame: FrameType | None) -> None:
        """Stop and save at the first signal; Ctrl-C again, and any signal while nothing trains, ends at once.

        Schedulers send SIGTERM and SIGHUP together, so a second one of these changes nothing.
        """
        del frame
        if not self._training or (self.exit_code and number == signal.SIGINT):
            raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)
        if not self.exit_code:
            self.exit_code = 128 + number
            note("stopping and saving; press Ctrl-C again to end at once")
            self.controls.stop()

    def tell_lost_output(self) -> None:
        """Raise the OSError by which standard output was lost, if it was and no signal says more."""
        if self._lost is not None and not self.exit_code:
            raise self._lost

    def _follow(self, event: Event) -> None:
        match event:
            case RunStarted() | PhaseChanged("following"):
                self._training += 1
            case Finished():
                self._training = max(0, self._training - 1)


@contextmanager
def stoppable(view: _View) -> Iterator[Stopping]:
    """Show trainings in a view and let signals stop them."""
    stopping = Stopping(view)
    with handled((signal.SIGINT, *ENDING), stopping.signalled):
        try:
            with view:
                yield stopping
        except OSError as error:
            if not (stopping.exit_code and is_stdout_lost(error)):
                raise
    stopping.tell_lost_output()
