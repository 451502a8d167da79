"""Workers meet on loopback, say how they differ, and notice at once when one goes."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from core.errors import WorkerError, WorkerLostError
from core.training.several.channel import Connection
from core.training.several.cluster import Cluster
from core.training.several.rendezvous import gather, join
from tests.core.training.several.workers import free_addresses

SAME = {"seed": 1, "training ratings": "10 (SHA-256 aa)"}


def meet(addresses: list[str], theirs: dict[str, Any], own: tuple[str, ...] = ()) -> tuple[Any, Any]:
    """What worker 0 and worker 1 get, connections or errors; worker 1 may have other addresses."""
    first, second = Cluster(tuple(addresses), 0), Cluster(own or tuple(addresses), 1)
    with ThreadPoolExecutor(2) as pool:
        leader, follower = pool.submit(gather, first, SAME, 60), pool.submit(join, second, theirs, 60)
        errors = leader.exception(), follower.exception()
        return tuple(error or job.result() for error, job in zip(errors, (leader, follower), strict=True))


def test_two_that_are_alike_meet_and_talk() -> None:
    (to_one,), to_zero = meet(free_addresses(2), SAME)
    with closing(to_one), closing(to_zero):
        to_one.send({"order": "begin"})
        to_one.send({"order": "run"})
        assert [to_zero.receive(5), to_zero.receive(5)] == [{"order": "begin"}, {"order": "run"}]
        with pytest.raises(TimeoutError):
            to_zero.receive(0.01)
        to_zero.check()


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({**SAME, "seed": 2}, "Worker 1 has seed 2, worker 0 has 1."),
        ({**SAME, "training ratings": "9 (SHA-256 bb)"}, "Worker 1 has training ratings 9 (SHA-256 bb)"),
        ({"seed": 1}, "Worker 1 has training ratings None"),
    ],
)
def test_two_that_differ_both_say_how(theirs: dict[str, Any], said: str) -> None:
    leader, follower = meet(free_addresses(2), theirs)
    for error in (leader, follower):
        assert isinstance(error, WorkerError)
        assert said in str(error)
    assert "started with the same flags" in str(leader)


def test_other_lists_of_workers_are_refused() -> None:
    addresses = free_addresses(3)
    leader, follower = meet(addresses[:2], SAME, (addresses[0], addresses[2]))
    assert "another list of workers in TF_CONFIG" in str(leader)
    assert "another list of workers in TF_CONFIG" in str(follower)


def test_one_that_does_not_come_is_named() -> None:
    addresses = free_addresses(2)
    with pytest.raises(WorkerError, match=f"Worker 1 at {addresses[1]} did not come in time"):
        gather(Cluster(tuple(addresses), 0), SAME, 0.5)
    with pytest.raises(WorkerError, match=f"Worker 0 at {addresses[0]} can't be reached"):
        join(Cluster(tuple(addresses), 1), SAME, 0.5)


def test_a_port_that_is_taken_is_said() -> None:
    addresses = free_addresses(2)
    with (
        socket.create_server(("", int(addresses[0].rpartition(":")[2]))),
        pytest.raises(WorkerError, match=f"Worker 0 at {addresses[0]} can't listen"),
    ):
        gather(Cluster(tuple(addresses), 0), SAME, 1)


def test_the_end_of_a_worker_is_noticed_at_once() -> None:
    (to_one,), to_zero = meet(free_addresses(2), SAME)
    to_zero.close()
    with closing(to_one):
        with pytest.raises(WorkerLostError, match="Worker 1 at .* is gone"):
            check_until_it_fails(to_one)
        with pytest.raises(WorkerLostError, match="is gone"):
            to_one.send({"order": "run"})


def test_the_reason_that_a_worker_gives_arrives_though_it_has_left() -> None:
    (to_one,), to_zero = meet(free_addresses(2), SAME)
    to_zero.send({"failed": "its disk is full."})
    to_zero.close()
    with closing(to_one), pytest.raises(WorkerLostError, match="Worker 1 at .* gave up: its disk is full"):
        check_until_it_fails(to_one)


def check_until_it_fails(connection: Connection) -> None:
    for _ in range(3000):
        connection.check()
        time.sleep(0.01)
