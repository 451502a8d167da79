"""Plain tables for people on stdout, remarks on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_WIDEST = 60


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows with aligned columns; a cell over 60 characters is cut."""
    cut = [[cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…" for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    for row in cut:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def note(text: str) -> None:
    """Print a remark on stderr, out of the data's way."""
    print(f"tastemap: {text}", file=sys.stderr)
