"""The entry points of the screen: open it in this terminal, or serve it to a browser."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.shell import Subject


def run(plugins: list[Path], screen: str = "", run: Path | None = None) -> int | None:
    """Open the screen and return its exit code; raises PluginError for a plugin file that can't be loaded.

    `screen` names the one to begin with, `run` is the folder of the run to look at. Raises UsageError for a
    screen that isn't there, RunError for a damaged run.
    """
    first = _mode_of(screen)
    if not sys.stdout.isatty():
        from core.errors import UsageError

        raise UsageError("The screen needs a terminal.", hint="`tastemap train` and the others work without.")
    from core.contract import load_plugins
    from core.engine import EngineClient, engine_command
    from tui.shell import TastemapApp

    engine, registry = EngineClient(engine_command(plugins)), load_plugins(plugins)
    subject, watched = _look_at(run) if run is not None else (None, None)
    app = TastemapApp(engine, registry, subject, first, watched)
    try:
        app.run()
    finally:
        app.release_terminal()
    return app.return_code


def _mode_of(screen: str) -> str:
    from core.errors import UsageError
    from tui.shell import TABS

    names = {name: mode for mode, key, title in TABS for name in (mode, key, title.lower())}
    if screen and screen not in names:
        known = ", ".join(title.lower() for _, _, title in TABS)
        raise UsageError(f"There is no screen {screen!r}.", hint=f"There are: {known}.")
    return names.get(screen, "train")


def _look_at(folder: Path) -> tuple[Subject | None, Path | None]:
    """A run as the subject, or as one that is watched while another process trains it."""
    from core.errors import RunError
    from tui.files import read_run
    from tui.shell import Subject

    saved = read_run(folder)
    if saved.problem:
        raise RunError(saved.problem)
    if saved.state == "running":
        return None, folder
    return Subject.of_run(saved), None


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
