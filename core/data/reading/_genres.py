"""Reads genres: names parted by a sign, or the names in a JSON list."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.contract import Repair

_NO_GENRES = {"(no genres listed)", "unknown", "nan", "none", "null", ""}
_FEWEST = 8
_SHARED = 0.1

Genres = list[tuple[str, ...]]


def genres_of(cells: Sequence[str], name: str) -> tuple[Genres, tuple[Repair, ...]]:
    """Split the genres of each item; a column in which nearly every item has its own is none, and said so."""
    genres = [_from_list(cell) for cell in cells] if _are_lists(cells) else _split(cells)
    if _are_shared(genres):
        return genres, ()
    message = f"the column {name!r} holds no genres (nearly every item has its own): left out"
    return [()] * len(cells), (Repair("genres", len(cells), message),)


def _are_shared(genres: Genres) -> bool:
    """Genres say what items have in common: most of their uses are of names that several items have."""
    uses = Counter(name for names in genres for name in names)
    total = uses.total()
    if total < _FEWEST:
        return not any("://" in name for name in uses)
    alone = sum(count == 1 for count in uses.values())
    return alone <= (1 - _SHARED) * total and not all("://" in name for name in uses)


def _split(cells: Sequence[str]) -> Genres:
    """Split at the first of | ; , that the column uses."""
    separator = next((mark for mark in "|;," if any(mark in cell for cell in cells)), "|")
    return [tuple(dict.fromkeys(filter(None, map(_known, cell.split(separator))))) for cell in cells]


def _known(name: str) -> str:
    text = name.strip()
    return "" if text.casefold() in _NO_GENRES else text


def _are_lists(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(cell[0] == "[" and cell[-1] == "]" for cell in filled) > 0.9 * len(filled)


def _from_list(cell: str) -> tuple[str, ...]:
    """The names in a list written as JSON or as Python writes it: texts, or objects with a name."""
    names = (_known(_name(one)) for one in _parsed(cell))
    return tuple(dict.fromkeys(filter(None, names)))


def _name(one: Any) -> str:
    if isinstance(one, dict):
        return str(one.get("name", one.get("title", "")))
    return one if isinstance(one, str) else ""


_LONGEST = 100_000


def _parsed(cell: str) -> list[Any]:
    if len(cell) > _LONGEST:
        return []
    for parse in (json.loads, ast.literal_eval):  # literals only: nothing in it is run
        try:
            found = parse(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        return found if isinstance(found, list) else []
    return []
