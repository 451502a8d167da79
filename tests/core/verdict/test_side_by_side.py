"""Jobs side by side: results in order, one mailbox for all, and the end of all at a stop or an error."""

from __future__ import annotations

import threading

import pytest

from core.errors import TastemapError
from core.protocol import Command, Query, Stop
from core.training import Controls, ignore
from core.verdict._side_by_side import side_by_side


def until_stopped(controls: Controls) -> str:
    """Do nothing until somebody stops it."""
    while not isinstance(controls.next(wait_seconds=60), Stop):
        pass
    return "stopped"


@pytest.mark.parametrize("at_once", [1, 2])
def test_results_come_in_order(at_once: int) -> None:
    jobs = [lambda _, number=number: number for number in range(5)]
    assert side_by_side(jobs, at_once, Controls(), ignore) == [0, 1, 2, 3, 4]


def test_two_run_at_a_time() -> None:
    meeting = threading.Barrier(2, timeout=60)

    def meet(_: Controls) -> int:
        return meeting.wait()

    assert sorted(side_by_side([meet, meet], 2, Controls(), ignore) or ()) == [0, 1]


def test_a_stop_ends_all_and_others_are_answered_here() -> None:
    controls, begun, answered = Controls(), list[int](), list[tuple[Command, threading.Thread]]()
    question = Query(request="1", view="summary", run=None)
    controls.send(question)

    def job(number: int, own: Controls) -> str:
        begun.append(number)
        if number:
            controls.stop()
        return until_stopped(own)

    jobs = [lambda own, number=number: job(number, own) for number in range(4)]

    def answer(command: Command) -> None:
        answered.append((command, threading.current_thread()))

    assert side_by_side(jobs, 2, controls, answer) is None
    assert sorted(begun) == [0, 1], "nothing begins after a stop"
    assert answered == [(question, threading.current_thread())]


def test_an_error_of_one_ends_the_others() -> None:
    def fail(_: Controls) -> str:
        raise TastemapError("broken")

    with pytest.raises(TastemapError, match="broken"):
        side_by_side([until_stopped, fail], 2, Controls(), ignore)


def test_an_interrupt_here_ends_all() -> None:
    def interrupted(_: Command) -> None:
        raise KeyboardInterrupt

    controls = Controls()
    controls.send(Query(request="1", view="summary", run=None))
    with pytest.raises(KeyboardInterrupt):
        side_by_side([until_stopped, until_stopped], 2, controls, interrupted)
