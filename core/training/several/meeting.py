"""Bring the workers together: wait for all, for a bounded time, and see that they train the same thing."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from core.contract.settings import TrainingSettings
from core.errors import TastemapError, WorkerError
from core.startup.backend import tf
from core.training.several.cluster import Cluster
from core.training.several.collectives import Collectives
from core.training.several.devices import multiworker_strategy
from core.training.several.identity import refuse_differences
from core.training.several.losses import silent

WAIT_SECONDS = 120.0
"""The workers have so long to come together: time to start a command on each machine and to read the data."""

Made = TypeVar("Made")


def meet(
    cluster: Cluster,
    settings: TrainingSettings,
    identity: Mapping[str, object],
    wait_seconds: float = WAIT_SECONDS,
) -> Collectives:
    """Connect with all other workers, for sums over them, and compare identities (JSON values, by name).

    Raises WorkerError where one doesn't come in time or differs from worker 0; every worker then says so.
    """
    _refuse_a_taken_port(cluster)

    def connect() -> tuple[Collectives, list[str]]:
        collectives = Collectives(multiworker_strategy(settings), cluster)
        return collectives, collectives.exchange(json.dumps(dict(identity)))

    with _keeping_sigterm():
        collectives, told = _within(wait_seconds, connect, cluster)
    refuse_differences([json.loads(text) for text in told])
    return collectives


def _within(seconds: float, work: Callable[[], Made], cluster: Cluster) -> Made:
    """Work on another thread: TensorFlow itself would wait an hour for a worker that doesn't come."""
    made: list[Made] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            made.append(work())
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            failed.append(error)

    worker = threading.Thread(target=run, daemon=True, name="meeting")
    worker.start()
    worker.join(seconds)
    if worker.is_alive():
        raise _late(cluster)
    if failed:
        raise _told(cluster, failed[0]) from failed[0]
    return made[0]


def _late(cluster: Cluster) -> WorkerError:
    missing = " and ".join(cluster.name(index) for index in silent(cluster))
    if not missing:
        return WorkerError(
            "TensorFlow could not connect the workers.", hint="Do all name the same in TF_CONFIG?"
        )
    hint = "Start the same command there, with its own index in TF_CONFIG, and check that ports are open."
    return WorkerError(f"{missing.capitalize()} did not come in time.", hint=hint)


def _told(cluster: Cluster, error: Exception) -> Exception:
    if isinstance(error, TastemapError) or not isinstance(error, tf.errors.OpError):
        return error
    hint = "Does each have an index of its own in TF_CONFIG, and as many GPUs?"
    reason = " ".join(str(error).split())[:300]
    return WorkerError(f"{cluster.name(cluster.index).capitalize()} could not join: {reason}", hint=hint)


def _refuse_a_taken_port(cluster: Cluster) -> None:
    """TensorFlow will listen there, and would leave the others waiting if it can't."""
    host, port = cluster.endpoint(cluster.index)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server(("", port), family=family).close()
    except OSError as error:
        hint = "TF_CONFIG must name a free port of this machine for it."
        name = cluster.name(cluster.index).capitalize()
        raise WorkerError(f"{name} can't listen: {error.strerror or error}.", hint=hint) from None


@contextmanager
def _keeping_sigterm() -> Iterator[None]:
    """TensorFlow takes SIGTERM for news of its machine's end, and would let a worker live on."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
