"""Who keeps what of a training while it goes on, and how a broken one is told to go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.contract import Arrays
from core.errors import WorkerLostError
from core.protocol import EpochFinished, Event
from core.runs import Progress, RunWriter
from core.training._loop import TrainingLoop


@dataclass
class LastEpoch:
    """Passes checkpoints on and keeps the state of the last finished epoch at hand.

    Of a run that is not `resumable` only the history is kept.
    """

    writer: RunWriter
    state: Arrays | None = None
    resumable: bool = True

    def save_epoch(self, event: EpochFinished, progress: Progress, state: Callable[[], Arrays]) -> None:
        """Keep an epoch's state, here and in the run."""
        if not self.resumable:
            self.writer.add_to_history(event)
            return
        self.state = state()
        self.writer.save_epoch(event, progress, self.state)

    def save_best(self, epoch: int, weights: Arrays) -> None:
        """Keep the weights that were best so far in the run."""
        self.writer.save_best(epoch, weights)


class Nowhere:
    """Keeps nothing: worker 0 does."""

    def save_epoch(self, event: EpochFinished, progress: Progress, state: Callable[[], Arrays]) -> None:
        """Take part in gathering the state, which may take all workers, and drop it."""
        del event, progress
        state()

    def save_best(self, epoch: int, weights: Arrays) -> None:
        """Do nothing."""


def tell_nobody(event: Event) -> None:
    """Take an event where somebody else tells it."""
    del event


@contextmanager
def saying_what_is_kept(run: str, loop: TrainingLoop) -> Iterator[None]:
    """Add to the news that a worker is lost how to go on from the last checkpoint."""
    try:
        yield
    except WorkerLostError as error:
        epoch = loop.progress.epoch
        hint = (
            f"The run is kept up to epoch {epoch}; go on with `tastemap train --resume {run}`, "
            "on one machine with --strategy none."
        )
        raise WorkerLostError(error.message, hint=hint if epoch else "Start all workers again.") from error
