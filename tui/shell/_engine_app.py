"""The part of the app that holds the shared state and relays the engine."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import App
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.filter import LineFilter
from textual.signal import Signal

from core.contract import Registry
from core.engine import EngineEnded, LogLine, Notice
from core.errors import RunError, TastemapError
from core.protocol import Event, Failed, Finished, Refused, Resumed, RunStarted, Train, Warm
from tui.shell._shown import ReadableLines
from tui.shell._terminal import Terminal
from tui.shell.messages import EngineNotice, WatchingEnded
from tui.shell.preferences import read_preferences, write_preferences
from tui.shell.tables import KnownTables, Reading, read_tables, table_name, write_tables
from tui.shell.training import TrainingState
from tui.shell.workbench import Engine, Workbench

if TYPE_CHECKING:
    from tui.shell.watching import Replayed, Watched

RESTARTS, WITHIN_SECONDS = 3, 60.0
UNCLEAR = ("ColumnsError", "SeveralTablesError")
"""Failures that somebody who sees the table can settle."""
_CHOOSE = "Press c on the Train screen: it shows the table and lets you choose."
_READABLE = ReadableLines()


class EngineApp(App[int]):
    """An app over an engine: `bench` is the shared state, `events` the signal that screens listen to."""

    def __init__(self, engine: Engine, registry: Registry) -> None:
        super().__init__()
        self.bench = Workbench(engine, registry)
        self.preferences = read_preferences()
        self.bench.tables = read_tables()
        self.events: Signal[Notice] = Signal(self, "events")
        self._ends: list[float] = []
        self._leaves = False
        self._terminal = Terminal(self)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own and, at last, the one that lets no control of somebody's text reach the terminal."""
        return [*super().get_line_filters(), _READABLE]

    def notify(self, message: str, *, markup: bool = False, **options: Any) -> None:
        """Show a message as it is: those of the engine may hold brackets that would be taken for markup."""
        del markup
        super().notify(message, markup=False, **options)

    def exit(self, result: int | None = None, return_code: int = 0, message: Any = None) -> None:
        """End the app in order; the first reason stands, so a signal's code isn't lost to a later key."""
        if not self._leaves:
            self._leaves = True
            super().exit(result, return_code, message)

    def _handle_exception(self, error: Exception) -> None:
        """Widgets that are closed while they are being mounted miss their parts: no defect, no panic."""
        if self._leaves and isinstance(error, NoMatches):
            self.log(error)
            return
        super()._handle_exception(error)

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, that of a terminal made to outlive it."""
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from tui.terminal_driver import TerminalDriver

        return TerminalDriver

    def release_terminal(self) -> None:
        """Leave no thread that reads or writes behind, however the app ended."""
        release = getattr(self._driver, "release", None)
        if release is not None:
            release()

    def end_by_signals(self) -> None:
        """Let SIGTERM and SIGHUP end the app in order: the engine saves, the terminal is given back."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # no main thread
                    loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    def start_engine(self) -> None:
        """Spawn the engine's child and relay what it says, in a worker of its own."""
        self.run_worker(self._relay(), name="engine", group="engine", exclusive=True)

    async def _relay(self) -> None:
        engine = self.bench.engine
        try:
            await engine.start()
        except OSError as error:
            self.post_message(EngineNotice(EngineEnded(f"it can't be started: {error}.", False)))
            return
        engine.send(Warm())
        async for notice in engine.notices():
            self.post_message(EngineNotice(notice))

    @on(EngineNotice)
    def engine_heard(self, message: EngineNotice) -> None:
        """Fold what the engine said into the state, then let the screens draw it."""
        match message.notice:
            case LogLine(text):
                self.bench.note(text)
            case EngineEnded() as ended:
                self._engine_ended(ended)
            case Event() as event:
                self._event_heard(event)
        self.events.publish(message.notice)

    def _event_heard(self, event: Event) -> None:
        racing = self.bench.race.active
        self.bench.apply(event)
        following = self.bench.race.next_command(event)
        if following is not None:
            self.bench.begin(following)
        elif racing and not self.bench.race.active:
            self.bench.open_winner()
        if self.bench.watched is None or self.bench.watched.live:  # what is played again rings no bell
            self._terminal.told(event, self.bench.training)
        if isinstance(event, RunStarted):
            self._training_started()
        if isinstance(event, Resumed | RunStarted):
            self.clear_notifications()  # what said how to go on is done
        if isinstance(event, Failed):
            hint = _CHOOSE if event.kind in UNCLEAR else event.hint
            self.notify(hint or event.message, title=event.message, severity="error", timeout=12)
        if isinstance(event, Refused):
            self.notify(event.message, severity="warning")
        if isinstance(event, Finished) and self.preferences.welcome:
            self.remember(welcome=False)

    def _engine_ended(self, ended: EngineEnded) -> None:
        if ended.expected:
            return None
        self.bench.note(f"The engine ended: {ended.reason}")
        was_training = self.bench.training.active
        hint = (
            "Press r on the Train screen to go on with the run."
            if was_training
            else "It starts again by itself."
        )
        if self.bench.watched:
            hint = "It starts again by itself."
            self.notify(f"{ended.reason} {hint}", title="The engine ended", severity="error", timeout=12)
            return self._start_again()
        self.bench.race.abandon()
        self.bench.apply(Failed(kind="EngineEnded", message=f"The engine ended: {ended.reason}", hint=hint))
        self.notify(f"{ended.reason} {hint}", title="The engine ended", severity="error", timeout=12)
        return self._start_again()

    def _start_again(self) -> None:
        now = time.monotonic()
        self._ends = [moment for moment in self._ends if now - moment < WITHIN_SECONDS] + [now]
        if len(self._ends) <= RESTARTS:
            self.set_timer(0.5, self.start_engine)

    def train(self, command: Train) -> bool:
        """Start a training; says why where it can't. Its data are remembered once they are read."""
        if self.bench.begin(command):
            return True
        if self.bench.judging.active:
            way_out = "Wait for it, or stop it under Race (6, v, x)."
            self.notify(way_out, title="A verdict is being made", severity="warning")
        else:
            self.notify("Stop it first (x).", title="A training is running already", severity="warning")
        return False

    def watch_run(self, folder: Path, again: bool = False) -> None:
        """Show a run as another process trains it, or `again` as it once was; says why where it can't."""
        from tui.shell.watching import Replayed, Watched

        if self.bench.training.active:
            self.notify("Stop it first (x).", title="A training is running already", severity="warning")
            return
        try:
            watched = Replayed(folder) if again else Watched(folder)
            self.bench.watch(watched)
        except TastemapError as error:
            self.notify(error.hint, title=error.message, severity="error")
        else:
            self.run_worker(self._watch(watched), name="watch", group="watch", exclusive=True)

    async def _watch(self, watched: Watched | Replayed) -> None:
        from tui.shell.watching import LOOK_SECONDS

        while not watched.over and self.bench.watched is watched:
            try:
                told = await asyncio.to_thread(watched.news)
            except TastemapError as error:
                told, watched.over = [Failed(kind="RunError", message=error.message, hint=error.hint)], True
            for event in told:
                self.post_message(EngineNotice(event))
            await asyncio.sleep(LOOK_SECONDS)
        self.post_message(WatchingEnded(watched))

    @on(WatchingEnded)
    def watching_ended(self, message: WatchingEnded) -> None:
        """Steer our own engine again."""
        if self.bench.watched is message.watched:
            self.bench.watched = None
            if self.bench.training.active:  # a telling that was stopped
                self.bench.training = TrainingState()

    def read_table_with(self, data: str, reading: Reading) -> None:
        """Read a table so from now on."""
        self._keep_tables(self.bench.tables.read_with(data, reading))

    def _training_started(self) -> None:
        """The data can be read: they are offered again."""
        asked = self.bench.asked
        if isinstance(asked, Train):
            self._keep_tables(self.bench.tables.trained_on(asked.data))
            self.remember(data=table_name(asked.data))

    def _keep_tables(self, tables: KnownTables) -> None:
        if tables != self.bench.tables:
            self.bench.tables = tables
            self._keep(lambda: write_tables(tables))

    def remember(self, **changes: Any) -> None:
        """Change preferences and write them down."""
        if replace(self.preferences, **changes) == self.preferences:
            return
        self.preferences = replace(self.preferences, **changes)
        self._keep(lambda: write_preferences(self.preferences))

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            write()
        except RunError as error:
            self.notify(error.hint, title=error.message, severity="warning")
