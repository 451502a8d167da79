"""The same plan and the same commands for the loops of all workers, in the same turn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from core.contract import Schedule
from core.protocol import Command, Pause, Resume, SetLearningRate, Stop
from core.runs import Progress
from core.training import Controls

if TYPE_CHECKING:
    from core.training.several.copies import Copies

PAUSE_SECONDS = 0.5
"""While paused, the workers sum their wishes at least so often, which tells when one dies."""


class SharedControls(Controls):
    """What worker 0 is told, and a stop from any worker, for the loop of each: every call is a sum over all.

    Before a stop or a command that only worker 0 can answer, all collect the users' rows, so that worker 0
    may look at the model alone.
    """

    def __init__(self, own: Controls, copies: Copies) -> None:
        super().__init__()
        self._own, self._copies = own, copies
        self._leads = copies.collectives.worker == 0

    def next(self, wait_seconds: float | None = None) -> Command | None:
        """Take the next command; a query, which worker 0 alone can answer, is a bare Command elsewhere."""
        wish = self._wish(None if wait_seconds is None else PAUSE_SECONDS)
        stop, pause, resume, rate, looks = self._copies.collectives.add_numbers(_numbers(wish)).tolist()
        if stop and wish is not None and not isinstance(wish, Stop):
            self._own.send(wish)  # someone may wait for its answer
        if stop or looks:
            self._copies.gather()
        agreed = wish if self._leads else _command(pause, resume, rate, looks)
        return Stop() if stop else agreed

    def agree(self, number: float | None) -> float | None:
        """Give worker 0's number to all, after all have gathered what it looked at for it."""
        self._copies.gather()
        mine = [1.0, number] if self._leads and number is not None else [0.0, 0.0]
        count, total = self._copies.collectives.add_numbers(mine).tolist()
        return float(total) if count else None

    def _wish(self, wait_seconds: float | None) -> Command | None:
        if self._leads:
            return self._own.next(wait_seconds)
        command = self._own.next()
        while command is not None and not isinstance(command, Stop):
            command = self._own.next()
        return command


def lead(copies: Copies, own: Controls, schedule: Schedule, progress: Progress) -> Controls:
    """Tell the other workers the plan, if there are any; returns the controls of worker 0's loop."""
    if copies.collectives.workers == 1:
        return own
    plan = {"learning_rates": schedule.learning_rates, "progress": progress.to_dict()}
    copies.collectives.exchange(json.dumps(plan))
    return SharedControls(own, copies)


def follow(copies: Copies, own: Controls) -> tuple[Controls, Schedule, Progress]:
    """Take worker 0's plan; returns the controls, schedule and progress of any other worker's loop."""
    plan = json.loads(copies.collectives.exchange("")[0])
    schedule = Schedule(tuple(plan["learning_rates"]))
    return SharedControls(own, copies), schedule, Progress.from_dict(plan["progress"])


def _numbers(command: Command | None) -> list[float]:
    steers = [float(isinstance(command, kind)) for kind in (Stop, Pause, Resume)]
    rate = command.learning_rate if isinstance(command, SetLearningRate) else 0.0
    looks = command is not None and not any((*steers, rate))
    return [*steers, rate, float(looks)]


def _command(pause: float, resume: float, rate: float, looks: float) -> Command | None:
    if pause or resume:
        return Pause() if pause else Resume()
    if rate:
        return SetLearningRate(rate)
    return Command() if looks else None
