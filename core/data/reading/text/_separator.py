"""Finds out what separates the columns of a text table, and splits its lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from core.contract import Location
from core.data.reading import BASKETS, LINE_LIMIT
from core.errors import DataError

csv.field_size_limit(LINE_LIMIT)  # its own would call a long text a fault
_CANDIDATES = ("::", "\t", ",", ";", "|", " ")
_TWO_NUMBERS = re.compile(r"\s*\d+[ \t]+\d+.*")


def split_line(line: str, separator: str, quote: str = '"', escapes: bool = False) -> tuple[str, ...]:
    """Split one line into its fields."""
    rows = split_lines([line], separator, quote, escapes)
    return rows[0] if rows else ()


def split_lines(
    lines: Sequence[str], separator: str, quote: str = '"', escapes: bool = False
) -> list[tuple[str, ...]]:
    """Split lines into rows of fields; a quoted field may go on in the next lines.

    `quote` is what a field may stand between; empty where nothing is quoted.
    """
    if separator == " ":
        return [tuple(line.split()) for line in lines]
    if len(separator) > 1 or not quote:
        return [tuple(line.split(separator)) for line in lines]
    reader = csv.reader(
        (f"{line}\n" for line in lines),
        delimiter=separator,
        quotechar=quote,
        escapechar="\\" if escapes else None,
    )
    try:
        return [tuple(row) for row in reader if row]
    except csv.Error:
        return [tuple(line.split(separator)) for line in lines]


def separator_of(lines: Sequence[str], location: Location) -> str:
    """The candidate that splits the first line and nearly all others evenly, into the more fields the better.

    Raises DataError where none does.
    """
    scores = {candidate: _score(lines, candidate) for candidate in _CANDIDATES}
    marks = {mark: score for mark, score in scores.items() if mark != " " and score[0]}
    if marks and not _spaced_numbers(lines, max(marks, key=lambda mark: marks[mark])):
        scores.pop(" ")  # words of a text are separated by spaces too
    best = max(scores, key=lambda mark: scores[mark])
    if scores[best][1] < 2:
        hint = f"Name it with --separator (comma, tab, semicolon, pipe, colons or whitespace). {BASKETS}"
        raise DataError("can't tell what separates the columns.", path=str(location), row=1, hint=hint)
    return best


def separator_of_baskets(lines: Sequence[str], location: Location) -> str:
    """What separates lines of any length: as in a table where that can be told, else what most lines hold.

    Raises DataError where no line holds any.
    """
    try:
        return separator_of(lines, location)
    except DataError:
        held = {mark: sum(len(row) > 1 for row in split_lines(lines, mark)) for mark in _CANDIDATES}
        best = max(held, key=lambda mark: held[mark])
        if not held[best]:
            raise
        return best


def quote_of(lines: Sequence[str], separator: str) -> str:
    """What fields stand between: single quotes where every line has such a field, else double ones."""
    if separator in ("::", " "):
        return ""
    inside = re.compile(rf"(^|{re.escape(separator)})'[^']*'({re.escape(separator)}|$)")
    others = [line.strip() for line in lines[1:] if line.strip()]
    return "'" if others and all(inside.search(line) for line in others) else '"'


def _score(lines: Sequence[str], candidate: str) -> tuple[bool, int]:
    """Whether the candidate splits the lines evenly, and into how many fields."""
    widths = [len(row) for row in split_lines(lines, candidate)]
    columns, hits = Counter(widths).most_common(1)[0] if widths else (0, 0)
    first = bool(widths) and (widths[0] == columns or widths[0] == columns - 1 > 1)
    return columns >= 2 and hits >= 0.9 * len(widths) and first, columns


def _spaced_numbers(lines: Sequence[str], mark: str) -> bool:
    """Say whether a mark leaves numbers with spaces between them: it is a decimal comma then."""
    return all(_TWO_NUMBERS.fullmatch(line.split(mark)[0]) for line in lines)
