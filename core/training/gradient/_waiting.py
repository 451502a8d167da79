"""Compiled steps that wait for the next training of the same shape.

TensorFlow never frees what XLA compiled, so a process that trains often would grow by some 10 MB a training
and wait for the compiler each time. A training gives its compiled step back when it ends; the next one of the
same architecture, options and sizes takes it with fresh start values. To forget a step frees its tables
alone, so many wait: as many as their tables let.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol

from core.contract import Architecture, Replicated
from core.model import Head
from core.training.gradient._training_copy import training_copy

MOST_KEPT, MOST_BYTES = 64, 256 * 2**20
"""So many compiled steps wait for their next training, with tables of so many bytes in all."""


class _Keyed(Protocol):
    @property
    def key(self) -> Any: ...

    @property
    def table_bytes(self) -> int: ...


class Waiting:
    """Compiled steps by what they depend on; any thread may take one and give it back."""

    def __init__(self) -> None:
        self._steps: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._steps)

    def take(self, key: Any) -> Any | None:
        """A waiting step, which waits no more; None where there is none."""
        with self._lock:
            return self._steps.pop(key, None)

    def give_back(self, step: _Keyed) -> None:
        """Keep a compiled step for the next training; the one that waited longest goes."""
        with self._lock:
            self._steps[step.key] = step
            while len(self._steps) > MOST_KEPT or (len(self._steps) > 1 and self._bytes() > MOST_BYTES):
                self._steps.popitem(last=False)

    def _bytes(self) -> int:
        return sum(step.table_bytes for step in self._steps.values())


WAITING = Waiting()
"""Those of this process."""


def restart_head(head: Head, training: Head, optimizer: Any, optimizer_start: Sequence[Any]) -> None:
    """Give the layers that a compiled step trains, and their optimizer, the values of a fresh head."""
    for number, target in enumerate(training.models):
        fresh = training_copy(head.models[number], number)
        for source, variable in zip(fresh.variables, target.variables, strict=True):
            variable.assign(source)
    for variable, value in zip(optimizer.variables, optimizer_start, strict=True):
        variable.assign(value)


def identity(architecture: Architecture) -> tuple[type[Architecture], int]:
    """What tells architectures apart: the class and its replicas."""
    if isinstance(architecture, Replicated):
        return type(architecture.inner), architecture.replicas
    return type(architecture), 1
