"""Say which worker is gone when TensorFlow's collectives fail."""

from __future__ import annotations

import re
import socket

from core.errors import WorkerLostError
from core.startup.backend import tf
from core.training.several.cluster import Cluster

LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
)
"""What a collective raises where another worker has died, within some ten seconds."""

_PROBE_SECONDS = 2.0


def lost(cluster: Cluster, error: Exception) -> WorkerLostError:
    """Name the workers that are gone: those whose ports don't answer, or whom TensorFlow names."""
    gone = silent(cluster) or _named(cluster, str(error))
    if not gone:
        return WorkerLostError(f"The workers lost touch ({type(error).__name__}).")
    names = " and ".join(cluster.name(index) for index in gone)
    return WorkerLostError(f"{names.capitalize()} {'are' if len(gone) > 1 else 'is'} gone.")


def silent(cluster: Cluster) -> list[int]:
    """The other workers that don't listen on their port."""
    others = (index for index in range(len(cluster.addresses)) if index != cluster.index)
    return [index for index in others if not _listens(cluster.endpoint(index))]


def _listens(endpoint: tuple[str, int]) -> bool:
    try:
        socket.create_connection(endpoint, timeout=_PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def _named(cluster: Cluster, told: str) -> list[int]:
    """The workers in TensorFlow's words: tasks by job and number, or worker 0, which takes heartbeats."""
    tasks = re.findall(r"/job:(chief|worker)/(?:replica:\d+/)?task:(\d+)", told)
    found = {int(number) + (cluster.chiefs if job == "worker" else 0) for job, number in tasks}
    if not found and "CoordinationService" in told:
        found = {0}
    return sorted(found - {cluster.index})
