"""What XLA is told before it compiles anything.

On a CPU it unrolls inner loops of up to some hundred turns into single loads and stores before it looks for
vectors, and finds none in them: to gather a row of 65 numbers took three times as long as it should.
"""

from __future__ import annotations

import os

_FLAGS, _EXTRA, _ROLLED = "XLA_FLAGS", "--xla_backend_extra_options", "xla_cpu_disable_loop_unrolling"


def keep_loops_rolled() -> None:
    """Tell XLA to keep loops as they are, before its first compilation; flags that the user gave win."""
    flags = os.environ.get(_FLAGS, "")
    if _EXTRA not in flags:
        os.environ[_FLAGS] = f"{flags} {_EXTRA}={_ROLLED}".strip()
