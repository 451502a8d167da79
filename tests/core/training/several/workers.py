"""Real workers on loopback, for tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

COMMAND = [sys.executable, "-c", "from core.cli import main; main()", "train"]


def free_addresses(count: int) -> list[str]:
    """Addresses on loopback whose ports were free a moment ago."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def start_worker(
    addresses: Sequence[str], index: int, words: Sequence[str], runs: Path | None = None
) -> subprocess.Popen[str]:
    """Start `tastemap train --strategy multiworker` as one worker, maybe with its own folder of runs."""
    task = {"cluster": {"worker": list(addresses)}, "task": {"type": "worker", "index": index}}
    environment = {**os.environ, "TF_CONFIG": json.dumps(task), "CUDA_VISIBLE_DEVICES": "-1"}
    if runs is not None:
        environment["TASTEMAP_RUNS"] = str(runs)
    return subprocess.Popen(
        [*COMMAND, "--json", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
