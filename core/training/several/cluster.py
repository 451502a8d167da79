"""Who trains together: the workers named by TF_CONFIG."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from core.errors import UsageError

EXAMPLE = (
    '{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}, "task": {"type": "worker", "index": 0}}'
)
"""TF_CONFIG of the first of two machines; the second has index 1."""


@dataclass(frozen=True)
class Cluster:
    """All workers as host:port, worker 0 first, which is the chief where there is one (`chiefs` is then 1).

    `index` is this process's own.
    """

    addresses: tuple[str, ...]
    index: int
    chiefs: int = 0

    @property
    def leads(self) -> bool:
        """Whether this is worker 0, which is steered, evaluates and writes the run."""
        return self.index == 0

    def name(self, index: int) -> str:
        """Name a worker for people, as in "worker 1 at 10.0.0.2:12345"."""
        return f"worker {index} at {self.addresses[index]}"

    def endpoint(self, index: int) -> tuple[str, int]:
        """Give a worker's host and port."""
        return _split(self.addresses[index])


def read_cluster() -> Cluster:
    """Read TF_CONFIG with TensorFlow's resolver; raises UsageError where it is missing or can't be used."""
    if not os.environ.get("TF_CONFIG"):
        raise UsageError("--strategy multiworker needs TF_CONFIG, which names the workers.", hint=_HINT)
    from core.startup import tf

    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    try:
        return _validated(resolver.cluster_spec().as_dict(), resolver.task_type, resolver.task_id)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(f"TF_CONFIG can't be used: {str(error).rstrip('.')}.", hint=_HINT) from None


def _validated(jobs: dict[str, Any], job: str | None, number: int | None) -> Cluster:
    others = sorted(set(jobs) - {"chief", "worker"})
    if others:
        raise ValueError(f"it names {others[0]!r}, but only workers (and a chief) train here")
    chief, workers = (tuple(jobs.get(name, ())) for name in ("chief", "worker"))
    addresses = (*chief, *workers)
    if len(chief) > 1:
        raise ValueError("it names more than one chief")
    if len(addresses) < 2 or len(set(addresses)) < len(addresses):
        raise ValueError("it must name two workers at least, each once")
    for address in addresses:
        _split(address)
    if job is None or number is None:
        raise ValueError("its task must have a type and an index")
    if not 0 <= number < len(jobs.get(job, ())):
        raise ValueError(f"there is no {job} {number} in its cluster")
    return Cluster(addresses, number + (len(chief) if job == "worker" else 0), len(chief))


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{address!r} is no host:port")
    return host.strip("[]"), int(port)


_HINT = f"As on the first of two machines: TF_CONFIG='{EXAMPLE}'."
