"""`python -m core.engine [--plugin FILE.py …]`: speak JSON lines until told to quit."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from core.engine._channel import EventWriter, claim_stdin, claim_stdout, failure, read_commands
from core.errors import TastemapError
from core.protocol import Command, Quit
from core.startup import claim_process


def main() -> int:
    arguments = _parse()
    claim_process()
    writer = EventWriter(claim_stdout())
    from core.contract import load_plugins
    from core.engine._server import EngineServer, ready

    try:
        server = EngineServer(load_plugins(arguments.plugin), writer.emit)
    except TastemapError as error:
        writer.emit(failure(error))
        return error.exit_code
    writer.emit(ready())
    reading = (claim_stdin(), server.controls.send, writer.emit)
    threading.Thread(target=read_commands, args=reading, daemon=True, name="commands").start()
    _quit_by_signals(server.controls.send)
    server.serve()
    return 0


def _quit_by_signals(send: Callable[[Command], None]) -> None:
    """Let SIGTERM and SIGHUP end the engine as its parent would: a training is stopped and saved."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: send(Quit()))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.engine", description=__doc__)
    parser.add_argument("--plugin", type=Path, action="append", default=[], help="Load a plugin from a file.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
