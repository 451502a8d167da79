"""Textual's driver, for a terminal that may be closed at any moment and may send any byte."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import IO, Any

from textual.app import App
from textual.drivers import linux_driver

HUNG_UP = 129
"""What a shell says of a process that SIGHUP ended."""


class LastingFile:
    """A file that takes everything after what it wrote to is gone, and says once that it is."""

    def __init__(self, file: IO[str], gone: Callable[[], object]) -> None:
        self._file, self._gone = file, gone
        self.is_gone = False

    def write(self, text: str) -> None:
        """Write, or drop what nobody can see any more."""
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        """Flush, if there is somewhere to."""
        self._try(self._file.flush)

    def fileno(self) -> int:
        """The descriptor of the file itself."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether the file itself is a terminal."""
        return self._file.isatty()

    def _try(self, write: Callable[[], object]) -> None:
        if self.is_gone:
            return
        try:
            write()
        except (OSError, ValueError):  # hung up, or closed
            self.is_gone = True
            self._gone()


def _forgiving(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
    """What is no text in this encoding becomes U+FFFD."""
    return lambda: codecs.getincrementaldecoder(encoding)("replace")


# Terminals of another encoding, and those that send Alt as the eighth bit, send what is no UTF-8; a single
# such byte would end the app by an error of the thread that reads.
setattr(linux_driver, "getincrementaldecoder", _forgiving)  # noqa: B010 - a name that Textual doesn't export


class TerminalDriver(linux_driver.LinuxDriver):
    """Ends the app when its terminal is gone, and never waits for it.

    Textual writes in a thread, which an error of the terminal would end; what is written then would fill its
    queue, and the app would wait there for ever, as a process without a terminal that nobody sees.
    """

    def __init__(self, app: App[Any], **how: Any) -> None:
        super().__init__(app, **how)
        if self._file is not None:  # Python has none where the descriptor was closed before
            self._file = LastingFile(self._file, self._end)  # type: ignore[assignment]

    def _end(self) -> None:
        self._app.call_later(self._app.exit, return_code=HUNG_UP)

    def release(self) -> None:
        """Let the threads end where the app's shutdown didn't see to it; they would keep the process."""
        self.exit_event.set()
        if self._writer_thread is not None and self._writer_thread.is_alive():
            self.close()
