"""A training that another process of its user watches and steers: a journal goes out, commands come in.

Both are files in the run's folder, which is its owner's alone, and both are gone when the training ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ProtocolError, RunError
from core.files import cannot_write, open_to_append, require_regular
from core.protocol import (
    BatchProgress,
    Command,
    Event,
    Pause,
    Resume,
    SetLearningRate,
    Stop,
    parse_command,
    parse_event,
)

JOURNAL_FILE, COMMANDS_FILE = "journal.jsonl", "commands.jsonl"
_PROGRESS_SECONDS, _LOOK_SECONDS, _MOST_READ = 0.5, 0.25, 2**24


@contextmanager
def attended(
    folder: Path, emit: Callable[[Event], None], send: Callable[[Command], None]
) -> Iterator[Callable[[Event], None]]:
    """Give an `emit` that also writes the journal; commands that others leave are passed on to `send`."""
    _clear(folder)
    ended = threading.Event()
    listener = threading.Thread(target=_listen, args=(folder, send, ended), name="attended", daemon=True)
    listener.start()
    try:
        yield _Journal(folder, emit)
    finally:
        ended.set()
        listener.join()
        _clear(folder)


class _Journal:
    """An `emit` that writes down what it passes on; progress at most twice a second."""

    def __init__(self, folder: Path, emit: Callable[[Event], None]) -> None:
        self._path, self._emit = folder / JOURNAL_FILE, emit
        self._progress_at = float("-inf")

    def __call__(self, event: Event) -> None:
        """Write an event down and pass it on; raises RunError where the disk doesn't take it."""
        if not isinstance(event, BatchProgress) or time.monotonic() - self._progress_at >= _PROGRESS_SECONDS:
            if isinstance(event, BatchProgress):
                self._progress_at = time.monotonic()
            _append(self._path, event.to_json())
        self._emit(event)


def journal_from(folder: Path, offset: int) -> tuple[list[Event], int]:
    """Read what a training has written down from a place (bytes) on; returns the next place as well.

    Raises RunError where the journal is damaged.
    """
    lines, offset = _lines_from(folder / JOURNAL_FILE, offset)
    try:
        return [parse_event(line) for line in lines], offset
    except ProtocolError as error:
        raise RunError(f"{folder / JOURNAL_FILE} can't be read: {error.message}") from None


def leave_command(folder: Path, command: Command) -> None:
    """Leave a command for the process that trains a run; raises RunError where it can't be written."""
    _append(folder / COMMANDS_FILE, command.to_json())


def _listen(folder: Path, send: Callable[[Command], None], ended: threading.Event) -> None:
    """Pass on what steers; another line, which nobody of ours has written, is passed over."""
    offset = 0
    while not ended.wait(_LOOK_SECONDS):
        try:
            lines, offset = _lines_from(folder / COMMANDS_FILE, offset)
        except RunError:
            return  # no plain file: nobody of ours made it, so nobody is listened to
        for line in lines:
            command = _command_of(line)
            if isinstance(command, Pause | Resume | Stop | SetLearningRate):
                send(command)


def _command_of(line: str) -> Command | None:
    try:
        return parse_command(line)
    except ProtocolError:
        return None


def _lines_from(path: Path, offset: int) -> tuple[list[str], int]:
    """The whole lines behind a place, and the place behind them."""
    if not path.exists():
        return [], offset
    require_regular(path)
    with path.open("rb") as file:
        file.seek(offset)
        written = file.read(_MOST_READ)
    whole = written[: written.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace").splitlines(), offset + len(whole)


def _append(path: Path, line: str) -> None:
    try:
        with open_to_append(path) as file:
            file.write(f"{line}\n")
    except OSError as error:
        raise cannot_write(path, error) from error


def _clear(folder: Path) -> None:
    for name in (JOURNAL_FILE, COMMANDS_FILE):
        (folder / name).unlink(missing_ok=True)
