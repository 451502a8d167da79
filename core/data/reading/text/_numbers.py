"""Reads numbers as people write them: decimal commas, thousands, percent; one reading for a whole column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from core.data.reading import MISSING

_GROUPED = {mark: re.compile(rf"-?\d{{1,3}}(\{mark}\d{{3}})+") for mark in ",."}
_SPACED = re.compile(r"(?<=\d)[\s\u00a0\u202f'](?=\d{3}(\D|$))")
_LARGE = 100
_ANSWERS = {"true": 1.0, "yes": 1.0, "like": 1.0, "false": 0.0, "no": 0.0, "dislike": 0.0}


class NumberError(Exception):
    """A text that is no number: `text` as written, and the reason."""

    def __init__(self, text: str, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.text, self.reason, self.hint = text, reason, hint


def parse_numbers(
    texts: Sequence[str], decimal: str, counted: bool
) -> tuple[list[float | None], tuple[str, ...]]:
    """Read the distinct texts of a column; None for a missing one, and what was made of commas and signs.

    `decimal` is the sign asked for, or empty; `counted` says that the column holds counts. Raises
    NumberError for a text that is no number and where a comma may be a decimal sign or part thousands.
    """
    cells = [text.strip() for text in texts]
    there = [cell for cell in cells if cell not in MISSING]
    notes: list[str] = []
    if there and all(cell.casefold() in _ANSWERS for cell in there):
        answers = f"yes and no (as in {there[0]}) are 1 and 0"
        return [_ANSWERS.get(cell.casefold()) for cell in cells], (answers,)
    percent = bool(there) and all(cell.endswith("%") for cell in there)
    if percent:
        notes.append("percent signs left out: 80% is 80")
    if any(_SPACED.search(cell) for cell in there):
        notes.append("spaces between digits part thousands")
    convert, said = _reading([_bare(cell, percent) for cell in there], decimal, counted)
    values = [None if cell in MISSING else _number(cell, convert(_bare(cell, percent))) for cell in cells]
    return values, (*notes, *said)


def _bare(cell: str, percent: bool) -> str:
    return _SPACED.sub("", cell.removesuffix("%").strip() if percent else cell)


def _number(cell: str, text: str) -> float:
    try:
        value = float(text) if "_" not in text else float("x")
    except ValueError:
        raise NumberError(cell, f"{cell[:60]!r} is not a number") from None
    if math.isnan(value):
        raise NumberError(cell, "is missing")
    if not math.isfinite(value) or abs(value) > 3.4e38:
        raise NumberError(cell, f"{cell[:60]!r} is not finite")
    return value


Convert = Callable[[str], str]


def _reading(cells: Sequence[str], decimal: str, counted: bool) -> tuple[Convert, tuple[str, ...]]:
    """Choose what commas and points mean in the whole column."""
    sign = decimal or _decimal_sign(cells, counted)
    other = "," if sign == "." else "."
    parted = [cell for cell in cells if other in cell]
    for cell in parted:
        if not _GROUPED[other].fullmatch(cell.split(sign)[0]):
            raise NumberError(cell, f"{cell[:60]!r} is not a number", _hint(cell, sign))
    notes = []
    if parted:
        notes.append(f"{other!r} parts thousands: {parted[0]} is {parted[0].replace(other, '')}")
    elif sign == ",":
        example = next((cell for cell in cells if "," in cell), "")
        notes += [f"',' is the decimal sign: {example} is {example.replace(',', '.')}"] if example else []
    return lambda cell: cell.replace(other, "").replace(sign, "."), tuple(notes)


def _hint(cell: str, sign: str) -> str:
    return (
        ""
        if re.search(r"[^\d.,\s-]", cell)
        else f"--decimal {',' if sign == '.' else '.'} reads it the other way."
    )


def _decimal_sign(cells: Sequence[str], counted: bool) -> str:
    """The decimal sign that all cells allow; raises NumberError where commas may mean either."""
    commas = [cell for cell in cells if "," in cell]
    points = [cell for cell in cells if "." in cell]
    both = next((cell for cell in commas if "." in cell), "")
    if both:
        return max(",.", key=both.rfind)
    if commas and not points:
        return "." if _parts_thousands(commas, ",", cells, counted) else ","
    if points and not commas and len(points) > 2 and all(_GROUPED["."].fullmatch(cell) for cell in points):
        if not any(cell.count(".") > 1 for cell in points):
            return "."
        return ","
    return "."


def _parts_thousands(marked: Sequence[str], mark: str, cells: Sequence[str], counted: bool) -> bool:
    """Say whether a mark parts thousands: groups of three beside whole numbers too large for a scale."""
    if not all(_GROUPED[mark].fullmatch(cell) for cell in marked):
        return False
    whole = [int(cell) for cell in cells if cell.lstrip("-").isdecimal()]
    if counted or any(cell.count(mark) > 1 for cell in marked) or max(whole, default=0) >= _LARGE:
        return True
    cell = marked[0]
    reason = f"{cell} may be {cell.replace(',', '.')} or {cell.replace(',', '')}"
    raise NumberError(cell, reason, "Say which sign is the decimal one, as in --decimal , or --decimal . .")
