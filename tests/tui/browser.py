"""A browser without a window, driven as a person would: keys, clicks, sizes; it notes what it was sent."""

from __future__ import annotations

import asyncio
import base64
import itertools
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "about:blank")
WHOLE = {"F4": 115, "Enter": 13, "Escape": 27}
"""Keys that write nothing, with their codes."""


def found_browser() -> str | None:
    """The path of a Chromium on this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A page of a browser over its debugging protocol: `shown` is all that a terminal in it was sent."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.session = ""
        self.shown = ""
        self.hosts: set[str | None] = set()

    async def listen(self) -> None:
        """Take in what the browser says, until it ends."""
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._note(told.get("method", ""), told.get("params", {}))

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.hosts.add(urlsplit(told["request"]["url"]).hostname)
        elif method == "Network.webSocketCreated":
            self.hosts.add(urlsplit(told["url"]).hostname)
        elif method == "Network.webSocketFrameReceived":
            frame = told["response"]
            payload = frame["payloadData"]
            whole = base64.b64decode(payload) if frame["opcode"] == 2 else payload.encode()
            self.shown += whole.decode("utf-8", "replace")

    async def say(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Send a command; returns its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json(
            {"id": number, "method": method, "params": arguments, "sessionId": self.session}
            if self.session
            else {"id": number, "method": method, "params": arguments}
        )
        told = await answer
        assert "error" not in told, (method, told)
        result: dict[str, Any] = told["result"]
        return result

    async def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        for key in keys:
            code = {"windowsVirtualKeyCode": WHOLE[key]} if key in WHOLE else {"text": key}
            for kind in ("keyDown", "keyUp"):
                await self.say(
                    "Input.dispatchKeyEvent", type=kind, key=key, **(code if kind == "keyDown" else {})
                )

    async def click(self, x: int, y: int) -> None:
        """Click at a place, in pixels."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.say("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size, in pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.say("Emulation.setDeviceMetricsOverride", **size)

    async def value(self, expression: str) -> Any:
        """What an expression gives in the page."""
        found = await self.say("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def sees(self, *words: str) -> None:
        """Wait until the terminal was sent all these words since the last look; then forget them."""
        for word in words:
            for _ in range(900):
                if word in self.shown:
                    break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError(f"never saw {word!r}; last it was sent {self.shown[-800:]!r}")
        self.shown = ""


@asynccontextmanager
async def opened(downloads: Path) -> AsyncIterator[Page]:
    """A browser with an empty page, whose downloads go into a folder."""
    words = [str(found_browser()), f"--user-data-dir={downloads / 'profile'}", *SWITCHES]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as browser:
        try:
            address = await asyncio.to_thread(_address_of, browser)
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                target = await page.say("Target.createTarget", url="about:blank")
                attached = await page.say("Target.attachToTarget", targetId=target["targetId"], flatten=True)
                allowed = {"behavior": "allow", "downloadPath": str(downloads)}
                await page.say("Browser.setDownloadBehavior", **allowed)
                page.session = attached["sessionId"]
                await page.say("Network.enable")
                await page.say("Page.enable")
                yield page
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
        finally:
            browser.terminate()


def _address_of(browser: subprocess.Popen[str]) -> str:
    assert browser.stderr is not None
    return next(line.split()[-1] for line in browser.stderr if "DevTools listening on" in line)
