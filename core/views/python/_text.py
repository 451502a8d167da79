"""Lines of an answer as text: tables with aligned columns, no character that a terminal would obey."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from core.readable import readable
from core.views import Lines, Remark, Table

_WIDEST = 60


def as_text(lines: Lines) -> str:
    """Write lines, tables and remarks below each other."""
    return "\n".join(_text(lines))


def _text(lines: Lines) -> Iterator[str]:
    for line in lines:
        match line:
            case Table(rows):
                yield from aligned(rows)
            case Remark(text):
                yield readable(text)
            case _:
                yield readable(line)


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Write rows with aligned columns, a line a row; a cell over 60 characters is cut."""
    shown = [[readable(cell) for cell in row] for row in rows]
    cut = [[cell if len(cell) <= _WIDEST else f"{cell[: _WIDEST - 1]}…" for cell in row] for row in shown]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cut]
