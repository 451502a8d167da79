"""XLA keeps loops as they are, unless the user told it otherwise."""

from __future__ import annotations

import os

import pytest

from core.startup._xla_flags import keep_loops_rolled


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling"),
        ("--a=1", "--a=1 --xla_backend_extra_options=xla_cpu_disable_loop_unrolling"),
        ("--xla_backend_extra_options=other", "--xla_backend_extra_options=other"),
    ],
)
def test_flags_of_the_user_stay_and_a_second_call_adds_nothing(
    given: str | None, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    if given is not None:
        monkeypatch.setenv("XLA_FLAGS", given)
    for _ in range(2):
        keep_loops_rolled()
        assert os.environ["XLA_FLAGS"] == kept
