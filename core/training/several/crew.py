"""The other workers as this one sees them: all of them from worker 0, worker 0 alone from any other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from core.errors import WorkerError, WorkerLostError
from core.startup.backend import tf
from core.training.several.channel import Connection, Message

_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
)
_SECONDS_TO_NOTICE = 3.0


@dataclass
class Crew:
    """Connections to the other workers; none where one process trains alone."""

    connections: Sequence[Connection] = ()
    _loss: WorkerLostError | None = None

    def order(self, message: Message) -> None:
        """Tell the others what to do next; raises WorkerLostError where one is gone."""
        with self._remembering():
            for connection in self.connections:
                connection.send(message)

    def check(self) -> None:
        """Raise WorkerLostError where a worker is gone."""
        with self._remembering():
            for connection in self.connections:
                connection.check()

    def close(self, message: Message) -> None:
        """Say goodbye, or that a worker is lost, to whoever is still there."""
        last = message if self._loss is None else {"failed": self._loss.message}
        for connection in self.connections:
            with suppress(WorkerError):  # one that went first needs no goodbye
                connection.send(last)
            connection.close()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Turn what TensorFlow says when a worker dies within the block into a WorkerLostError."""
        try:
            yield
        except _LOST as error:
            if not self.connections:
                raise
            raise self._lost(error) from error

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except WorkerLostError as error:
            self._loss = error
            raise

    def _lost(self, error: Exception) -> WorkerLostError:
        """Say which worker is gone; where all still answer, that TensorFlow can't reach them."""
        deadline = time.monotonic() + _SECONDS_TO_NOTICE
        while time.monotonic() < deadline:
            try:
                self.check()
            except WorkerLostError as lost:
                return lost
            time.sleep(0.1)
        return WorkerLostError(f"The workers lost touch ({type(error).__name__}).")
