"""Devices by TensorFlow's names."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from core.startup import is_cpu


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/CPU:0", True),
        ("/GPU:0", False),
        ("/job:localhost/replica:0/task:0/device:CPU:1", True),
        ("/job:worker/replica:0/task:1/device:CPU:0", True),
        ("/job:worker/replica:0/task:1/device:GPU:0", False),
    ],
)
def test_a_cpu_is_known_by_any_of_its_names(name: str, expected: bool) -> None:
    assert is_cpu(name) is expected


def test_tensorflow_is_kept_to_one_thread_unless_it_computes_already_or_is_told_otherwise() -> None:
    code = """
from core.startup import keep_to_one_thread, tf
if {begun}:
    tf.constant(1) + 1
keep_to_one_thread()
print(tf.config.threading.get_intra_op_parallelism_threads())
"""
    environment = {name: value for name, value in os.environ.items() if name != "TF_NUM_INTRAOP_THREADS"}

    def told(*, begun: bool, **more: str) -> str:
        words = [sys.executable, "-c", code.format(begun=begun)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env={**environment, **more})
        return done.stdout.strip()

    assert told(begun=False) == "1"
    assert told(begun=True) == told(begun=False, TF_NUM_INTRAOP_THREADS="3") == "0"
