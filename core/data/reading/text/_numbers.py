"""Reads numbers as people write them: decimal commas, thousands, percent; one reading for a whole column."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Sequence
from typing import NamedTuple

from core.contract import ReadingOptions
from core.data.reading import COUNT_NAMES, MISSING, is_counted, is_number, plain
from core.errors import UsageError

_GROUPED = {mark: re.compile(rf"-?\d{{1,3}}(\{mark}\d{{3}})+") for mark in ",."}
_SPACED = re.compile(r"(?<=\d)[\s\u00a0\u202f'](?=\d{3}(\D|$))")
_LARGE = 100
_YES = ("true", "yes", "y", "t", "like", "liked", "up", "👍")
_NO = ("false", "no", "n", "f", "dislike", "disliked", "down", "👎")
_ANSWERS = {**dict.fromkeys(_YES, 1.0), **dict.fromkeys(_NO, 0.0)}
_UNIT = re.compile(
    r"([-+]?[\d.,]+)\s*(stars?|points?|pts\.?|sterne?|punkte?|étoiles?|(?:/|out of|of|von|sur)\s*\d+)",
    re.IGNORECASE,
)
_STARS = re.compile(r"([★⭐✭*]\ufe0f?)*½?[☆✩]*")

LEFT_OUT = -3e38
"""The number that stands for a text which `missing_rating` leaves out."""


class NumberError(Exception):
    """A text that is no number: `text` as written, and the reason."""

    def __init__(self, text: str, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.text, self.reason, self.hint = text, reason, hint


class Note(NamedTuple):
    """What was made of how numbers are written: its `form` in short, and as it is told."""

    form: str
    text: str


def parse_numbers(
    texts: Sequence[str], options: ReadingOptions, name: str = ""
) -> tuple[list[float | None], tuple[Note, ...]]:
    """Read the distinct texts of a column; None for a missing one, and what was made of commas and signs.

    Words count as `rating_word` says; those in `missing_rating` become `LEFT_OUT`. The column's `name` may
    say that it holds counts. Raises NumberError for a text that is no number, and where a comma or a point
    may be a decimal sign or part thousands.
    """
    words = _words(options)
    cells = [text.strip() for text in texts]
    there = [cell for cell in cells if cell not in MISSING and cell.casefold() not in words]
    if there and not words and all(cell.casefold() in _ANSWERS for cell in there):
        answers = f"yes and no (as in {there[0]}) are 1 and 0"
        return [_ANSWERS.get(cell.casefold()) for cell in cells], (Note("yes and no", answers),)
    bare, notes = _wrapping(there)
    convert, said = _reading([bare(cell) for cell in there], options.decimal, name)

    def value(cell: str) -> float | None:
        if cell.casefold() in words:
            return words[cell.casefold()]
        return None if cell in MISSING else _number(cell, convert(bare(cell)), there)

    return [value(cell) for cell in cells], (*notes, *said)


def _words(options: ReadingOptions) -> dict[str, float]:
    """What words stand for, case-folded; raises UsageError for an option that names no number."""
    words = {code.strip().casefold(): LEFT_OUT for code in options.missing_rating if not is_number(code)}
    for pair in options.rating_word:
        word, _, number = pair.rpartition("=")
        if not word or not is_number(number):
            raise UsageError(f"--rating-word takes WORD=NUMBER, as in good=4, not {pair!r}.")
        words[word.strip().casefold()] = float(number.replace(",", "."))
    return words


Bare = Callable[[str], str]


def _wrapping(cells: Sequence[str]) -> tuple[Bare, tuple[Note, ...]]:
    """Takes off what all cells of a column have around their numbers: percent signs, units, scales, stars."""
    if cells and all(cell.endswith("%") for cell in cells):
        note = Note("percent", "percent signs left out: 80% is 80")
        return lambda cell: _SPACED.sub("", cell.removesuffix("%").strip()), (note,)
    if cells and all(cell and _STARS.fullmatch(cell) for cell in cells):
        return _stars, (Note("signs", f"stars are counted: {cells[0]} is {_stars(cells[0])}"),)
    found = [_UNIT.fullmatch(cell) for cell in cells]
    units = {_unit(match) for match in found if match is not None}
    if cells and all(found) and len(units) == 1:
        return _without_unit, (Note(f"number {units.pop()}", f"{cells[0]} is {_without_unit(cells[0])}"),)
    example = next(filter(_SPACED.search, cells), "")
    parted = Note(
        "spaces", f"spaces (or ') between digits part thousands: {example} is {_SPACED.sub('', example)}"
    )
    notes = (parted,) if example else ()
    return lambda cell: _SPACED.sub("", cell), notes


def _without_unit(cell: str) -> str:
    return _UNIT.sub(r"\1", cell)


def _unit(match: re.Match[str]) -> str:
    """A unit in one spelling: star and stars are one, 3/5 and 3/10 are not."""
    return match[2].casefold().replace(" ", "").rstrip("s.")


def _stars(cell: str) -> str:
    return f"{sum(sign in '★⭐✭*' for sign in cell) + 0.5 * cell.count('½'):g}"


_MOST_WORDS = 20


def _number(cell: str, text: str, others: Sequence[str]) -> float:
    try:
        value = float(text) if "_" not in text else float("x")
    except ValueError:
        raise NumberError(cell, f"{cell[:60]!r} is not a number", _way_out(cell, others)) from None
    if math.isnan(value):
        raise NumberError(cell, "is missing", "--missing skip leaves such rows out.")
    if not math.isfinite(value) or abs(value) > 3.4e38:
        raise NumberError(cell, f"{cell[:60]!r} is not finite", "Correct the value, or remove the line.")
    return value


def _way_out(cell: str, others: Sequence[str]) -> str:
    """Words may stand for ratings, or for none: the flags that say so."""
    if any(len(one) > _LONGEST_WORD for one in others) or len(others) > _MOST_WORDS:
        return f"Correct the value, or leave such rows out with --missing-rating {shlex.quote(cell[:60])}."
    words = [one for one in others if not is_number(one)]
    listed = ", ".join(words[:8]) + (", …" if len(words) > 8 else "")
    name = shlex.quote(cell)
    return (
        f"The words are {listed}: --rating-word {shlex.quote(f'{cell}=1')} says what one stands for, "
        f"--missing-rating {name} leaves its rows out."
    )


_LONGEST_WORD = 40


Convert = Callable[[str], str]


def _reading(cells: Sequence[str], decimal: str, name: str) -> tuple[Convert, tuple[Note, ...]]:
    """Choose what commas and points mean in the whole column."""
    sign = decimal or _decimal_sign(cells, name)
    other = "," if sign == "." else "."
    parted = [cell for cell in cells if other in cell]
    for cell in parted:
        if not _GROUPED[other].fullmatch(cell.split(sign)[0]):
            raise NumberError(cell, f"{cell[:60]!r} is not a number", _hint(cell, sign))
    notes = []
    if parted:
        told = f"{other!r} parts thousands: {parted[0]} is {parted[0].replace(other, '')}"
        notes.append(Note(f"thousands {other}", told))
    elif sign == ",":
        example = next((cell for cell in cells if "," in cell), "")
        told = f"',' is the decimal sign: {example} is {example.replace(',', '.')}"
        notes += [Note("decimal ,", told)] if example else []
    return lambda cell: cell.replace(other, "").replace(sign, "."), tuple(notes)


def _hint(cell: str, sign: str) -> str:
    return (
        ""
        if re.search(r"[^\d.,\s-]", cell)
        else f"--decimal {',' if sign == '.' else '.'} reads it the other way."
    )


def _decimal_sign(cells: Sequence[str], name: str) -> str:
    """The decimal sign that all cells allow; raises NumberError where commas may mean either."""
    commas = [cell for cell in cells if "," in cell]
    points = [cell for cell in cells if "." in cell]
    both = next((cell for cell in commas if "." in cell), "")
    if both:
        return max(",.", key=both.rfind)
    if commas and not points:
        return "." if _parts_thousands(commas, ",", cells, plain(name) in COUNT_NAMES) else ","
    if points and not commas and len(points) > 2 and all(_GROUPED["."].fullmatch(cell) for cell in points):
        if not any(cell.count(".") > 1 for cell in points):
            _refuse_either(points, cells, is_counted(name))
            return "."
        return ","
    if points and not commas:
        _refuse_either(points, cells, is_counted(name))
    return "."


def _refuse_either(points: Sequence[str], cells: Sequence[str], counted: bool) -> None:
    """Raise NumberError where points may part thousands: counts, or numbers too large for a scale, that have
    none below a thousand and always three digits behind one above."""
    whole = [int(cell) for cell in cells if cell.lstrip("-").isdecimal()]
    if not whole or not (counted or max(whole) > _LARGE):
        return
    if all(_GROUPED["."].fullmatch(cell) and not cell.lstrip("-").startswith("0") for cell in points):
        raise _either(points[0])


def _either(cell: str) -> NumberError:
    reason = f"{cell} may be {cell.replace(',', '.')} or {cell.replace(',', '').replace('.', '')}"
    return NumberError(cell, reason, "Say which sign is the decimal one, as in --decimal , or --decimal . .")


def _parts_thousands(marked: Sequence[str], mark: str, cells: Sequence[str], counted: bool) -> bool:
    """Say whether a mark parts thousands: groups of three beside whole numbers too large for a scale."""
    if not all(_GROUPED[mark].fullmatch(cell) for cell in marked):
        return False
    whole = [int(cell) for cell in cells if cell.lstrip("-").isdecimal()]
    if counted or any(cell.count(mark) > 1 for cell in marked) or max(whole, default=0) >= _LARGE:
        return True
    raise _either(marked[0])
