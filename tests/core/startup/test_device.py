"""Devices by TensorFlow's names."""

from __future__ import annotations

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


def test_tensorflow_is_kept_to_one_thread_unless_it_computes_already() -> None:
    code = """
from core.startup import keep_to_one_thread, tf
if {begun}:
    tf.constant(1) + 1
keep_to_one_thread()
print(tf.config.threading.get_intra_op_parallelism_threads())
"""
    told = [
        subprocess.run(
            [sys.executable, "-c", code.format(begun=begun)], capture_output=True, text=True, check=True
        ).stdout.strip()
        for begun in (False, True)
    ]
    assert told == ["1", "0"]  # 0: as many as there are
