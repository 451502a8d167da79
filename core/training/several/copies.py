"""The copies of a model on this process's devices, trained at once and kept in step with all others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_types import FloatArray, RowArray
from core.contract import Arrays, Schedule, SliceTotals
from core.runs import Progress
from core.training import Controls
from core.training.gradient import GradientTrainer
from core.training.ranking import RankingTrainer
from core.training.several._collectives import Collectives
from core.training.several._merging import MERGES, Copy
from core.training.several._steering import follow, lead


class Copies:
    """This worker's copies; a `core.contract.trainer.Trainer` whose batch is a round: one on every device.

    All workers call the same methods in the same order, with the same numbers. Worker 0 alone may restore a
    state before all compile, and look at scores and weights once all have gathered. Merges come after fixed
    rounds, so numbers don't depend on where slices end; an epoch has as many rounds as the fullest shard has
    batches. Every method may raise WorkerLostError.
    """

    def __init__(self, copies: list[Copy], collectives: Collectives) -> None:
        self.collectives = collectives
        self._copies = copies
        self._pool = ThreadPoolExecutor(len(copies), thread_name_prefix="copy")
        self._batches = [0] * len(copies)
        self._merges: frozenset[int] = frozenset()
        self._gathered, self._alike = True, False

    @property
    def parameters(self) -> int:
        """Count the trained numbers of one copy."""
        return self._first.parameters

    @property
    def replicas(self) -> int:
        """Count the replicas of the model that every copy trains."""
        return self._first.replicas

    def lead(self, controls: Controls, schedule: Schedule, progress: Progress) -> Controls:
        """Tell the other workers the plan; returns what steers the loops of all."""
        return lead(self, controls, schedule, progress)

    def follow(self, controls: Controls) -> tuple[Controls, Schedule, Progress]:
        """Take worker 0's plan, on another worker; returns what its loop needs of it."""
        return follow(self, controls)

    def compile(self) -> None:
        """Start all copies from worker 0's state, then compile one after the other.

        Keras and TensorFlow don't trace in two threads at once.
        """
        self._spread()
        for copy in self._copies:
            copy.trainer.compile()
        self._merge()

    def begin_epoch(self, epoch: int) -> int:
        """Make ready for an epoch; returns its count of rounds."""
        self._batches = [copy.trainer.begin_epoch(epoch) for copy in self._copies]
        rounds = self.collectives.most(self._batches)
        self._merges = frozenset(-(-rounds * number // MERGES) for number in range(1, MERGES + 1))
        return rounds

    def run_batches(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train `count` rounds of this epoch from number `first`; returns the totals of all workers."""
        started = time.perf_counter()
        self._spread()
        error = ratings = 0.0
        while count:
            part = next(size for size in range(1, count + 1) if size == count or first + size in self._merges)
            for totals in self._run_here(first, part, learning_rate):
                error, ratings = error + totals.squared_error, ratings + totals.ratings
            first, count = first + part, count - part
            if first in self._merges:
                self._merge()
        self._gathered = False
        share = (time.perf_counter() - started) / self.collectives.workers
        error, ratings, seconds = self.collectives.add_numbers([error, ratings, share]).tolist()
        return SliceTotals(error, round(ratings), seconds)

    def gather(self) -> None:
        """Give every copy every user's row; changes nothing that training goes on from."""
        if not self._gathered:
            rows = self.collectives.add([copy.user_rows() for copy in self._copies])
            self._each(lambda copy, own: copy.take_user_rows(own), rows)
        self._gathered = True

    def scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with the current weights, all on this worker's first device."""
        self.gather()
        return self._first.scores(users, items)

    def replica_scores(self, users: RowArray, items: RowArray) -> FloatArray:
        """Score pairs with each replica of the model alone, shape (n, replicas)."""
        self.gather()
        return self._first.replica_scores(users, items)

    def weights(self) -> Arrays:
        """Copy tables and head weights."""
        self.gather()
        return self._first.weights()

    def state(self) -> Arrays:
        """Copy what training needs to go on, with any strategy and any number of workers."""
        self.gather()
        return self._first.state()

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take a state back; the other copies get it before they train. Raises RunError if it doesn't fit."""
        self._first.restore(state)
        self._gathered, self._alike = True, False

    def close(self) -> None:
        """Let go of the trainers."""
        self._pool.shutdown()
        for copy in self._copies:
            copy.trainer.close()

    @property
    def _first(self) -> GradientTrainer | RankingTrainer:
        return self._copies[0].trainer

    def _spread(self) -> None:
        """Give every copy the state of worker 0's first one, unless none was restored since the last time."""
        if self._alike:
            return
        whole = self._receive()
        for copy in self._copies:
            copy.trainer.restore(whole)
            copy.start()
        self._gathered = self._alike = True

    def _run_here(self, first: int, count: int, learning_rate: float) -> Iterable[SliceTotals]:
        def train(copy: Copy, batches: int) -> SliceTotals:
            own = min(count, batches - first)
            return copy.trainer.run_batches(first, own, learning_rate) if own > 0 else SliceTotals(0.0, 0)

        return self._each(train, self._batches)

    def _merge(self) -> None:
        news = self.collectives.add(self._each(lambda copy, _: copy.news(), self._copies))
        changes = self.collectives.add(self._each(lambda copy, own: copy.changes(own), news))
        self._each(lambda copy, own: copy.apply(*own), zip(news, changes, strict=True))

    def _each(self, work: Callable[[Copy, Any], Any], values: Iterable[Any]) -> list[Any]:
        return list(self._pool.map(work, self._copies, values))

    def _receive(self) -> Arrays:
        """Worker 0 adds its state to zeros; 64-bit numbers hold every kind of number in it exactly."""
        own = self._first.state()
        flat = np.concatenate([np.asarray(array, np.float64).ravel() for array in own.values()])
        total = self.collectives.add_numbers(flat if self.collectives.worker == 0 else np.zeros_like(flat))
        ends = np.cumsum([array.size for array in own.values()])[:-1]
        parts = zip(own.items(), np.split(total, ends), strict=True)
        return {name: part.reshape(array.shape).astype(array.dtype) for (name, array), part in parts}


class RankingCopies(Copies):
    """Copies of a ranking: all items are scored for a user at once, on this worker's first device."""

    def all_scores(self, users: RowArray) -> FloatArray:
        """Score all items for users, shape (users, items)."""
        self.gather()
        assert isinstance(self._first, RankingTrainer)  # noqa: S101 - that is what ranks
        return self._first.all_scores(users)
