"""The screen served to browsers, and only to those that were given its address.

Any page that a browser has open may speak to a port of this machine, also under a name of its own that leads
here. So a request must name this server (Host), come from its page (Origin) and, but for the library's own
static files, bring the random token of the address.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import logging
import re
import secrets
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, TextIO, cast

import aiohttp_jinja2
from aiohttp import web
from textual_serve.server import Server, to_int

from core.errors import UsageError
from core.readable import readable_lines

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
}


_DOWNLOAD = re.compile(r"/download/[0-9a-f]{32}")
"""A file that the app hands over: its address is random, and serves once."""
_ELSEWHERE = re.compile(r"<link\b[^>]*\bhref=\"https?://(?!\{)[^\"]*googleapis[^\"]*\"[^>]*>\s*")
_FOCUS = """<script>
addEventListener("load", function focus() {
  const keys = document.querySelector(".xterm-helper-textarea");
  if (keys) { keys.focus(); } else { setTimeout(focus, 100); }
});
addEventListener("click", () => document.querySelector(".xterm-helper-textarea")?.focus());
</script>
"""


class GuardedServer(Server):
    """Textual's server behind a check of Host, Origin and token; each browser gets an app of its own."""

    def __init__(self, command: str, host: str, port: int) -> None:
        super().__init__(command, host=host, port=port, title="Tastemap")
        self.token = secrets.token_urlsafe(24)
        self._names = {host.lower(), "localhost", *_own_names()}

    @property
    def address(self) -> str:
        """What a person opens: it holds the token."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={self.token}"

    def serve(self, debug: bool = False) -> None:
        """Serve until Ctrl-C; raises UsageError where the port can't be had."""
        with contextlib.redirect_stdout(cast(TextIO, _ReadableStream(sys.stdout))):
            try:
                super().serve(debug)
            except OSError as error:
                reason = error.strerror or str(error)
                hint = "Choose another --port, or an address of this machine for --host."
                raise UsageError(f"Can't listen on {self.host}:{self.port}: {reason}.", hint=hint) from error

    def initialize_logging(self) -> None:
        """Tell what goes wrong, and keep tokens out of logs of requests."""
        super().initialize_logging()
        logging.getLogger("aiohttp.access").setLevel(logging.WARNING)

    async def on_startup(self, app: web.Application) -> None:
        """Print the address."""
        del app
        self.console.print(f"Tastemap is at {self.address}", markup=False, highlight=False, soft_wrap=True)
        self.console.print("Who has this address can use the app. Ctrl-C ends it.", highlight=False)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.router.add_get("/ws/{token}", self.handle_websocket)
        app.middlewares.append(self._guard())
        return app

    def _guard(self) -> Any:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._refuse_strangers(request)
            response = await handler(request)
            if not response.prepared:
                response.headers.update(_HEADERS)
            return response

        return guard

    def _refuse_strangers(self, request: web.Request) -> None:
        """Raises HTTPForbidden with the reason."""
        if not self._is_host(request.host):
            raise web.HTTPForbidden(text="This server isn't known by that name.\n")
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise web.HTTPForbidden(text="Another page asks; open the app's own address.\n")
        if request.path.startswith("/static/") or _DOWNLOAD.fullmatch(request.path):
            return
        given = request.match_info.get("token") or request.query.get("token", "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise web.HTTPForbidden(text="The token is wrong: open the address that was printed.\n")

    def _is_host(self, named: str) -> bool:
        """Whether a Host header names this server: by a name of this machine, or by an address as such.

        A page can lead a name of its own here, but not an address.
        """
        name, port = _split_host(named)
        return port in ("", str(self.port)) and (name.lower() in self._names or _is_address(name))

    async def handle_index(self, request: web.Request) -> Any:
        """The page, whose socket's address holds the token."""
        at = request.host
        context = {
            "font_size": to_int(request.query.get("fontsize", "16"), 16),
            "app_websocket_url": f"ws://{at}/ws/{self.token}",
            "config": {"static": {"url": f"http://{at}/static/"}},
            "application": {"name": self.title},
        }
        page = aiohttp_jinja2.render_template("app_index.html", request, context)
        page.text = own_page(page.text or "")
        return page


def own_page(page: str) -> str:
    """The library's page without what it asks other hosts for, and with the keyboard in the terminal."""
    return _ELSEWHERE.sub("", page).replace("</body>", f"{_FOCUS}</body>")


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _split_host(named: str) -> tuple[str, str]:
    """`[::1]:8000` → `::1`, `8000`."""
    if named.startswith("["):
        name, _, port = named[1:].partition("]")
        return name, port.removeprefix(":")
    name, _, port = named.partition(":")
    return name, port


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name.partition('.')[0]}.local"} - {"", ".local"}


class _ReadableStream:
    """A stream on which nothing that an app's process says can reach the terminal as an escape."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(readable_lines(text))

    def isatty(self) -> bool:
        """No: colours would be escapes too."""
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
