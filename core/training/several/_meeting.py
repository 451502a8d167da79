"""Bring the workers together: wait for all, for a bounded time, and see that they train the same thing."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.metadata import version

import numpy as np

from core.contract import Architecture, TrainingData, TrainingSettings
from core.errors import WorkerError
from core.options import ArchitectureOptions
from core.startup import tf
from core.training.several._collectives import Collectives, silent
from core.training.several._devices import multiworker_strategy
from core.training.several.cluster import Cluster

_log = logging.getLogger("tastemap")
_OPEN = (
    "TensorFlow opens port {port} at all addresses of this machine, encrypts nothing and asks nobody who "
    "calls: let only the other workers reach it"
)

WAIT_SECONDS = 120.0
"""The workers have so long to come together: time to start a command on each machine and to read the data."""

CONNECT_SECONDS = 90.0
"""TensorFlow has so long to connect the workers once all are there."""

_WATCHDOG = """
import os, sys, time
seconds, parent, told = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
time.sleep(seconds)
if os.getppid() == parent:
    print(told, file=sys.stderr, flush=True)
    os.kill(parent, 9)
"""


def meet(
    cluster: Cluster,
    settings: TrainingSettings,
    identity: Mapping[str, object],
    wait_seconds: float = WAIT_SECONDS,
) -> Collectives:
    """Connect with all other workers, for sums over them, and compare identities (JSON values, by name).

    Raises WorkerError where one doesn't come in time or differs from worker 0; every worker then says so.
    """
    wait_for_all(cluster, wait_seconds)
    _log.warning(_OPEN.format(port=cluster.endpoint(cluster.index)[1]))
    try:
        with _bounded(CONNECT_SECONDS), _keeping_sigterm():
            collectives = Collectives(multiworker_strategy(settings), cluster)
            told = collectives.exchange(json.dumps(dict(identity)))
    except tf.errors.OpError as error:
        raise _told(cluster, error) from error
    refuse_differences([json.loads(text) for text in told])
    return collectives


def wait_for_all(cluster: Cluster, seconds: float) -> None:
    """Wait until every other worker's port answers, as this one's does meanwhile; what calls is hung up.

    Raises WorkerError that names those who don't come, or says that this worker's port is taken.
    """
    deadline = time.monotonic() + seconds
    with closing(_listen(cluster)) as listener:
        while missing := silent(cluster):
            if time.monotonic() > deadline:
                raise _late(cluster, missing)
            time.sleep(0.2)
            _hang_up(listener)


def _listen(cluster: Cluster) -> socket.socket:
    """Listen where TensorFlow soon will."""
    host, port = cluster.endpoint(cluster.index)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = _bind(host, port, family)
    except OSError as error:
        hint = "TF_CONFIG must name a free port of this machine for it."
        name = cluster.name(cluster.index).capitalize()
        raise WorkerError(f"{name} can't listen: {error.strerror or error}.", hint=hint) from None
    listener.setblocking(False)
    return listener


def _bind(host: str, port: int, family: int) -> socket.socket:
    """Listen at the address of TF_CONFIG alone; a name led here by a router is none of ours."""
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise
    return socket.create_server(("", port), family=family)


MOST_CALLS = 1000
"""So many callers are hung up at a time: whoever calls without end keeps nobody from looking at the clock."""


def _hang_up(listener: socket.socket) -> None:
    """Close what has called, unread: a caller only wants to know that somebody is here."""
    with suppress(BlockingIOError, ConnectionError):  # nobody else has called, or it is gone again
        for _ in range(MOST_CALLS):
            listener.accept()[0].close()


def _late(cluster: Cluster, missing: list[int]) -> WorkerError:
    names = " and ".join(cluster.name(index) for index in missing)
    hint = "Start the same command there, with its own index in TF_CONFIG, and check that ports are open."
    return WorkerError(f"{names.capitalize()} did not come in time.", hint=hint)


def _told(cluster: Cluster, error: Exception) -> WorkerError:
    hint = "Does each have an index of its own in TF_CONFIG, and as many GPUs?"
    reason = " ".join(str(error).split())[:300]
    return WorkerError(f"{cluster.name(cluster.index).capitalize()} could not join: {reason}", hint=hint)


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """End this process, with a plain line, where the block takes longer.

    TensorFlow connects with Python's lock held, and for a worker that died just then, or a port that is
    another program's, it would wait an hour: no thread could end that, so another process does.
    """
    told = "tastemap: TensorFlow could not connect the workers. Are all there, and are the ports theirs?"
    command = [sys.executable, "-S", "-c", _WATCHDOG, str(seconds), str(os.getpid()), told]
    watchdog = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own words, no shell
    try:
        yield
    finally:
        watchdog.kill()
        watchdog.wait()


@contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """TensorFlow takes SIGTERM for news of its machine's end, and would let a worker live on."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


OWN = frozenset({"adapt", "epochs", "schedule", "device"})
"""Settings that a worker may have of its own: worker 0 decides the first three, the last is the machine's."""


def identity_of(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> dict[str, object]:
    """Name versions, choices and the training ratings (table and split) in words for people."""
    choices = {**options.to_dict(), **settings.to_dict()}
    return {
        "tastemap": version("tastemap"),
        "TensorFlow": version("tensorflow"),
        "architecture": architecture.name,
        **{name.replace("_", " "): value for name, value in choices.items() if name not in OWN},
        "training ratings": f"{len(data):,} (SHA-256 {fingerprint(data)[:16]})",
    }


def refuse_differences(identities: Sequence[Mapping[str, object]]) -> None:
    """Raise WorkerError where a worker's identity is not that of worker 0, the first; says in what."""
    first = identities[0]
    for index, theirs in enumerate(identities):
        for name in first:
            if theirs.get(name) != first[name]:
                told = f"Worker {index} has {name} {theirs.get(name)}, worker 0 has {first[name]}."
                hint = "All must read the same table and be started with the same flags."
                raise WorkerError(told, hint=hint)


def fingerprint(data: TrainingData) -> str:
    """SHA-256 (hex) over the training ratings in order, which the table and its split decide together."""
    digest = hashlib.sha256(f"{data.user_count} {data.item_count}".encode())
    for column in (data.users, data.items, data.targets):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
