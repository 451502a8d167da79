"""Print results: JSON or readable text on stdout, remarks on stderr; nothing else here prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from core.readable import escaped, readable

if TYPE_CHECKING:
    from core.model import Model
    from core.protocol import Event
    from core.views import Lines


def say(line: str = "") -> None:
    """Print a line for people on stdout; controls that its data brought become visible."""
    _print(readable(line), sys.stdout)


def note(text: str) -> None:
    """Print a remark on stderr, out of the data's way, on one line."""
    warn(f"tastemap: {text}")


def warn(line: str = "", end: str = "\n") -> None:
    """Print a line for people on stderr; where nobody can be told, the work goes on."""
    with suppress(OSError):
        _print(readable(line), sys.stderr, end)


def note_leak(model: Model) -> None:
    """Say on stderr where a run's training knows rows from after those that its figures stand on."""
    if model.facts.leak:
        note(model.facts.leak)


def print_json(value: Any) -> None:
    """Print a value as one line of JSON on stdout; raises DivergenceError for numbers that aren't finite."""
    from core.errors import diverged

    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise diverged() from None
    _print_json_text(text)


def print_event(event: Event) -> None:
    """Print an event as one line of JSON on stdout, now."""
    _print_json_text(event.to_json())


def _print_json_text(text: str) -> None:
    """Where the terminal's encoding lacks letters, JSON's own escapes say the same."""
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    _print(escaped(text) if unicode else json.dumps(json.loads(text)), sys.stdout)


def _print(line: str, stream: IO[str], end: str = "\n") -> None:
    print(line, end=end, file=stream, flush=True)


def print_lines(lines: Lines) -> None:
    """Print an answer's lines and tables on stdout, its remarks on stderr."""
    from core.views import Remark, Table
    from core.views.python import aligned

    for line in lines:
        match line:
            case Table(rows):
                _print_rows(aligned(rows))
            case Remark(text):
                note(text)
            case _:
                say(line)


def _print_rows(rows: Iterable[str]) -> None:
    for row in rows:
        say(row)


def figure(value: float | None) -> str:
    """An error with four decimals, or a dash where there is none: never a 0, which would read as perfect."""
    return "-" if value is None else f"{value:.4f}"
