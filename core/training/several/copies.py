"""The copies of a model on this process's devices, trained at once and kept in step with all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contract.trainer import Arrays, SliceTotals
from core.startup.backend import tf
from core.training.gradient.trainer import GradientTrainer
from core.training.several.collectives import Collectives
from core.training.several.merging import MERGES, Copy


class Copies:
    """This process's copies. All workers call the same methods in the same order, with the same numbers.

    A round is one batch on every device; an epoch has as many rounds as the fullest shard has batches. Merges
    come after fixed rounds, so numbers don't depend on where slices end.
    """

    def __init__(self, copies: list[Copy], collectives: Collectives) -> None:
        self._copies, self._collectives = copies, collectives
        self._pool = ThreadPoolExecutor(len(copies), thread_name_prefix="copy")
        self._batches = [0] * len(copies)
        self._merges: frozenset[int] = frozenset()
        self._gathered = True

    @property
    def first(self) -> GradientTrainer:
        """The trainer of this process's first device."""
        return self._copies[0].trainer

    def begin_epoch(self, epoch: int) -> int:
        """Make ready for an epoch; returns the most batches of a copy here: on worker 0, the rounds."""
        self._batches = [copy.trainer.begin_epoch(epoch) for copy in self._copies]
        return max(self._batches)

    def set_rounds(self, rounds: int) -> None:
        """Spread the merges over an epoch of so many rounds, the last after its end."""
        self._merges = frozenset(-(-rounds * number // MERGES) for number in range(1, MERGES + 1))

    def run(self, first: int, count: int, learning_rate: float) -> SliceTotals:
        """Train `count` rounds from number `first` on; returns the totals of all workers."""
        if not count:
            self._warm_up(learning_rate)
        error = ratings = 0.0
        while count:
            part = next(size for size in range(1, count + 1) if size == count or first + size in self._merges)
            for totals in self._run_here(first, part, learning_rate):
                error, ratings = error + totals.squared_error, ratings + totals.ratings
            first, count = first + part, count - part
            if first in self._merges:
                self._merge()
        self._gathered = False
        error, ratings = self._collectives.add_numbers(error, ratings)
        return SliceTotals(float(error), round(ratings))

    def gather(self) -> None:
        """Give every copy every user's row; changes nothing that training goes on from."""
        if not self._gathered:
            rows = self._collectives.add([copy.user_rows() for copy in self._copies])
            self._each(lambda copy, own: copy.take_user_rows(own), rows)
        self._gathered = True

    @property
    def gathered(self) -> bool:
        """Whether all copies hold every user's row already."""
        return self._gathered

    def spread(self, state: Mapping[str, npt.NDArray[Any]] | None) -> None:
        """Give every copy the state that worker 0 has; the other workers have None."""
        whole = self._receive(state)
        for copy in self._copies:
            copy.trainer.restore(whole)
            copy.start()
        self._gathered = True

    def close(self) -> None:
        """Let go of the trainers."""
        self._pool.shutdown()
        for copy in self._copies:
            copy.trainer.close()

    def _warm_up(self, learning_rate: float) -> None:
        """Compile one after the other: Keras and TensorFlow don't trace in two threads at once."""
        for copy in self._copies:
            copy.trainer.run_batches(0, 0, learning_rate)
        self._merge()

    def _run_here(self, first: int, count: int, learning_rate: float) -> Iterable[SliceTotals]:
        def train(copy: Copy, batches: int) -> SliceTotals:
            own = min(count, batches - first)
            return copy.trainer.run_batches(first, own, learning_rate) if own > 0 else SliceTotals(0.0, 0)

        return self._each(train, self._batches)

    def _merge(self) -> None:
        sums = self._collectives.add(self._each(lambda copy, _: copy.changes(), self._copies))
        self._each(lambda copy, own: copy.apply(own), sums)

    def _each(self, work: Callable[[Copy, Any], Any], values: Iterable[Any]) -> list[Any]:
        return list(self._pool.map(work, self._copies, values))

    def _receive(self, state: Mapping[str, npt.NDArray[Any]] | None) -> Arrays:
        """Worker 0 adds its state to zeros; 64-bit numbers hold every kind of number in it exactly."""
        own = self.first.state()
        given = own if state is None else {name: state[name] for name in own}
        share = [np.asarray(array, np.float64) * (state is not None) for array in given.values()]
        flat = np.concatenate([array.ravel() for array in share])
        zeros = [tf.zeros(len(flat), tf.float64)]
        mine = [[tf.constant(flat)], *(zeros for _ in self._copies[1:])]
        total = self._collectives.add(mine)[0][0].numpy()
        ends = np.cumsum([array.size for array in share])[:-1]
        parts = zip(own.items(), np.split(total, ends), strict=True)
        return {name: part.reshape(array.shape).astype(array.dtype) for (name, array), part in parts}
