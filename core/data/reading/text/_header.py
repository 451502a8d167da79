"""Says whether the first line of a text table names its columns."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.reading import ITEM_NAMES, is_number, is_usual, plain

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


_ORDERS = ("basket", "cart", "order", "transaction", "invoice", "session", "receipt")
BASKET_NAMES = (*ITEM_NAMES, *(f"{name}s" for name in ITEM_NAMES), "basket", "cart", "order")
"""What a column is called that holds a user's items, or an order's."""


def names_baskets(row: Row) -> bool:
    """Whether a line above baskets names their columns: a word that nothing in a basket is called, or two
    that are usual there."""
    words = [plain(cell) for cell in row]
    surely = {name + end for name in _ORDERS for end in ("id", "no", "nr", "number")}
    perhaps = {*BASKET_NAMES, *_ORDERS, *(f"{name}s" for name in _ORDERS)}  # things may be called so too
    sure = any(map(is_usual, row)) or any(word in surely for word in words)
    return sure or sum(word in perhaps for word in words) > 1


def names_of(rows: Sequence[Row], header: str) -> Row:
    """The names of the columns: the header's, else their positions from 1."""
    width = max(map(len, rows[:2]))
    if header != "yes":
        return tuple(str(place + 1) for place in range(len(rows[0])))
    names = tuple(name.strip() for name in rows[0])
    if len(rows) == 1 or len(names) != width - 1 or any(len(row) != width for row in rows[1:]):
        return names
    if all(not row[-1].strip() for row in rows[1:]):
        return (*names, "")  # every row ends with a separator
    return ("", *names) if _names_rows(rows[1:]) else names


def _names_rows(rows: Sequence[Row]) -> bool:
    """Whether the first cells name the rows, as R writes them without a name in the header: none
    comes twice."""
    cells = [row[0].strip() for row in rows]
    return len(set(cells)) == len(cells)


def _counts_columns(row: Row) -> bool:
    return len(row) > 1 and [cell.strip() for cell in row] == [str(place) for place in range(len(row))]


def _heads(first: Row, others: Sequence[Row], place: int) -> bool:
    """A text above numbers is a header, and so is nothing above something."""
    cells = [row[place].strip() for row in others if len(row) > place]
    if not cells or is_number(first[place]):
        return False
    return all(map(is_number, cells)) if first[place].strip() else place == 0 and all(cells)
