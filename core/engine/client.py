"""Talk to the engine's child process from asyncio: commands go in, notices come out, nothing blocks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ProtocolError, TastemapError
from core.protocol import Answer, Command, Event, Failed, Query, Quit, from_plain, parse_event

if TYPE_CHECKING:
    from core.views import A, View

LONGEST_EVENT = 256 * 1024 * 1024
GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class LogLine:
    """A line that the child, or a library in it, wrote to standard error."""

    text: str


@dataclass(frozen=True)
class EngineEnded:
    """The child process is gone; `reason` says how, and `expected` whether it was asked to go."""

    reason: str
    expected: bool


Notice = Event | LogLine | EngineEnded


class QueryError(TastemapError):
    """A query that the engine couldn't answer; message and hint are the engine's own."""


def engine_command(plugins: Sequence[Path] = ()) -> list[str]:
    """The command line of the child, with plugins from single files."""
    named = [word for path in plugins for word in ("--plugin", str(path))]
    return [sys.executable, "-m", "core.engine", *named]


@dataclass
class EngineClient:
    """One engine child at a time; `notices()` tells everything that it says, `ask()` awaits an answer."""

    command: Sequence[str]
    _process: asyncio.subprocess.Process | None = None
    _notices: asyncio.Queue[Notice] = field(default_factory=asyncio.Queue)
    _waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _last_words: deque[str] = field(default_factory=lambda: deque(maxlen=5))
    _first_start: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: bool = False

    @property
    def running(self) -> bool:
        """Whether a child is there to be spoken to."""
        return self._process is not None and self._process.returncode is None

    @property
    def process_id(self) -> int | None:
        """The child's process id, None before the start."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Spawn the child in a process group of its own, so that the terminal's Ctrl+C doesn't reach it."""
        self._closing = False
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_EVENT,
            start_new_session=True,
        )
        self._first_start.set()
        readers = [self._read_events(self._process), self._read_log(self._process)]
        self._tasks = [asyncio.create_task(reader) for reader in readers]
        self._tasks.append(asyncio.create_task(self._tell_end(self._process, tuple(self._tasks))))

    def send(self, command: Command) -> bool:
        """Send a command without waiting; False where no child is left to take it."""
        process = self._process
        if process is None or process.stdin is None or process.stdin.is_closing() or not self.running:
            return False
        process.stdin.write(f"{command.to_json()}\n".encode())
        return True

    async def ask(self, view: View[A], run: str | None = None) -> A:
        """Ask a view of a run (None: the one in training); raises QueryError with the engine's message.

        What is asked before the first start waits for it, so that a screen may be drawn meanwhile.
        """
        await self._first_start.wait()
        request = str(next(self._numbers))
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[request] = future
        try:
            question = Query(request=request, view=view.tag, run=run, arguments=view.to_dict())
            if not self.send(question):
                raise QueryError("The engine isn't running.", hint="It starts again with the next training.")
            return _rebuilt(view, await future)
        finally:
            self._waiting.pop(request, None)

    async def notices(self) -> AsyncIterator[Notice]:
        """Yield what the child says until it ends; answers and failures of queries go to their askers."""
        while True:
            notice = await self._notices.get()
            yield notice
            if isinstance(notice, EngineEnded):
                return

    async def close(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Ask the child to quit, then terminate and at last kill it and whatever it started."""
        self._closing = True
        process = self._process
        if process is None:
            return
        self.send(Quit())
        if process.stdin is not None:
            process.stdin.close()
        for signal_number in (None, signal.SIGTERM, signal.SIGKILL):
            if signal_number is not None:
                _signal_group(process.pid, signal_number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace_seconds)
                break
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read_events(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 - asked for a pipe above
        while line := await process.stdout.readline():
            try:
                self._deliver(parse_event(line.decode("utf-8", "replace")))
            except ProtocolError as error:
                self._notices.put_nowait(LogLine(str(error)))

    def _deliver(self, event: Event) -> None:
        request = event.request if isinstance(event, Answer | Failed) else None
        if request is None:
            self._notices.put_nowait(event)
            return
        future = self._waiting.get(request)
        if future is None or future.done():
            return  # the asker has gone: a newer question replaced this one
        if isinstance(event, Answer):
            future.set_result(event.result)
        elif isinstance(event, Failed):
            future.set_exception(QueryError(event.message, hint=event.hint))

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None  # noqa: S101 - asked for a pipe above
        rest = b""
        while block := await process.stderr.read(65536):
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                self._log(line)
        if rest:
            self._log(rest)

    def _log(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            self._last_words.append(text)
            self._notices.put_nowait(LogLine(text))

    async def _tell_end(self, process: asyncio.subprocess.Process, readers: tuple[Any, ...]) -> None:
        await asyncio.gather(*readers, return_exceptions=True)
        code = await process.wait()
        reason = describe_exit(code, list(self._last_words))
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(QueryError(f"The engine ended: {reason}"))
        self._notices.put_nowait(EngineEnded(reason, self._closing))


def _rebuilt(view: View[A], answer: Any) -> A:
    try:
        return from_plain(answer, view.answer_type())
    except ProtocolError as error:
        hint = "Are the screen and the engine of one version?"
        raise QueryError(f"The engine's answer can't be read: {error.message}", hint=hint) from None


def describe_exit(code: int, last_words: Sequence[str] = ()) -> str:
    """Say in plain words how a process ended."""
    if code == -signal.SIGKILL:
        return "it was killed (signal 9), perhaps because memory ran out."
    if code < 0:
        return f"it was ended by signal {-code} ({signal.Signals(-code).name})."
    words = f" It last said: {last_words[-1]}" if last_words and code else ""
    return f"it ended with exit code {code}.{words}"


def _signal_group(process_id: int, signal_number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended in the meantime
        os.killpg(process_id, signal_number)
