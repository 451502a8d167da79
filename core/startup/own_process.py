"""What Tastemap does to the interpreter in processes that are its own: the command and the engine's child.

TensorFlow brings half a million objects that live to the end. Each full garbage collection looks through
them, and the interpreter does so several times when it ends, which alone took half a second.
"""

from __future__ import annotations

import atexit
import gc

_claimed: list[bool] = []


def claim_process() -> None:
    """Say that this process belongs to Tastemap alone; call it once, before the work begins."""
    if not _claimed:
        _claimed.append(True)
        atexit.register(gc.freeze)


def settle() -> None:
    """Spare all that lives now from garbage collection; does nothing in a process that isn't our own.

    A guest must not do it: cycles of the host's objects would never be freed.
    """
    if _claimed:
        gc.freeze()
