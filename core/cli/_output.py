"""Print results: JSON or readable text on stdout, remarks on stderr; nothing else here prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Protocol

from core.readable import escaped, readable

if TYPE_CHECKING:
    from core.protocol import Event
    from core.views import Lines

_WIDEST = 60


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

    for line in lines:
        match line:
            case Table(rows):
                _print_table(rows)
            case Remark(text):
                note(text)
            case _:
                say(line)


def _print_table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows with aligned columns; a cell over 60 characters is cut."""
    shown = [[readable(cell) for cell in row] for row in rows]
    cut = [[cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…" for cell in row] for row in shown]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    for row in cut:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def figure(value: float | None) -> str:
    """An error with four decimals, or a dash where there is none: never a 0, which would read as perfect."""
    return "-" if value is None else f"{value:.4f}"


ADVICE = "; to do better try --tune 20, --arch bayes or more ratings"
RANKING_ADVICE = "; to do better try --tune 20, --arch ease or more data"


class _Away(Protocol):
    """A difference from the baseline with its interval, as the finished event and evaluations have it."""

    @property
    def difference(self) -> float | None: ...
    @property
    def difference_low(self) -> float | None: ...
    @property
    def difference_high(self) -> float | None: ...
    @property
    def verdict(self) -> str: ...


def against_baseline(name: str, reached: float | None, away: _Away, advice: str = "") -> list[str]:
    """A line: the baseline's figure, the difference, the verdict, and advice where it isn't beaten."""
    if reached is None:
        return []
    if away.difference is None:
        return [f"{name} {reached:.4f}"]
    low, high = away.difference_low or 0.0, away.difference_high or 0.0
    told = f"{name} {reached:.4f}: {away.difference:+.4f} (95 % {low:+.4f} to {high:+.4f}), {away.verdict}"
    return [told if away.verdict == "better" else f"{told}{advice}"]
