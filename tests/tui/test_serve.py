from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from core.errors import UsageError
from tui.launch import run, serve


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_page_is_served_on_loopback() -> None:
    pytest.importorskip("textual_serve", reason="textual-serve isn't installed")
    port = free_port()
    code = f"from tui.launch import serve; serve('127.0.0.1', {port}, [])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            page = fetch(address)
        finally:
            server.terminate()
    assert address.startswith(f"http://127.0.0.1:{port}/?token=")
    assert "Tastemap" in page
    assert f'data-session-websocket-url="ws://127.0.0.1:{port}/ws/' in page


def fetch(address: str) -> str:
    deadline = time.monotonic() + 90
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_without_textual_serve_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tui.serving", raising=False)
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    with pytest.raises(UsageError, match="textual-serve"):
        serve("127.0.0.1", 1, [])


def test_without_a_terminal_it_says_so() -> None:
    with pytest.raises(UsageError, match="needs a terminal"):
        run([])
