"""Sums over all devices of all workers, through the strategy."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import WorkerLostError
from core.startup import tf
from core.training.several.cluster import Cluster


@dataclass
class Collectives:
    """All-reduce by `strategy`; every worker must ask for the same sums in the same order.

    `cluster` names the workers, all of which have as many devices; None where one process trains alone. Each
    call waits for all workers and raises WorkerLostError where one dies meanwhile.
    """

    strategy: Any
    cluster: Cluster | None = None
    _compiled: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the sum; TensorFlow compiles it for each list of kinds, and again where shapes vary."""

        @tf.function(autograph=False, reduce_retracing=True)
        def add_up(values: tuple[Any, ...]) -> Any:
            return self.strategy.run(_all_reduce, args=values)

        self._compiled = add_up

    @property
    def worker(self) -> int:
        """This process's number among the workers."""
        return self.cluster.index if self.cluster else 0

    @property
    def local(self) -> int:
        """Count this process's devices."""
        return len(self.strategy.extended.worker_devices)

    @property
    def total(self) -> int:
        """Count the devices of all workers."""
        return int(self.strategy.num_replicas_in_sync)

    @property
    def workers(self) -> int:
        """Count the workers."""
        return self.total // self.local

    @property
    def first(self) -> int:
        """The number, among all devices, of this process's first one."""
        return self.local * self.worker

    def add(self, values: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """Sum lists of tensors over all devices; `values` and the result have one list a local device."""
        distribute = self.strategy.experimental_distribute_values_from_function
        columns = tuple(
            distribute(lambda context, column=column: column[context.replica_id_in_sync_group - self.first])
            for column in zip(*values, strict=True)
        )
        with self._naming_the_lost():
            sums = [self.strategy.experimental_local_results(total) for total in self._compiled(columns)]
        return [list(device) for device in zip(*sums, strict=True)]

    def add_numbers(self, numbers: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Sum numbers, shape (n,), given once a process, over all workers."""
        given = tf.constant(np.asarray(numbers, np.float64))
        zeros = [tf.zeros_like(given)]
        sums = self.add([[given], *(zeros for _ in range(self.local - 1))])
        with self._naming_the_lost():
            return np.asarray(sums[0][0].numpy())

    def most(self, numbers: Sequence[int]) -> int:
        """The greatest of all devices' numbers, of which this process gives those of its own."""
        told = self.add_numbers(self._mine(np.asarray(numbers), self.local))
        return int(told.max())

    def exchange(self, text: str) -> list[str]:
        """Give every worker the texts of all, in the workers' order: each adds its own to zeros."""
        own = np.frombuffer(text.encode(), np.uint8)
        lengths = self.add_numbers(self._mine(np.array([len(own)]), 1)).astype(int)
        told = self.add_numbers(self._mine(own, max(lengths))).astype(np.uint8).reshape(self.workers, -1)
        return [row[:length].tobytes().decode() for row, length in zip(told, lengths, strict=True)]

    def _mine(self, values: npt.NDArray[Any], width: int) -> npt.NDArray[np.float64]:
        """This worker's row in a table of `width` columns that has a row a worker, flat."""
        table = np.zeros((self.workers, width))
        table[self.worker, : len(values)] = values
        return table.ravel()

    @contextmanager
    def _naming_the_lost(self) -> Iterator[None]:
        try:
            yield
        except LOST as error:
            if self.cluster is None:
                raise
            raise lost(self.cluster, error) from error


def _all_reduce(*values: Any) -> list[Any]:
    """Sum within a device's call of `strategy.run`; one kind of number at a time, as it is sent packed."""
    sums: dict[int, Any] = {}
    context = tf.distribute.get_replica_context()
    for kind in sorted({value.dtype.name for value in values}):
        same = {n: tf.identity(value) for n, value in enumerate(values) if value.dtype.name == kind}
        totals = context.all_reduce(tf.distribute.ReduceOp.SUM, list(same.values()))
        sums.update(zip(same, totals, strict=True))
    return [sums[number] for number in range(len(values))]


LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
)
"""What a collective raises where another worker has died, within some ten seconds."""

_PROBE_SECONDS = 2.0


def lost(cluster: Cluster, error: Exception) -> WorkerLostError:
    """Name the workers that are gone: those whose ports don't answer, or whom TensorFlow names."""
    gone = silent(cluster) or _named(cluster, str(error))
    if not gone:
        return WorkerLostError(f"The workers lost touch ({type(error).__name__}).")
    names = " and ".join(cluster.name(index) for index in gone)
    return WorkerLostError(f"{names.capitalize()} {'are' if len(gone) > 1 else 'is'} gone.")


def silent(cluster: Cluster) -> list[int]:
    """The other workers that don't listen on their port."""
    others = (index for index in range(len(cluster.addresses)) if index != cluster.index)
    return [index for index in others if not _listens(cluster.endpoint(index))]


def _listens(endpoint: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(endpoint, timeout=_PROBE_SECONDS) as call:
            return bool(call.getsockname() != call.getpeername())  # a free port of ours may call itself
    except OSError:
        return False


def _named(cluster: Cluster, told: str) -> list[int]:
    """The workers in TensorFlow's words: tasks by job and number, or worker 0, which takes heartbeats."""
    tasks = re.findall(r"/job:(chief|worker)/(?:replica:\d+/)?task:(\d+)", told)
    found = {int(number) + (cluster.chiefs if job == "worker" else 0) for job, number in tasks}
    if not found and "CoordinationService" in told:
        found = {0}
    return sorted(found - {cluster.index})
