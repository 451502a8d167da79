"""How many batches fit between two looks at the commands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

TARGET_SECONDS = 0.15
_FIRST_GUESS = 256


@dataclass
class Pace:
    """Learns how many batches fit into a slice of about `TARGET_SECONDS`."""

    batches_per_second: float = _FIRST_GUESS / TARGET_SECONDS

    def next_count(self, left: int) -> int:
        """Give the number of batches of the next slice, of `left` batches left in the epoch."""
        return max(1, min(left, round(self.batches_per_second * TARGET_SECONDS)))

    def learn(self, batches: int, seconds: float) -> None:
        """Note how long a slice took; follows a change of speed within two slices, but grows at most 8×."""
        measured = batches / max(seconds, 1e-6)
        self.batches_per_second = min(measured, 8 * self.batches_per_second)

    @contextmanager
    def learning(self, batches: int) -> Iterator[None]:
        """Note how long the block took for so many batches."""
        started = time.perf_counter()
        yield
        self.learn(batches, time.perf_counter() - started)
