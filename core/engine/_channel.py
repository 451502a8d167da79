"""The child's line to its parent: events out on a stream that no library can disturb, commands in."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import IO, TextIO

from core.errors import ProtocolError, TastemapError
from core.protocol import Command, Event, Failed, Quit, parse_command

LONGEST_COMMAND = 1 << 20


def claim_stdout() -> TextIO:
    """Keep standard output for events alone: whatever else prints there goes to standard error."""
    sys.stdout.flush()
    events = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return events


def claim_stdin() -> IO[bytes]:
    """Give a stream of one's own on standard input: Python locks `sys.stdin` at exit and would abort."""
    return os.fdopen(os.dup(0), "rb")


class EventWriter:
    """Writes events, one line each, from any thread; `broken` becomes True when nobody listens any more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock, self.broken = stream, threading.Lock(), False

    def emit(self, event: Event) -> None:
        """Write one event now; a parent that is gone is noted, not raised, so that the run is still saved."""
        with self._lock:
            if self.broken:
                return
            try:
                self._stream.write(f"{event.to_json()}\n")
                self._stream.flush()
            except (BrokenPipeError, OSError):
                self.broken = True


def read_commands(
    stream: IO[bytes], deliver: Callable[[Command], None], emit: Callable[[Event], None]
) -> None:
    """Deliver each command of the stream; a bad line gives a Failed event, the stream's end a Quit."""
    while line := stream.readline(LONGEST_COMMAND + 1):
        if len(line) > LONGEST_COMMAND:
            _skip_line(stream, line)
            emit(failure(ProtocolError(f"A command of over {LONGEST_COMMAND} bytes was left out.")))
        elif line.strip():
            _deliver_line(line, deliver, emit)
    deliver(Quit())


def _deliver_line(line: bytes, deliver: Callable[[Command], None], emit: Callable[[Event], None]) -> None:
    try:
        deliver(parse_command(line.decode("utf-8", "replace")))
    except ProtocolError as error:
        emit(failure(error))


def failure(error: Exception, request: str | None = None) -> Failed:
    """Tell an error as an event; one that isn't a TastemapError is named by its type."""
    if isinstance(error, TastemapError):
        return Failed(kind=type(error).__name__, message=error.message, hint=error.hint, request=request)
    hint = "This is a defect in tastemap or a plugin; the log has the traceback."
    return Failed(
        kind=type(error).__name__, message=f"{type(error).__name__}: {error}", hint=hint, request=request
    )


def _skip_line(stream: IO[bytes], line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(LONGEST_COMMAND)
