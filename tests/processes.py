"""Processes of their own for tests, forked from one that has TensorFlow loaded already.

Loading it takes three seconds of a core, which a test that starts a dozen trainings, or two machines, would
spend a dozen times. Each child is a process like any other, with signals, files, devices, threads and an exit
code of its own. Where the start itself is tested (imports, kept programs), `subprocess` starts afresh.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from types import ModuleType
from typing import TextIO, cast

COMMAND = "from core.cli import main; main()"
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.preloaded"])


class Child:
    """A running program, with the part of `subprocess.Popen`'s interface that tests use."""

    def __init__(self, code: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
        """Start Python code with words as its arguments, in this environment or else that of the test."""
        wanted = dict(os.environ if environment is None else environment)
        (to_read, to_write), *told = (_forks.Pipe(duplex=False) for _ in range(3))
        theirs = [to_read, *(pipe[1] for pipe in told)]
        self._process = _forks.Process(target=_run, args=(code, words, wanted, theirs), daemon=True)
        self._process.start()
        for end in theirs:
            end.close()
        self.stdin = _text(to_write, "w")
        self.stdout, self.stderr = (_text(pipe[0], "r") for pipe in told)

    @property
    def pid(self) -> int | None:
        """The number of the process."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self._process.exitcode

    def communicate(self, timeout: float = 500) -> tuple[str, str]:
        """Wait for the end; returns what is left to read. A child that takes longer is killed."""
        if self.stdout.closed:
            return "", ""
        self.stdin.close()
        with ThreadPoolExecutor(2) as pool, self.stdout, self.stderr:
            reading = [pool.submit(stream.read) for stream in (self.stdout, self.stderr)]
            try:
                out, told = (job.result(timeout) for job in reading)
            except TimeoutError as error:
                self.kill()
                raise subprocess.TimeoutExpired("a forked child", timeout) from error
        self.wait(timeout)
        return out, told

    def wait(self, timeout: float = 500) -> int:
        """Wait for the end; returns the exit code. A child that takes longer is killed."""
        self._process.join(timeout)
        if self.returncode is None:
            self.kill()
            raise subprocess.TimeoutExpired("a forked child", timeout)
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal unless it has ended."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _text(end: Connection, mode: str) -> TextIO:
    with end:
        return cast(TextIO, os.fdopen(os.dup(end.fileno()), mode, encoding="utf-8"))


def _stream(number: int) -> TextIO:
    """What the fork server left open was no pipe, and its wrapper remembers that."""
    encoding, errors = (os.environ.get("PYTHONIOENCODING") or "utf-8").partition(":")[::2]
    failing = errors or ("backslashreplace" if number == 2 else "strict")
    return os.fdopen(number, "w", encoding=encoding, errors=failing, closefd=False)


def _run(
    code: str, words: Sequence[str], environment: Mapping[str, str], streams: Sequence[Connection]
) -> None:
    from tests.preloaded import BEFORE

    for name in BEFORE.keys() - environment.keys():
        os.environ.pop(name, None)
    os.environ.update(environment)
    for number, end in enumerate(streams):
        os.dup2(end.fileno(), number)
        end.close()
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout, sys.stderr = (_stream(number) for number in (1, 2))
    sys.argv = ["-c", *words]
    main = sys.modules["__main__"] = ModuleType("__main__")
    try:
        exec(compile(code, "<string>", "exec"), vars(main))
    finally:
        atexit._run_exitfuncs()  # multiprocessing leaves them out
