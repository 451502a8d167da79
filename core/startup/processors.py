"""How many processors this process may use."""

from __future__ import annotations

import contextlib
import os

_THREADS = "TF_NUM_INTRAOP_THREADS"


def usable_processors() -> int:
    """Count the processors that the system lets this process run on, which may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_to_one_thread() -> None:
    """Let this process's TensorFlow compute on one thread, where it hasn't begun to compute.

    A step of gathered rows is some thirty kernels of a few microseconds each. Two threads that share them
    take twice the processor's time, and longer by the clock, since rows go from one core's cache to the
    other's. A number in TF_NUM_INTRAOP_THREADS wins.
    """
    from core.startup._backend import tf

    if os.environ.get(_THREADS):
        return
    with contextlib.suppress(RuntimeError):  # it computes already: slower, with the same numbers
        tf.config.threading.set_intra_op_parallelism_threads(1)
