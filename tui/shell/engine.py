"""What the screens need of an engine, so that tests can put a recorded one in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol

from core.engine.client import Notice
from core.protocol.commands import Command


class Engine(Protocol):
    """The part of `core.engine.client.EngineClient` that the screens use."""

    @property
    def running(self) -> bool:
        """Whether a child is there to be spoken to."""

    @property
    def process_id(self) -> int | None:
        """The child's process id, None before the start."""

    async def start(self) -> None:
        """Spawn the child."""

    def send(self, command: Command) -> bool:
        """Send a command without waiting; False where no child takes it."""

    async def ask(self, view: str, run: str | None = None, **arguments: Any) -> Any:
        """Ask for a view and await its result; raises QueryError."""

    def notices(self) -> AsyncIterator[Notice]:
        """Yield what the child says until it ends."""

    async def close(self) -> None:
        """End the child for sure."""
