"""The entry points of the screen: open it in this terminal, or serve it to a browser."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def run(plugins: list[Path]) -> int | None:
    """Open the screen and return its exit code; raises PluginError for a plugin file that can't be loaded."""
    if not sys.stdout.isatty():
        from core.errors import UsageError

        raise UsageError("The screen needs a terminal.", hint="`tastemap train` and the others work without.")
    from core.contract import load_plugins
    from core.engine import EngineClient, engine_command
    from tui.shell import TastemapApp

    app = TastemapApp(EngineClient(engine_command(plugins)), load_plugins(plugins))
    app.run()
    return app.return_code


def serve(host: str, port: int, plugins: list[Path]) -> int | None:
    """Serve the screen to browsers; each that opens the page gets an app and an engine of its own."""
    from core.errors import UsageError

    try:
        from tui.serving import GuardedServer, is_loopback
    except ImportError:
        hint = "Install it: pip install textual-serve."
        raise UsageError("Serving to a browser needs textual-serve.", hint=hint) from None
    words = [sys.executable, "-m", "tui.launch", *(str(path.absolute()) for path in plugins)]
    server = GuardedServer(shlex.join(words), host, port)
    if not is_loopback(host):
        server.console.print(_EXPOSED.format(host=host, port=port), markup=False, highlight=False)
    server.serve()
    return 0


_EXPOSED = """\
tastemap: {host}:{port} can be reached from other machines, and nothing on the way is encrypted: who reads
along has the token, and with it this app and your files. Better: --host 127.0.0.1 and an SSH tunnel."""


def main() -> None:
    """Open the screen for the server, whose pipes are no terminal."""
    from core.contract import load_plugins
    from core.engine import EngineClient, engine_command
    from tui.shell import TastemapApp

    plugins = [Path(word) for word in sys.argv[1:]]
    TastemapApp(EngineClient(engine_command(plugins)), load_plugins(plugins)).run()


if __name__ == "__main__":
    main()
