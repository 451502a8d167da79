"""Bring the workers together: wait for all, for a bounded time, and see that they train the same thing."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from contextlib import closing, suppress

from core.errors import WorkerError
from core.training.several.channel import Connection, Message
from core.training.several.cluster import Cluster

WAIT_SECONDS = 120.0
"""The workers have so long to come together: time to start a command on each machine and to read the data."""

Identity = Mapping[str, object]
"""What must be the same on all workers, by the words that people know it by; JSON values."""


def gather(cluster: Cluster, identity: Identity, wait_seconds: float = WAIT_SECONDS) -> list[Connection]:
    """Worker 0 waits for all others; returns the connections to them in the cluster's order.

    Raises WorkerError where one doesn't come in time or differs from this worker; those who came are told.
    """
    arrived: dict[int, Connection] = {}
    deadline = time.monotonic() + wait_seconds
    try:
        with closing(_listen(cluster)) as listener:
            while len(arrived) < len(cluster.addresses) - 1:
                index, connection = _admit(listener, cluster, identity, deadline, arrived)
                arrived[index] = connection
        for connection in arrived.values():
            connection.send({"welcome": True})
    except BaseException as error:
        for connection in arrived.values():
            _turn_away(connection, str(error))
        raise
    return [arrived[index] for index in sorted(arrived)]


def join(cluster: Cluster, identity: Identity, wait_seconds: float = WAIT_SECONDS) -> Connection:
    """Any other worker reports to worker 0, which may not be there yet; returns the connection to it.

    Raises WorkerError where worker 0 can't be reached in time, or refuses.
    """
    _check_port(cluster)
    deadline = time.monotonic() + wait_seconds
    connection = Connection(_connect(cluster, deadline), cluster.name(0))
    hello = {"worker": cluster.index, "workers": list(cluster.addresses), "identity": dict(identity)}
    connection.send(hello)
    try:
        connection.receive(max(0.1, deadline - time.monotonic()) + 5)
    except TimeoutError:
        raise WorkerError(f"The other workers did not all come within {wait_seconds:g} s.") from None
    return connection


def _listen(cluster: Cluster) -> socket.socket:
    host, port = cluster.endpoint(cluster.index)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server(("", port), family=family)
    except OSError as error:
        reason = error.strerror or error
        hint = "TF_CONFIG must name a free port of this machine for it."
        name = cluster.name(cluster.index).capitalize()
        raise WorkerError(f"{name} can't listen: {reason}.", hint=hint) from None


def _check_port(cluster: Cluster) -> None:
    """TensorFlow will listen there only later, and would then leave the others waiting if it can't."""
    _listen(cluster).close()


def _admit(
    listener: socket.socket,
    cluster: Cluster,
    identity: Identity,
    deadline: float,
    arrived: Mapping[int, Connection],
) -> tuple[int, Connection]:
    while True:
        for connection in arrived.values():
            connection.check()
        listener.settimeout(0.2)
        try:
            accepted, address = listener.accept()
        except TimeoutError:
            _refuse_lateness(cluster, arrived, deadline)
            continue
        connection = Connection(accepted, f"a caller from {address[0]}")
        try:
            hello = connection.receive(5)
        except (TimeoutError, WorkerError):
            connection.close()  # a port scanner, say
            continue
        return _compare(connection, hello, cluster, identity, arrived), connection


def _refuse_lateness(cluster: Cluster, arrived: Mapping[int, Connection], deadline: float) -> None:
    if time.monotonic() < deadline:
        return
    missing = [cluster.name(n) for n in range(1, len(cluster.addresses)) if n not in arrived]
    hint = "Start the same command there, with its own index in TF_CONFIG, and check that ports are open."
    raise WorkerError(f"{' and '.join(missing).capitalize()} did not come in time.", hint=hint)


def _compare(
    connection: Connection,
    hello: Message,
    cluster: Cluster,
    identity: Identity,
    arrived: Mapping[int, Connection],
) -> int:
    try:
        index = hello.get("worker")
        if hello.get("workers") != list(cluster.addresses):
            raise WorkerError(f"Worker {index} has another list of workers in TF_CONFIG than worker 0.")
        if type(index) is not int or not 0 < index < len(cluster.addresses) or index in arrived:
            raise WorkerError(f"There are two workers {index}.", hint="Give each its own index in TF_CONFIG.")
        _refuse_difference(index, hello.get("identity"), identity)
    except WorkerError as error:
        _turn_away(connection, str(error))
        raise
    connection.peer = cluster.name(index)
    return index


def _refuse_difference(index: int, theirs: object, mine: Identity) -> None:
    theirs = theirs if isinstance(theirs, dict) else {}
    different = [name for name in mine if theirs.get(name) != mine[name]]
    if different:
        name = different[0]
        told = f"Worker {index} has {name} {theirs.get(name)}, worker 0 has {mine[name]}."
        raise WorkerError(told, hint="All must read the same table and be started with the same flags.")


def _turn_away(connection: Connection, reason: str) -> None:
    with suppress(WorkerError):  # it may have gone by itself
        connection.send({"failed": reason})
    connection.close()


def _connect(cluster: Cluster, deadline: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(cluster.endpoint(0), timeout=5)
        except OSError as error:
            if time.monotonic() >= deadline:
                reason = error.strerror or error
                hint = "Start the same command there, and check that its port is open from here."
                name = cluster.name(0).capitalize()
                raise WorkerError(f"{name} can't be reached: {reason}.", hint=hint) from None
        time.sleep(0.2)
