"""The command as a process: its streams in any locale, signals that end it, a reader that goes away."""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any

import typer

from core.cli._output import note, warn
from core.errors import TastemapError
from core.readable import ERRORS

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What schedulers and closed terminals send."""

_STDOUT_LOST = (errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG)
_WrongWords: type[Any] = typer.BadParameter.__mro__[2]  # click's, wherever this version of typer keeps it


class Terminated(BaseException):
    """SIGTERM or SIGHUP came: everything is put away as after an error, and the process ends."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def run_to_exit_code(work: Callable[[], int | None]) -> int:
    """Do a command's work and tell its errors on stderr; returns its exit code."""
    _open_missing_streams()
    _say_what_the_locale_can()
    sys.excepthook = _tell_defect
    logging.getLogger("tastemap").handlers = [_Remarks()]
    with _ended_by_signals():
        try:
            code = work() or 0
            sys.stdout.flush()
        except TastemapError as error:
            code = error.exit_code
            note(str(error))
        except _WrongWords as error:
            code = _tell_wrong_words(error)
        except SystemExit as ended:
            code = _click_ended(ended)
        except KeyboardInterrupt:
            code = 130
        except Terminated as ended:
            code = ended.exit_code
        except OSError as error:
            code = _tell_lost_stdout(error) if is_stdout_lost(error) else _tell_system(error)
        return code if _flushed() else code or 1


def is_stdout_lost(error: OSError) -> bool:
    """Whether an error is of a stream that nobody reads or that is full, and of no file."""
    return error.filename is None and error.errno in _STDOUT_LOST


class _Remarks(logging.Handler):
    """Tells what Tastemap's rooms remark on standard error, as any remark."""

    def emit(self, record: logging.LogRecord) -> None:
        note(record.getMessage())


def _click_ended(ended: SystemExit) -> int:
    """Click ends the process by itself where a reader went away, and puts a wrapper over standard output."""
    if type(sys.stdout).__name__ == "PacifyFlushWrapper":
        return _tell_lost_stdout(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    return ended.code if isinstance(ended.code, int) else int(ended.code is not None)


def _tell_wrong_words(error: Any) -> int:
    shown = io.StringIO()
    error.show(shown)
    for line in shown.getvalue().rstrip("\n").split("\n"):
        warn(line)
    return int(error.exit_code)


def _tell_system(error: OSError) -> int:
    """What the system refuses of a file is no defect; an error of no file may be one."""
    if error.filename is None or error.strerror is None:
        raise error
    note(f"{str(error.filename)[:300]}: {error.strerror}.")
    return 1


def _tell_lost_stdout(error: OSError) -> int:
    """A reader that has seen enough (`| head`) isn't worth a word; a full disk is."""
    if error.errno == errno.EPIPE:
        return 128 + 13
    note(f"Can't write the result to standard output: {error.strerror}.")
    return 1


def _tell_defect(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print a traceback, whose message may hold anybody's text."""
    for line in "".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n"):
        warn(line)


def _flushed() -> bool:
    """Flush what is left; where that can't be, let the interpreter's own flush at its end go to nowhere."""
    whole = True
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except (OSError, ValueError):
            whole = False
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    return whole


def _open_missing_streams() -> None:
    """Give a process that was started without them its three streams, before a file takes their place.

    Standard output then refuses to be written, so that a result which nobody gets is an error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - lives to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _say_what_the_locale_can() -> None:
    """Let signs that a stream's encoding lacks be said in ASCII instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the stack, clearing temporary files; what `nohup` ignores stays."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        raise Terminated(number)

    with handled(ENDING, end):
        yield


@contextmanager
def handled(numbers: tuple[int, ...], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle signals as long as the block runs, but for those that this process was told to ignore."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    taken = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in taken.items():
            signal.signal(number, old)
