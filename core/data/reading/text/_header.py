"""Says whether the first line of a text table names its columns."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.reading import is_number, is_usual

Row = tuple[str, ...]


def header_of(rows: Sequence[Row], wanted: str) -> str:
    """Say whether the first row is a header: yes, no, or numbers (0,1,2, as data frames write it)."""
    if wanted:
        return wanted
    first, others = rows[0], rows[1:]
    usual = [is_usual(cell) for cell in first]
    if usual[0] or sum(usual) > 1:
        return "yes"
    if _counts_columns(first) and others and all(row[0].strip() != "0" for row in others if row):
        return "numbers"
    if not any(is_number(cell) for cell in first):
        return "yes"
    return "yes" if any(_heads(first, others, place) for place in range(len(first))) else "no"


def names_of(rows: Sequence[Row], header: str) -> Row:
    """The names of the columns: the header's, else their positions from 1."""
    width = max(map(len, rows[:2]))
    if header != "yes":
        return tuple(str(place + 1) for place in range(len(rows[0])))
    names = tuple(name.strip() for name in rows[0])
    one_less = len(rows) > 1 and len(names) == width - 1 and all(len(row) == width for row in rows[1:])
    return ("", *names) if one_less else names  # R leaves the name of the rows' numbers out


def _counts_columns(row: Row) -> bool:
    return len(row) > 1 and [cell.strip() for cell in row] == [str(place) for place in range(len(row))]


def _heads(first: Row, others: Sequence[Row], place: int) -> bool:
    """A text above numbers is a header, and so is nothing above something."""
    cells = [row[place].strip() for row in others if len(row) > place]
    if not cells or is_number(first[place]):
        return False
    return all(map(is_number, cells)) if first[place].strip() else place == 0 and all(cells)
