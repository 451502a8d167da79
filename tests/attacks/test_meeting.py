"""Who calls the port of a worker that waits for the others: nobody is read, and nobody holds it up."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from core.errors import WorkerError
from core.training.several import _meeting as meeting
from core.training.several._collectives import silent
from core.training.several.cluster import Cluster


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_address_of_tf_config_is_the_one_that_listens() -> None:
    cluster = Cluster((f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"), 0)
    with meeting._listen(cluster) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("kind", ["deep JSON", "drips", "floods"])
def test_a_stranger_neither_ends_nor_outlasts_the_wait(kind: str) -> None:
    port, nobody = free_port(), socket.socket()
    nobody.bind(("127.0.0.1", 0))  # held and not listened on: no other program answers there
    cluster = Cluster((f"127.0.0.1:{port}", f"127.0.0.1:{nobody.getsockname()[1]}"), 0)
    over = threading.Event()
    heard: list[bytes] = []

    def attack() -> None:
        while not over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as stranger:
                    if stranger.getsockname() == stranger.getpeername():
                        continue  # nobody listened yet, and it was given the very port that it calls
                    stranger.settimeout(1)
                    stranger.sendall(b"[" * (1 if kind == "drips" else 100_000))
                    if kind != "floods":
                        heard.append(stranger.recv(10))
                        time.sleep(0.05)
            except OSError:
                time.sleep(0.01)

    strangers = [threading.Thread(target=attack) for _ in range(4)]
    for one in strangers:
        one.start()
    started = time.monotonic()
    try:
        with pytest.raises(WorkerError, match=r"Worker 1 at .* did not come in time"):
            meeting.wait_for_all(cluster, 1.5)
        assert time.monotonic() - started < 60  # it ends at all: the strangers go on until told to stop
    finally:
        over.set()
        nobody.close()
        for one in strangers:
            one.join()
    assert not any(heard)


def test_a_probe_that_meets_itself_is_told_from_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """TCP lets a socket connect to its own port, where that is free and given to it."""

    def itself(endpoint: tuple[str, int], timeout: float) -> socket.socket:
        alone = socket.socket()
        alone.settimeout(timeout)
        alone.bind(endpoint)
        alone.connect(endpoint)
        return alone

    monkeypatch.setattr(socket, "create_connection", itself)
    free = free_port()
    assert silent(Cluster(("127.0.0.1:1", f"127.0.0.1:{free}"), 0)) == [1]
