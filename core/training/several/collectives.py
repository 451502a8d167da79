"""Sums over all devices of all workers, through the strategy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.startup.backend import tf
from core.training.several.crew import Crew


@dataclass
class Collectives:
    """All-reduce by `strategy`; every worker must ask for the same sums in the same order.

    `worker` is this process's number; all have as many devices. Each call raises WorkerLostError where
    another worker dies meanwhile.
    """

    strategy: Any
    crew: Crew
    worker: int = 0
    _compiled: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the sum; TensorFlow compiles it once for each list of shapes."""

        @tf.function(autograph=False, reduce_retracing=True)
        def add_up(*values: Any) -> Any:
            return self.strategy.run(_all_reduce, args=values)

        self._compiled = add_up

    @property
    def local(self) -> int:
        """Count this process's devices."""
        return len(self.strategy.extended.worker_devices)

    @property
    def total(self) -> int:
        """Count the devices of all workers."""
        return int(self.strategy.num_replicas_in_sync)

    @property
    def first(self) -> int:
        """The number, among all devices, of this process's first one."""
        return self.local * self.worker

    def add(self, values: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Sum lists of tensors over all devices; `values` and the result have one list a local device."""
        distribute = self.strategy.experimental_distribute_values_from_function
        columns = [
            distribute(lambda context, column=column: column[context.replica_id_in_sync_group - self.first])
            for column in zip(*values, strict=True)
        ]
        with self.crew.working():
            sums = [self.strategy.experimental_local_results(total) for total in self._compiled(*columns)]
        return [list(device) for device in zip(*sums, strict=True)]

    def add_numbers(self, *numbers: float) -> npt.NDArray[np.float64]:
        """Sum a few numbers, given once a process, over all workers."""
        zeros = tf.zeros(len(numbers), tf.float64)
        mine = [[tf.constant(numbers, tf.float64)], *([zeros] for _ in range(self.local - 1))]
        with self.crew.working():
            return np.asarray(self.add(mine)[0][0].numpy())


def _all_reduce(*values: Any) -> list[Any]:
    """Sum within a device's call of `strategy.run`; one kind of number at a time, as it is sent packed."""
    sums: dict[int, Any] = {}
    context = tf.distribute.get_replica_context()
    for kind in sorted({value.dtype.name for value in values}):
        same = {n: tf.identity(value) for n, value in enumerate(values) if value.dtype.name == kind}
        totals = context.all_reduce(tf.distribute.ReduceOp.SUM, list(same.values()))
        sums.update(zip(same, totals, strict=True))
    return [sums[number] for number in range(len(values))]
