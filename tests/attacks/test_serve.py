"""A page that a browser has open may not drive the served app; who has the address may."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from yarl import URL


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A running `tastemap serve`: the address that it printed, and its port."""

    def __init__(self, address: str) -> None:
        self.address, self.url = address, URL(address)
        self.token = self.url.query["token"]
        self.at = f"127.0.0.1:{self.url.port}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("serve")
    words = [sys.executable, "-c", "from core.cli import main; main()", "serve", "--port", str(_free_port())]
    environment = {**os.environ, "TASTEMAP_RUNS": str(folder), "TASTEMAP_CONFIG": str(folder)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            served = Served(found[0])
            _wait_for(int(served.url.port or 0))
            yield served
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    """The address is printed a moment before somebody listens there."""
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("nobody listens there")


async def _status(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        await answer.read()
        return answer.status


async def _socket(url: str, **headers: str) -> bytes:
    """Open a WebSocket as a browser would; returns the first bytes of the app's screen."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers) as socket_:
        first = await socket_.receive(timeout=240)
        assert isinstance(first.data, bytes)
        return first.data


@pytest.mark.slow
def test_the_page_of_the_printed_address_drives_the_app(served: Served) -> None:
    page = asyncio.run(_page(served.address))
    found = re.search(r'data-session-websocket-url="([^"]+)"', page)
    assert found is not None
    assert found[1] == f"ws://{served.at}/ws/{served.token}"
    assert asyncio.run(_socket(f"{found[1]}?width=80&height=24", Origin=f"http://{served.at}"))


async def _page(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        return await answer.text()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/ws/{token}", {"Origin": "http://evil.example"}),
        ("/ws/{token}", {"Origin": "null"}),
        ("/ws/{token}", {"Origin": "http://127.0.0.1:1"}),
        ("/ws/{token}", {"Origin": "http://{at}.evil.example"}),
        ("/ws/{token}", {"Origin": "http://evil.example", "Host": "evil.example"}),
        ("/ws/{token}", {"Origin": "http://evil.example:{port}", "Host": "evil.example:{port}"}),
        ("/ws/{token}", {"Host": ""}),
        ("/ws/wrong", {"Origin": "http://{at}"}),
        ("/ws/", {"Origin": "http://{at}"}),
        ("/ws", {"Origin": "http://{at}"}),
        ("/ws?token=%C3%A9", {"Origin": "http://{at}"}),
    ],
)
def test_strangers_get_no_socket(served: Served, path: str, headers: dict[str, str]) -> None:
    known = {"token": served.token, "at": served.at, "port": served.url.port}
    sent = {name: value.format(**known) for name, value in headers.items()}
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        asyncio.run(_socket(f"ws://{served.at}{path.format(**known)}", **sent))
    assert caught.value.status in (400, 403, 404)


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/download/key"])
def test_without_the_token_there_is_no_page(served: Served, path: str) -> None:
    assert asyncio.run(_status(f"http://{served.at}{path}")) == 403


def test_a_name_that_was_led_here_gets_no_page(served: Served) -> None:
    host = f"rebound.example:{served.url.port}"
    assert asyncio.run(_status(served.address, Host=host)) == 403
    assert asyncio.run(_status(f"http://{served.at}/static/js/textual.js", Host=host)) == 403


def test_each_server_has_a_token_of_its_own() -> None:
    from tui.serving import GuardedServer

    one, other = (GuardedServer("true", "127.0.0.1", 8000) for _ in range(2))
    assert one.token != other.token
    assert len(one.token) >= 32


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *((name, True) for name in ("127.0.0.1", "127.8.8.8", "::1", "localhost")),
        *((name, False) for name in ("0.0.0.0", "192.168.1.4", "::", "my-machine")),
    ],
)
def test_what_other_machines_can_reach_is_warned_of(
    host: str, local: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tui import launch
    from tui.serving import GuardedServer

    monkeypatch.setattr(GuardedServer, "serve", lambda self: None)
    launch.serve(host, 8000, [])
    assert ("can be reached from other machines" in capsys.readouterr().out) is not local


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["serve", "--port", str(taken.getsockname()[1])]
        code = "from core.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=120, check=False
        )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Can't listen on" in done.stderr


def test_the_page_asks_no_other_host_and_has_the_keyboard(served: Served) -> None:
    async def page() -> str:
        async with aiohttp.ClientSession() as session, session.get(served.address) as answer:
            return await answer.text()

    text = asyncio.run(page())
    asked = set(re.findall(r'(?:src|href)="(?:https?|wss?)://([^/"]+)', text))
    assert asked <= {served.at}
    assert ".focus()" in text


def test_a_download_is_reached_by_its_random_address_alone(served: Served) -> None:
    base = f"http://{served.at}/download/"
    assert asyncio.run(_status(f"{base}{'0' * 32}")) == 404
    assert asyncio.run(_status(f"{base}short")) == 403
    assert asyncio.run(_status(f"{base}{'0' * 32}", Origin="http://evil.example")) == 403
