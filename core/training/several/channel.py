"""Lines of JSON between worker 0 and each other worker, over TCP.

Collectives carry numbers but can't wait for a person who paused the training, nor say why a worker ended.
These connections do: orders go out on them, and their end tells at once that a worker is gone.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import Any

from core.errors import WorkerError, WorkerLostError

Message = dict[str, Any]
_LONGEST = 1 << 20
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4}
"""A machine that vanished without a word is noticed after 25 s."""


@dataclass
class Connection:
    """One connection; `peer` names the worker at the other end for people."""

    socket: socket.socket
    peer: str
    _received: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        """Notice a dead machine, and send small messages without delay."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                self.socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, message: Message) -> None:
        """Send a message; raises WorkerLostError where the other end is gone."""
        self.check()
        try:
            self.socket.settimeout(30)
            self.socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError as error:
            raise self._lost() from error

    def receive(self, timeout: float | None = None) -> Message:
        """Wait for the next message.

        Raises WorkerLostError where the other end is gone or gives up, TimeoutError after `timeout` seconds.
        """
        self.socket.settimeout(timeout)
        while b"\n" not in self._received:
            self._read()
        line, _, rest = bytes(self._received).partition(b"\n")
        self._received = bytearray(rest)
        return self._parse(line)

    def check(self) -> None:
        """Look, without waiting, whether the other end is still there; raises WorkerLostError."""
        self.socket.settimeout(0)
        try:
            while True:
                self._read()
        except BlockingIOError:
            pass
        if b"failed" in self._received and b"\n" in self._received:
            self.receive(0)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _read(self) -> None:
        try:
            chunk = self.socket.recv(1 << 16)
        except OSError as error:
            if isinstance(error, BlockingIOError) or (
                isinstance(error, TimeoutError) and error.errno is None
            ):
                raise  # nothing came so far
            raise self._lost() from error
        if not chunk and b"\n" not in self._received:
            raise self._lost()
        if not chunk:
            raise BlockingIOError  # what it said before it left comes first
        self._received += chunk
        if len(self._received) > _LONGEST:
            raise WorkerError(f"What answers as {self.peer} is no tastemap.")

    def _parse(self, line: bytes) -> Message:
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise WorkerError(f"What answers as {self.peer} is no tastemap.")
        if "failed" in message:
            raise WorkerLostError(f"{self.peer.capitalize()} gave up: {message['failed']}")
        return message

    def _lost(self) -> WorkerLostError:
        return WorkerLostError(f"{self.peer.capitalize()} is gone.")
