"""An engine that plays what a real one once said: recorded events and answers, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from core.engine.client import EngineEnded, Notice, QueryError
from core.protocol.commands import Command
from core.protocol.events import EngineReady, Event, parse_event
from core.protocol.wire import from_plain
from core.views.view import A, View

RECORDINGS = Path(__file__).parent / "recordings"


def recorded_events() -> list[Event]:
    """What the engine said while it trained `bias` on the demo set, from RunStarted to Finished."""
    lines = (RECORDINGS / "training.jsonl").read_text(encoding="utf-8").splitlines()
    return [parse_event(line) for line in lines]


def recorded_answers() -> dict[str, Any]:
    """What the engine answered about that model, by view, as plain values; `ask` checks their types."""
    answers: dict[str, Any] = json.loads((RECORDINGS / "answers.json").read_text(encoding="utf-8"))
    return answers


class FakeEngine:
    """Notes what it is sent; `say` makes it speak; `mute` views are never answered."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = recorded_answers() if answers is None else answers
        self.sent: list[Command] = []
        self.asked: list[tuple[str, str | None, dict[str, Any]]] = []
        self.mute: set[str] = set()
        self.starts = 0
        self.hint = "This engine is a fake."
        self.closed = False
        self.running = False
        self.process_id: int | None = None
        self._notices: asyncio.Queue[Notice] = asyncio.Queue()

    async def start(self) -> None:
        self.starts += 1
        self.running = True
        self.say(EngineReady(version="0.1.0", process=1, device="CPU (test)"))

    def send(self, command: Command) -> bool:
        if self.running:
            self.sent.append(command)
        return self.running

    async def ask(self, view: View[A], run: str | None = None) -> A:
        self.asked.append((view.tag, run, view.to_dict()))
        if view.tag in self.mute:
            await asyncio.Event().wait()
        if view.tag not in self.answers:
            raise QueryError(f"There is no view {view.tag!r}.", hint=self.hint)
        return from_plain(self.answers[view.tag], view.answer_type())

    def asked_of(self, view: str, argument: str) -> Any:
        """The last question's argument, None before any."""
        return next((given.get(argument) for tag, _, given in reversed(self.asked) if tag == view), None)

    def say(self, *notices: Notice) -> None:
        for notice in notices:
            self._notices.put_nowait(notice)

    def die(self, reason: str) -> None:
        self.running = False
        self.say(EngineEnded(reason, expected=False))

    async def notices(self) -> AsyncIterator[Notice]:
        while True:
            notice = await self._notices.get()
            yield notice
            if isinstance(notice, EngineEnded):
                return

    async def close(self) -> None:
        self.closed, self.running = True, False
        self.say(EngineEnded("", expected=True))
