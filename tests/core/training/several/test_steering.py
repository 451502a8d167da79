"""The loops of all workers get the same commands in the same turn, with sums over threads for collectives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from core.contract.settings import Schedule
from core.protocol.commands import Command, Pause, Query, Resume, SetLearningRate, Stop
from core.runs.writer import Progress
from core.training.controls import Controls
from core.training.several._steering import SharedControls, follow, lead


@dataclass
class Meeting:
    """Where two threads add up their numbers and read each other's texts."""

    barrier: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=20))
    given: dict[int, Any] = field(default_factory=dict)

    def all(self, worker: int, own: Any) -> list[Any]:
        self.given[worker] = own
        self.barrier.wait()
        everyone = [self.given[0], self.given[1]]
        self.barrier.wait()
        return everyone


@dataclass
class Worker:
    """Stands for a worker's copies and its collectives."""

    worker: int
    meeting: Meeting
    workers: int = 2
    gathered: int = 0

    @property
    def collectives(self) -> Worker:
        return self

    def add_numbers(self, numbers: Any) -> Any:
        return np.sum(self.meeting.all(self.worker, np.asarray(numbers, float)), axis=0)

    def exchange(self, text: str) -> list[str]:
        return self.meeting.all(self.worker, text)

    def gather(self) -> None:
        self.gathered += 1


@pytest.fixture
def two() -> list[Worker]:
    meeting = Meeting()
    return [Worker(0, meeting), Worker(1, meeting)]


def both(*work: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(2) as pool:
        return [job.result(30) for job in [pool.submit(each) for each in work]]


def turn(*controls: Controls) -> list[Any]:
    return both(*(each.next for each in controls))


def shared(two: list[Worker]) -> tuple[list[Controls], list[SharedControls]]:
    own = [Controls(), Controls()]
    pairs = zip(own, two, strict=True)
    return own, [SharedControls(mine, worker) for mine, worker in pairs]  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [Pause(), Resume(), Stop(), SetLearningRate(0.0123456789)])
def test_what_worker_0_is_told_arrives_everywhere(two: list[Worker], command: Command) -> None:
    own, controls = shared(two)
    assert turn(*controls) == [None, None]
    own[0].send(command)
    assert turn(*controls) == [command, command]
    assert turn(*controls) == [None, None]


def test_any_worker_may_stop_all_and_no_other_command_of_it_counts(two: list[Worker]) -> None:
    own, controls = shared(two)
    own[1].pause()
    assert turn(*controls) == [None, None]
    query = Query(request="1", view="map")
    own[0].send(query)
    own[1].stop()
    assert turn(*controls) == [Stop(), Stop()]
    assert own[0].next() == query  # it is not lost
    assert [worker.gathered for worker in two] == [1, 1]


def test_a_query_is_worker_0_s_alone_after_all_have_gathered(two: list[Worker]) -> None:
    own, controls = shared(two)
    query = Query(request="1", view="map")
    own[0].send(query)
    assert turn(*controls) == [query, Command()]
    assert [worker.gathered for worker in two] == [1, 1]


@pytest.mark.parametrize("number", [0.123456789, None])
def test_all_go_by_worker_0_s_number(two: list[Worker], number: float | None) -> None:
    _, controls = shared(two)
    assert both(lambda: controls[0].agree(number), lambda: controls[1].agree(None)) == [number, number]


def test_the_plan_is_worker_0_s(two: list[Worker]) -> None:
    schedule, progress = Schedule((0.1, 1 / 3, 1e-7)), Progress(2, 0.7, 1, 0.9, 3.5, 1000)
    _, (_, taken, gone_on) = both(
        lambda: lead(two[0], Controls(), schedule, progress),  # type: ignore[arg-type]
        lambda: follow(two[1], Controls()),  # type: ignore[arg-type]
    )
    assert (taken, gone_on) == (schedule, progress)


def test_a_process_alone_is_steered_as_ever(two: list[Worker]) -> None:
    own = Controls()
    two[0].workers = 1
    assert lead(two[0], own, Schedule((0.1,)), Progress()) is own  # type: ignore[arg-type]
