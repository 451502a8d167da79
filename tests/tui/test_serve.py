from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

from core.errors import UsageError
from tests.tui.browser import found_browser, opened
from tests.tui.test_runs_screen import make_run
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


@pytest.mark.skipif(found_browser() is None, reason="there is no Chromium")
def test_a_browser_is_driven_by_keys_and_clicks_at_three_sizes(private_folders: Path, tmp_path: Path) -> None:
    """The keyboard is the terminal's at once, files reach the browser, and no other host is asked."""
    pytest.importorskip("textual_serve", reason="textual-serve isn't installed")
    make_run(private_folders, "bias-a", epochs=12)
    downloads = tmp_path / "downloads"
    code = f"from tui.launch import serve; serve('127.0.0.1', {free_port()}, [])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().split()[-1]
            fetch(address)
            asyncio.run(use(address, downloads))
        finally:
            server.terminate()


async def use(address: str, downloads: Path) -> None:
    async with opened(downloads) as page:
        await page.resize(1280, 800)
        await page.say("Page.navigate", url=address)
        await page.sees("Setup", "Last run: bias")
        assert await page.value("document.activeElement.className") == "xterm-helper-textarea"
        await page.press("5")  # nothing was clicked before
        await page.sees("bias-a", "Columns")
        await page.press("e")
        await until_there(downloads / "bias-a.zip")
        for width, height in ((800, 600), (1920, 1080), (1280, 800)):
            await page.resize(width, height)
            await page.sees("Runs")
            await page.press("6")
            await page.sees("Contestants")
            await page.click(40, 8)  # the name of the first screen
            await page.sees("Setup" if width > 1000 else "Loss")
            await page.press("5")
            await page.sees("bias-a")
        assert page.hosts <= {"127.0.0.1", None, ""}


async def until_there(file: Path) -> None:
    for _ in range(900):
        if file.exists() and zipfile.is_zipfile(file):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{file.name} never came; there are {[one.name for one in file.parent.iterdir()]}")


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
