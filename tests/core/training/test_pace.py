"""Slices of an epoch: short enough to steer, long enough to be fast."""

from __future__ import annotations

import pytest

from core.training._pace import TARGET_SECONDS, Pace


def test_a_slice_never_exceeds_what_is_left_and_is_never_empty() -> None:
    pace = Pace(batches_per_second=1e-9)
    assert pace.next_count(5) == 1
    pace.batches_per_second = 1e9
    assert pace.next_count(5) == 5


@pytest.mark.parametrize("batches_per_second", [100.0, 1_000_000.0])
def test_slices_come_to_last_the_target(batches_per_second: float) -> None:
    pace = Pace()
    for _ in range(8):
        count = pace.next_count(10**9)
        pace.learn(count, count / batches_per_second)
    assert pace.next_count(10**9) / batches_per_second == pytest.approx(TARGET_SECONDS, rel=0.05)


def test_one_fast_slice_makes_the_next_at_most_eight_times_as_long() -> None:
    pace = Pace()
    first = pace.next_count(10**9)
    pace.learn(first, 0.0)
    assert pace.next_count(10**9) == 8 * first


def test_a_slowdown_is_followed_at_once() -> None:
    pace = Pace(batches_per_second=1e6)
    count = pace.next_count(10**9)
    pace.learn(count, 100 * TARGET_SECONDS)
    assert pace.next_count(10**9) == pytest.approx(count / 100, rel=0.01)
