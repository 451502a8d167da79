"""Steer a training from another thread: commands in, read by the loop between slices."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from core.contract import Schedule
from core.protocol import Command, Pause, Resume, SetLearningRate, Stop
from core.runs import Progress


@dataclass
class Controls:
    """A mailbox of commands for one training; every method may be called from any thread."""

    _mailbox: queue.SimpleQueue[Command] = field(default_factory=queue.SimpleQueue)

    def send(self, command: Command) -> None:
        """Leave a command for the loop."""
        self._mailbox.put(command)

    def pause(self) -> None:
        """Hold training after the current slice."""
        self.send(Pause())

    def resume(self) -> None:
        """Go on after a pause."""
        self.send(Resume())

    def stop(self) -> None:
        """End training after the current slice and keep the best weights."""
        self.send(Stop())

    def set_learning_rate(self, learning_rate: float) -> None:
        """Use this learning rate from the next slice on; what is left of the schedule scales with it."""
        self.send(SetLearningRate(learning_rate))

    def next(self, wait_seconds: float | None = None) -> Command | None:
        """Take the next command; waits for one at most so long, and gives None if none came."""
        try:
            return self._mailbox.get(block=wait_seconds is not None, timeout=wait_seconds)
        except queue.Empty:
            return None

    def agree(self, number: float | None) -> float | None:
        """Give the number that all workers of a training go by: this one, where a process trains alone."""
        return number


@runtime_checkable
class LeadsWorkers(Protocol):
    """A trainer that several processes train together, each in a loop of its own."""

    def lead(self, controls: Controls, schedule: Schedule, progress: Progress) -> Controls:
        """Tell the other workers the plan; returns what steers the loops of all."""


def ignore(command: Command) -> None:
    """Do nothing with a command that doesn't steer."""
    del command
