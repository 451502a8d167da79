"""Real workers on loopback, for tests."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.processes import COMMAND, Child


def free_addresses(count: int) -> list[str]:
    """Addresses on loopback whose ports were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def start_worker(
    addresses: Sequence[str], index: int, words: Sequence[str], runs: Path | None = None
) -> Child:
    """Start `tastemap train --strategy multiworker` as one worker, maybe with its own folder of runs."""
    return start([COMMAND, "train", "--json", *words], addresses, index, runs)


def start(program: Sequence[str], addresses: Sequence[str], index: int, runs: Path | None = None) -> Child:
    """Start any Python code, with the words that follow it, as one worker."""
    task = {"cluster": {"worker": list(addresses)}, "task": {"type": "worker", "index": index}}
    environment = {**os.environ, "TF_CONFIG": json.dumps(task), "CUDA_VISIBLE_DEVICES": "-1"}
    if runs is not None:
        environment["TASTEMAP_RUNS"] = str(runs)
    return Child(*program, environment=environment)


def beyond_the_port(told: str) -> str:
    """What a worker said on standard error besides that TensorFlow opens a port, which each says once."""
    lines = told.splitlines(keepends=True)
    others = [line for line in lines if "all addresses of this machine" not in line]
    assert len(lines) - len(others) <= 1, told
    return "".join(others)
