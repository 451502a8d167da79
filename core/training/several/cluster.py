"""Who trains together: the workers named by TF_CONFIG."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import UsageError

EXAMPLE = (
    '{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}, "task": {"type": "worker", "index": 0}}'
)
"""TF_CONFIG of the first of two machines; the second has index 1."""


@dataclass(frozen=True)
class Cluster:
    """All workers as host:port, worker 0 (the chief, which leads) first; `index` is this process's own."""

    addresses: tuple[str, ...]
    index: int

    @property
    def leads(self) -> bool:
        """Whether this is worker 0, which runs the loop and writes the run."""
        return self.index == 0

    def name(self, index: int) -> str:
        """Name a worker for people, as in "worker 1 at 10.0.0.2:12345"."""
        return f"worker {index} at {self.addresses[index]}"

    def endpoint(self, index: int) -> tuple[str, int]:
        """Give a worker's host and port."""
        return _split(self.addresses[index])


def read_cluster(environment: Mapping[str, str] = os.environ) -> Cluster:
    """Read TF_CONFIG as TensorFlow would; raises UsageError where it is missing or can't be used."""
    text = environment.get("TF_CONFIG", "")
    if not text:
        raise UsageError("--strategy multiworker needs TF_CONFIG, which names the workers.", hint=_hint())
    try:
        values = json.loads(text)
        return _read(values["cluster"], values["task"])
    except KeyError as error:
        raise _refused(f"it has no {error}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise _refused(str(error)) from None


def _read(jobs: Any, task: Any) -> Cluster:
    if not isinstance(jobs, dict) or not isinstance(task, dict):
        raise TypeError("cluster and task must be objects")
    others = sorted(set(jobs) - {"chief", "worker"})
    if others:
        raise ValueError(f"it names {others[0]!r}, but only workers (and a chief) train here")
    chief, workers = (_addresses(jobs.get(job, []), job) for job in ("chief", "worker"))
    if len(chief) > 1:
        raise ValueError("it names more than one chief")
    addresses = (*chief, *workers)
    if len(addresses) < 2 or len(set(addresses)) < len(addresses):
        raise ValueError("it must name two workers at least, each once")
    return Cluster(addresses, _index(task, {"chief": chief, "worker": workers}))


def _addresses(values: Any, job: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"cluster.{job} must be a list of host:port")
    for value in values:
        _split(value)
    return tuple(values)


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{address!r} is no host:port")
    return host.strip("[]"), int(port)


def _index(task: dict[str, Any], jobs: dict[str, tuple[str, ...]]) -> int:
    job, number = task["type"], task["index"]
    if job not in jobs or type(number) is not int or not 0 <= number < len(jobs[job]):
        raise ValueError(f"there is no {job} {number} in its cluster")
    return number + (len(jobs["chief"]) if job == "worker" else 0)


def _refused(reason: str) -> UsageError:
    return UsageError(f"TF_CONFIG can't be used: {reason}.", hint=_hint())


def _hint() -> str:
    return f"As on the first of two machines: TF_CONFIG='{EXAMPLE}'."
