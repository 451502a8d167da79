"""The chains of a training, which sweep side by side where processors and memory allow."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from core import FloatArray, TrainingData, usable_processors
from models_plugins.bayes._host_sweep import HostSweep
from models_plugins.bayes._sampler import Sampler, Sweeps
from models_plugins.bayes._sweep import Sweep

_ROOM = 128_000_000
"""Chains that sweep at once work on at most so many float32 numbers together (512 MB)."""


class Sample(NamedTuple):
    """What a sweep drew: its sum of squared errors, both sides' rows, every user's noise precision."""

    error: float
    rows: tuple[FloatArray, FloatArray]
    noise: FloatArray


def sweeps_for(data: TrainingData, width: int, device: str, chains: int) -> list[Sweeps]:
    """A sweep for each chain; chains that share one can't sweep at once.

    A GPU wants one compiled program. A CPU is faster by sparse products, and draws the same: with a thread a
    chain, since a sweep cut into pieces for threads takes longer on small tables, and with as many more for
    each chain as there are processors left.
    """
    if not device.startswith("/CPU"):
        return [Sweep(data, width, device)] * chains
    processors = usable_processors()
    if processors == 1 or not _fit(data, width, chains):
        return [HostSweep(data, width, processors)] * chains
    first = HostSweep(data, width, max(1, processors // chains))
    return [first, *(first.beside() for _ in range(chains - 1))]


def _fit(data: TrainingData, width: int, chains: int) -> bool:
    """Whether all chains have room at once; each keeps sums and products for every row of both sides."""
    numbers = (width + 1) * (width + 2) // 2 * (2 * data.user_count + data.item_count)
    return chains * numbers <= _ROOM


class Chains:
    """Runs all chains to the same sweep; each draws from generators of its own, so order doesn't matter."""

    def __init__(self, samplers: Sequence[Sampler], sweeps: Sequence[Sweeps]) -> None:
        apart = len({id(sweep) for sweep in sweeps})
        self._samplers = samplers
        self._threads = ThreadPoolExecutor(apart, thread_name_prefix="chain") if apart > 1 else None

    def run(self, numbers: range) -> list[list[Sample]]:
        """Run sweeps of these numbers; returns each chain's samples."""
        run = partial(_run, numbers=numbers)
        return list(self._threads.map(run, self._samplers) if self._threads else map(run, self._samplers))


def _run(sampler: Sampler, numbers: range) -> list[Sample]:
    return [Sample(sampler.step(number), sampler.rows, sampler.noise) for number in numbers]
