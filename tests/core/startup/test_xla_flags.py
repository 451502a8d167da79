"""XLA compiles as we want it to, unless the user told it otherwise."""

from __future__ import annotations

import os

import pytest

from core.startup._xla_flags import choose_xla_flags

_ROLLED = "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling"
_GRAPHS = "--xla_gpu_enable_command_buffer=FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,CONDITIONAL,WHILE"
_SMALL = "--xla_gpu_graph_min_graph_size=1"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, f"{_ROLLED} {_GRAPHS} {_SMALL}"),
        ("--a=1", f"--a=1 {_ROLLED} {_GRAPHS} {_SMALL}"),
        ("--xla_backend_extra_options=other", f"--xla_backend_extra_options=other {_GRAPHS} {_SMALL}"),
        ("--xla_gpu_enable_command_buffer=", f"--xla_gpu_enable_command_buffer= {_ROLLED} {_SMALL}"),
    ],
)
def test_flags_of_the_user_stay_and_a_second_call_adds_nothing(
    given: str | None, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    if given is not None:
        monkeypatch.setenv("XLA_FLAGS", given)
    for _ in range(2):
        choose_xla_flags()
        assert os.environ["XLA_FLAGS"] == kept
