"""Parts of a piece of work on threads, each with a thread of its own for its matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.startup import usable_processors

_MOST = 8
Part = TypeVar("Part")


def in_threads(work: Callable[[Part], None], parts: Sequence[Part]) -> None:
    """Do `work` on all parts, on as many threads as there are processors; the first error is raised.

    Products of small matrices gain nothing by threads of their own: those would wait for each other in loops
    and take ten times the processor's time where others are at work.
    """
    if not parts:
        return
    threads = min(_MOST, usable_processors(), len(parts))
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, parts))
