"""Print results: JSON or plain text on stdout, remarks on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.views import Lines

_WIDEST = 60


def print_json(value: Any) -> None:
    """Print a value as one line of JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


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
                print(line)


def _print_table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows with aligned columns; a cell over 60 characters is cut."""
    cut = [[cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…" for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    for row in cut:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Print a remark on stderr, out of the data's way."""
    print(f"tastemap: {text}", file=sys.stderr)


def figure(value: float | None) -> str:
    """An error with four decimals, or a dash where there is none: never a 0, which would read as perfect."""
    return "-" if value is None else f"{value:.4f}"
