"""What XLA is told before it compiles anything.

On a CPU it unrolls inner loops of up to some hundred turns into single loads and stores before it looks for
vectors, and finds none in them: to gather a row of 65 numbers took three times as long as it should.

On a GPU the host starts each kernel of a batch and asks after every batch whether another follows, which
takes as long as a quarter of the kernels. As a CUDA graph the whole loop is started once.
"""

from __future__ import annotations

import os

_FLAGS = "XLA_FLAGS"
_WANTED = {
    "--xla_backend_extra_options": "xla_cpu_disable_loop_unrolling",
    "--xla_gpu_enable_command_buffer": "FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,CONDITIONAL,WHILE",
    "--xla_gpu_graph_min_graph_size": "1",
}


def choose_xla_flags() -> None:
    """Tell XLA how to compile, before its first compilation; flags that the user gave win."""
    flags = os.environ.get(_FLAGS, "")
    ours = (f"{flag}={value}" for flag, value in _WANTED.items() if flag not in flags)
    os.environ[_FLAGS] = " ".join([flags, *ours]).strip()
