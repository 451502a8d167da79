"""Where labels go: beside their point, never over one another, over no symbol, inside the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import combining

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len

from tui.formats import fit

_LONGEST = 26
_MOST_TRIES = 400
_PEAKS_DOWN, _PEAKS_ACROSS = 8, 6
"""Peaks lie as far apart as so many of them would, evenly, from top to bottom and from side to side."""
_PEAK_POINTS, _LEAST_SHARE = 3, 0.1
"""A peak has so many points around its cell, and this share of the most crowded one's."""


@dataclass(frozen=True)
class Placed:
    """A label at its place: one text a cell, the second cell of a wide character being empty."""

    index: int
    row: int
    column: int
    cells: list[str]


def place_labels(
    labels: Sequence[str],
    visible: npt.NDArray[np.int32],
    columns: npt.NDArray[np.float64],
    rows: npt.NDArray[np.float64],
    taken: npt.NDArray[np.bool_],
    urgent: Sequence[int],
    sparse: bool,
) -> Iterator[Placed]:
    """Place urgent labels, then those of the peaks, then the others by importance while room lasts.

    `visible` has the most important point last; `taken`, shape (rows, columns), is where none may be. Among
    few (`sparse`) points those are the symbols; among many a label may cover dots, but labels then stay few,
    so that the cloud remains a cloud.
    """
    height, width = taken.shape
    taken = taken.copy()
    budget = _MOST_TRIES if sparse else max(6, width * height // 160)
    where = {int(index): number for number, index in enumerate(visible)}
    order = [index for index in urgent[::-1] if index in where]
    order += [int(index) for index in visible[peaks(columns, rows, height, width)]]
    order += [int(index) for index in visible[::-1][:_MOST_TRIES]]
    order = list(dict.fromkeys(order))
    for index in order[: budget + len(urgent)]:
        point = int(rows[where[index]]), int(columns[where[index]])
        cells = cells_of(fit(labels[index], min(_LONGEST, max(8, width // 4))))
        placed = _first_free(index, point, cells, taken, must=index in urgent[-1:])
        if placed:
            low, high = max(0, placed.column - 1), placed.column + len(cells) + 1
            taken[placed.row, low:high] = True
            yield placed


def peaks(
    columns: npt.NDArray[np.float64], rows: npt.NDArray[np.float64], height: int, width: int
) -> list[int]:
    """The best known point of each place where points crowd, the most crowded first, as positions.

    The last point is the best known. Peaks lie some way apart on the screen, not on the plane, so that each
    step closer shows peaks of its own.
    """
    down, across = max(1, height // _PEAKS_DOWN), max(4, width // _PEAKS_ACROSS)
    at_row, at_column = rows.astype(np.int32), columns.astype(np.int32)
    counts = np.zeros((height + 2 * down, width + 2 * across))
    np.add.at(counts, (at_row + down, at_column + across), 1.0)
    heights = np.lib.stride_tricks.sliding_window_view(np.pad(counts, ((1, 1), (2, 2))), (3, 5)).sum((2, 3))
    least, found = max(_PEAK_POINTS, heights.max() * _LEAST_SHARE), list[int]()
    while True:
        row, column = divmod(int(heights.argmax()), heights.shape[1])
        if heights[row, column] < least:
            return found
        heights[max(0, row - down) : row + down + 1, max(0, column - across) : column + across + 1] = 0
        near = (abs(at_row + down - row) <= down / 2) & (abs(at_column + across - column) <= across / 2)
        found += np.flatnonzero(near)[-1:].tolist()


def _first_free(
    index: int, point: tuple[int, int], cells: list[str], taken: npt.NDArray[np.bool_], must: bool
) -> Placed | None:
    height, width = taken.shape
    row, column = point
    length = len(cells)
    # With each place the cells that must be free as well: a sign in the gap would seem to own the label.
    places = [
        (row, column + 2, column + 1, column + 2 + length),
        (row, column - length - 1, column - length - 1, column),
        (row - 1, column - length // 2, column - length // 2, column - length // 2 + length),
        (row + 1, column - length // 2, column - length // 2, column - length // 2 + length),
        (row - 1, column + 1, column + 1, column + 1 + length),
        (row + 1, column + 1, column + 1, column + 1 + length),
        (row - 1, column - length, column - length, column),
        (row + 1, column - length, column - length, column),
    ]
    for at_row, at_column, low, high in places:
        inside = 0 <= at_row < height and at_column >= 0 and at_column + length <= width
        if inside and (must or not taken[at_row, low:high].any()):
            return Placed(index, at_row, at_column, cells)
    return None


def cells_of(text: str) -> list[str]:
    """Split a text into cells: a combining sign joins the cell before, a wide character takes two.

    Characters that form one sign together (emoji with modifiers, flags) are replaced by `?`: terminals differ
    about their width, and a line that is a cell too long breaks the whole picture.
    """
    cells = _split(text)
    if cell_len("".join(cells)) == len(cells):
        return cells
    return _split("".join(letter if letter.isalnum() or letter.isascii() else "?" for letter in text))


def _split(text: str) -> list[str]:
    cells: list[str] = []
    for character in text:
        width = cell_len(character)
        if combining(character) or (width == 0 and character.isprintable()):
            cells[-1:] = [(cells[-1] + character)[:4]] if cells else []
        elif not character.isprintable():
            cells.append(" ")
        else:
            cells += [character] + [""] * (width - 1)
    return cells
