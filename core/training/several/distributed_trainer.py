"""The trainer that worker 0 gives to the training loop."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from core.contract.trainer import Arrays, FloatArray, RowArray, SliceTotals
from core.training.several.copies import Copies
from core.training.several.crew import Crew


class DistributedTrainer:
    """Trains on all devices of all workers; a `Trainer` whose batch is one round on all.

    Every method may raise WorkerLostError.
    """

    def __init__(self, copies: Copies, crew: Crew) -> None:
        self._copies, self._crew = copies, crew
        self.restore(copies.first.state())

    @property
    def parameters(self) -> int:
        """Count the trained numbers of one copy."""
        return self._copies.first.parameters

    @property
    def replicas(self) -> int:
        """Count the replicas of the model that every copy trains."""
        return self._copies.first.replicas

    def begin_epoch(self, epoch: int) -> int:
        """Make all workers ready for an epoch; returns its count of rounds."""
        rounds = self._copies.begin_epoch(epoch)
        self._crew.order({"order": "begin", "epoch": epoch, "rounds": rounds})
        self._copies.set_rounds(rounds)
        return rounds

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train `count` rounds of this epoch from number `first`."""
        self._crew.order({"order": "run", "first": first, "count": count, "learning_rate": learning_rate})
        return self._copies.run(first, count, learning_rate)

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with the current weights, all on this process's first device."""
        self._gather()
        return self._copies.first.scores(users, items)

    def replica_scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with each replica of the model alone, shape (n, replicas)."""
        self._gather()
        return self._copies.first.replica_scores(users, items)

    def weights(self) -> Arrays:
        """Copy tables and head weights."""
        self._gather()
        return self._copies.first.weights()

    def state(self) -> Arrays:
        """Copy what training needs to go on, with any strategy and any number of workers."""
        self._gather()
        return self._copies.first.state()

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take a state back and give it to all workers; raises RunError where it doesn't fit."""
        self._copies.first.restore(state)  # refuses before the others wait for it
        self._crew.order({"order": "spread"})
        self._copies.spread(state)

    def close(self) -> None:
        """Send the other workers home."""
        self._crew.close({"order": "finish"})
        self._copies.close()

    def _gather(self) -> None:
        if not self._copies.gathered:
            self._crew.order({"order": "gather"})
            self._copies.gather()
