"""Trainings side by side in threads of this process, all steered by one mailbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.protocol import Command, Stop
from core.training import Controls

MOST_ROWS_AT_ONCE = 2_000_000
"""Of larger tables one training at a time is enough for the memory."""
_AT_ONCE = 2
_LOOK_SECONDS = 0.1
Result = TypeVar("Result")
Job = Callable[[Controls], Result]


def trainings_at_once(rows: int) -> int:
    """How many trainings on so many rows go side by side here: two where there are processors for them.

    A training of a small table keeps one processor busy, and a GPU would be shared.
    """
    from core.startup import choose_device, usable_processors

    if rows > MOST_ROWS_AT_ONCE or not choose_device("auto").startswith("/CPU"):
        return 1
    return min(_AT_ONCE, usable_processors())


def side_by_side(
    jobs: Sequence[Job[Result]], at_once: int, controls: Controls, answer: Callable[[Command], None]
) -> list[Result] | None:
    """Run jobs, each with a mailbox of its own, `at_once`; their results in order, None where stopped.

    A stop that comes in `controls` goes to all of them, and `answer` gets every other command, on this
    thread. The first error, of a job or of this thread, stops the others and is raised. Matrices are
    multiplied on one thread each, so that jobs don't fight over processors.
    """
    boxes = [Controls() for _ in jobs]
    limit = 1 if at_once > 1 else None
    with threadpool_limits(limit, user_api="blas"), ThreadPoolExecutor(at_once, "training") as pool:
        running = [pool.submit(job, box) for job, box in zip(jobs, boxes, strict=True)]
        try:
            stopped = _steer(running, boxes, controls, answer)
            return None if stopped else [one.result() for one in (*_failed(running), *running)]
        finally:
            _stop(running, boxes)


def _steer(
    running: Sequence[Future[Result]],
    boxes: Sequence[Controls],
    controls: Controls,
    answer: Callable[[Command], None],
) -> bool:
    """Pass commands on until all is done, something failed or was stopped; says whether it was stopped."""
    while any(not one.done() for one in running):
        if any(_failed(running)):
            break
        command = controls.next(wait_seconds=_LOOK_SECONDS)
        if isinstance(command, Stop):
            _stop(running, boxes)
            return True
        if command is not None:
            answer(command)
    return False


def _failed(running: Sequence[Future[Result]]) -> list[Future[Result]]:
    return [one for one in running if one.done() and not one.cancelled() and one.exception()]


def _stop(running: Sequence[Future[Result]], boxes: Sequence[Controls]) -> None:
    """End what runs at its next slice, and let nothing else begin."""
    for one, box in zip(running, boxes, strict=True):
        if not one.done():
            one.cancel()
            box.stop()
