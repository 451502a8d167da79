"""Workers that don't come, or differ, are named in bounded time; ports that are taken are said."""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest

from core.errors import WorkerError
from core.training.several._meeting import refuse_differences, wait_for_all
from core.training.several.cluster import Cluster
from tests.core.training.several.workers import free_addresses, start

SAME: dict[str, Any] = {"seed": 1, "training ratings": "10 (SHA-256 aa)"}
MEET = """
import sys
from core.contract.settings import TrainingSettings
from core.errors import WorkerError
from core.training.several.cluster import read_cluster
from core.training.several._meeting import meet

try:
    meet(read_cluster(), TrainingSettings.parse({"device": "cpu"}), {"seed": sys.argv[1]}, float(sys.argv[2]))
except WorkerError as error:
    print(error)
    sys.exit(1)
print("met")
"""


def test_those_that_are_alike_train_together() -> None:
    refuse_differences([SAME, dict(SAME), dict(SAME)])


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({**SAME, "seed": 2}, "Worker 2 has seed 2, worker 0 has 1."),
        ({**SAME, "training ratings": "9 (SHA-256 bb)"}, "Worker 2 has training ratings 9 (SHA-256 bb)"),
        ({"seed": 1}, "Worker 2 has training ratings None"),
    ],
)
def test_one_that_differs_is_named_with_what_differs(theirs: dict[str, Any], said: str) -> None:
    with pytest.raises(WorkerError, match="started with the same flags") as caught:
        refuse_differences([SAME, SAME, theirs])
    assert said in str(caught.value)


def test_those_that_did_not_come_are_named_in_bounded_time() -> None:
    addresses = free_addresses(3)
    with (
        listening(addresses[1]),
        pytest.raises(WorkerError, match=f"Worker 2 at {addresses[2]} did not come in time"),
    ):
        wait_for_all(Cluster(tuple(addresses), 0), 0.5)
    with pytest.raises(
        WorkerError, match=f"Worker 0 at {addresses[0]} and worker 1 at {addresses[1]} did not"
    ):
        wait_for_all(Cluster(tuple(addresses), 2), 0.5)


def test_a_port_that_is_taken_is_said() -> None:
    addresses = free_addresses(2)
    with (
        listening(addresses[0]),
        pytest.raises(WorkerError, match=f"Worker 0 at {addresses[0]} can't listen"),
    ):
        wait_for_all(Cluster(tuple(addresses), 0), 0.5)


def test_each_waits_for_the_last() -> None:
    addresses = tuple(free_addresses(3))
    everyone = threading.Barrier(3, timeout=60)

    def come(index: int) -> None:
        wait_for_all(Cluster(addresses, index), 60)
        with listening(addresses[index]):  # as TensorFlow does from here on
            everyone.wait()

    with ThreadPoolExecutor(3) as pool:
        early = [pool.submit(come, index) for index in (0, 1)]
        assert wait(early, timeout=1).done == set()
        for job in [*early, pool.submit(come, 2)]:
            job.result(60)


def listening(address: str) -> socket.socket:
    return socket.create_server(("", int(address.rpartition(":")[2])))


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [["1", "1"], ["1", "2"]])
def test_two_processes_meet_or_say_how_they_differ(seeds: list[str]) -> None:
    addresses = free_addresses(2)
    children = [start([MEET, seed, "100"], addresses, index) for index, seed in enumerate(seeds)]
    told = [child.communicate(timeout=120)[0] for child in children]
    expected = "met\n" if seeds[0] == seeds[1] else "Worker 1 has seed 2, worker 0 has 1."
    assert all(expected in each for each in told), json.dumps(told)


@pytest.mark.slow
@pytest.mark.parametrize("index", [0, 1])
def test_a_process_that_stays_alone_gives_up_and_ends(index: int) -> None:
    addresses = free_addresses(2)
    child = start([MEET, "1", "3"], addresses, index)
    told, _ = child.communicate(timeout=120)
    assert f"Worker {1 - index} at {addresses[1 - index]} did not come in time" in told
    assert child.returncode == 1
