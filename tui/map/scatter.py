"""A scatter of labelled points in character cells: Braille dots, symbols or ASCII, with labels.

Points come in their order of importance: where two share a cell, the earlier one gives it colour and card,
and earlier ones get their label first. A viewport says which part of the plane is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tui.formats import fit
from tui.map._labels import Placed, cells_of, place_labels

_Cells = npt.NDArray[np.int32]
_Characters = npt.NDArray[np.str_]

BACKGROUND, AXIS, LABEL, FOUND, NEIGHBOUR, CURSOR, END, REGION, FIRST_CATEGORY = range(9)
SHADES = 4
"""Steps of how crowded a place is."""
SYMBOLS = "●■▲◆○□△◇"
ASCII_SYMBOLS = "ox+*#@%&"
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], np.uint8)
_BRAILLE: _Characters = np.array([chr(0x2800 + bits) for bits in range(256)], dtype="U4")
_SPARSE = 400
"""Up to so many visible points are drawn as symbols, which are easier to see than dots."""


@dataclass(frozen=True)
class Points:
    """Columns of equal length; `categories` numbers each point's colour from 0."""

    x: _Floats
    y: _Floats
    labels: Sequence[str]
    categories: _Cells

    def __len__(self) -> int:
        """Count the points."""
        return len(self.x)


@dataclass(frozen=True)
class Emphasis:
    """Points that stand out, by their index: the cursor's, those found, the cursor's neighbours."""

    cursor: int | None = None
    found: tuple[int, ...] = ()
    neighbours: tuple[int, ...] = ()


@dataclass(frozen=True)
class Picture:
    """What is drawn, by cell (rows, columns): the character, the look's number, the point's index or −1.

    `shades` tell how crowded the surroundings of a cell are, from 0 to SHADES − 1; None where points are few.
    """

    characters: _Characters
    looks: _Cells
    hits: _Cells
    shades: _Cells | None = None

    def lines(self) -> list[str]:
        """The bare text."""
        return ["".join(row) for row in self.characters.tolist()]


def draw(
    points: Points,
    view: Viewport,
    width: int,
    height: int,
    emphasis: Emphasis = Emphasis(),
    *,
    ascii_only: bool = False,
    symbols: bool = False,
    ends: Sequence[str] = (),
) -> Picture:
    """Draw the points that the viewport shows into `width` × `height` cells.

    `symbols` asks for a sign of its own for each category, as is needed without colour. `ends` name the left,
    right, lower and upper end of the axes.
    """
    picture = _empty(width, height, view, ascii_only)
    visible, columns, rows = _visible(points, view, width, height)
    if len(visible):
        signs = ASCII_SYMBOLS if ascii_only else SYMBOLS
        crowded = len(visible) > _SPARSE and not (ascii_only or symbols)
        if crowded:
            picture = replace(picture, shades=_density(columns, rows, width, height))
        if not crowded:
            _draw_symbols(picture, points, visible, columns, rows, signs)
        else:
            _draw_dots(picture, points, visible, columns, rows)
        _emphasise(picture, emphasis, visible, columns, rows, signs[0])
    _write_ends(picture, view, ends)
    if len(visible):
        _write_labels(picture, points, emphasis, visible, columns, rows, len(visible) <= _SPARSE)
    return picture


def _density(columns: _Floats, rows: _Floats, width: int, height: int) -> _Cells:
    """How many points lie around each cell, in SHADES steps that the cells with any share out evenly."""
    counts = np.zeros((height, width))
    np.add.at(counts, (rows.astype(np.int32), columns.astype(np.int32)), 1.0)
    padded = np.pad(counts, ((1, 1), (2, 2)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 5))
    around_cell = windows.sum(axis=(2, 3))
    some = around_cell[around_cell > 0]
    edges = np.quantile(some, np.linspace(0.4, 0.95, SHADES - 1)) if len(some) else np.zeros(SHADES - 1)
    steps: _Cells = np.searchsorted(edges, around_cell, side="left").astype(np.int32) * (around_cell > 1)
    return steps


def _write_ends(picture: Picture, view: Viewport, ends: Sequence[str]) -> None:
    """Write what the axes' ends mean where they leave the picture."""
    if len(ends) != 4:
        return
    height, width = picture.looks.shape
    zero = np.zeros(1)
    column = int(np.clip(view.columns(zero, width)[0], 0, width - 1))
    row = int(np.clip(view.rows(zero, height)[0], 1, max(1, height - 2)))
    left, right, lower, upper = (cells_of(fit(end, max(6, width // 3)))[: width // 2] for end in ends)
    for cells, at_row, at_column in (
        (left, row, 0),
        (right, row, width - len(right)),
        (lower, height - 1, column - len(lower) // 2),
        (upper, 0, column - len(upper) // 2),
    ):
        if cells and 0 <= at_row < height and len(cells) <= width:
            start = int(np.clip(at_column, 0, width - len(cells)))
            picture.characters[at_row, start : start + len(cells)] = cells
            picture.looks[at_row, start : start + len(cells)] = END
            picture.hits[at_row, start : start + len(cells)] = -1


def _empty(width: int, height: int, view: Viewport, ascii_only: bool) -> Picture:
    characters = np.full((height, width), " ", dtype="U4")
    looks = np.full((height, width), BACKGROUND, np.int32)
    zero = np.zeros(1)
    column, row = int(view.columns(zero, width)[0] // 1), int(view.rows(zero, height)[0] // 1)
    if 0 <= column < width:
        characters[:, column], looks[:, column] = (":" if ascii_only else "┊"), AXIS
    if 0 <= row < height:
        characters[row, :], looks[row, :] = ("." if ascii_only else "┈"), AXIS
    return Picture(characters, looks, np.full((height, width), -1, np.int32))


def _visible(points: Points, view: Viewport, width: int, height: int) -> tuple[_Cells, _Floats, _Floats]:
    """Indices of the points inside, the most important last, with their places in cells."""
    columns, rows = view.columns(points.x, width), view.rows(points.y, height)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    visible = np.flatnonzero(inside)[::-1].astype(np.int32)
    return visible, columns[visible], rows[visible]


def _draw_dots(picture: Picture, points: Points, visible: _Cells, columns: _Floats, rows: _Floats) -> None:
    height, width = picture.looks.shape
    cells = rows.astype(np.int32) * width + columns.astype(np.int32)
    bits = _DOTS[(rows % 1 * 4).astype(np.int32), (columns % 1 * 2).astype(np.int32)]
    dots = np.zeros(width * height, np.uint8)
    np.bitwise_or.at(dots, cells, bits)
    filled = np.flatnonzero(dots)
    picture.characters.reshape(-1)[filled] = _BRAILLE[dots[filled]]
    picture.looks.reshape(-1)[cells] = points.categories[visible] + FIRST_CATEGORY
    picture.hits.reshape(-1)[cells] = visible


def _draw_symbols(
    picture: Picture, points: Points, visible: _Cells, columns: _Floats, rows: _Floats, signs: str
) -> None:
    place = rows.astype(np.int32), columns.astype(np.int32)
    categories = points.categories[visible]
    picture.characters[place] = np.array(list(signs), dtype="U4")[categories % len(signs)]
    picture.looks[place] = categories + FIRST_CATEGORY
    picture.hits[place] = visible


def _emphasise(
    picture: Picture, emphasis: Emphasis, visible: _Cells, columns: _Floats, rows: _Floats, sign: str
) -> None:
    where = {int(index): number for number, index in enumerate(visible)}
    groups = ((emphasis.found, FOUND), (emphasis.neighbours, NEIGHBOUR), ((emphasis.cursor,), CURSOR))
    for indices, look in groups:
        for index in indices:
            if index is not None and index in where:
                row, column = int(rows[where[index]]), int(columns[where[index]])
                picture.characters[row, column], picture.looks[row, column] = sign, look
                picture.hits[row, column] = index


def _write_labels(
    picture: Picture,
    points: Points,
    emphasis: Emphasis,
    visible: _Cells,
    columns: _Floats,
    rows: _Floats,
    sparse: bool,
) -> None:
    looks = dict.fromkeys(emphasis.neighbours, NEIGHBOUR) | dict.fromkeys(emphasis.found, FOUND)
    if emphasis.cursor is not None:
        looks[emphasis.cursor] = CURSOR
    taken = picture.looks == END  # a label over the words of an axis would make one word of both
    if sparse:
        taken |= picture.hits >= 0
    for placed in place_labels(points.labels, visible, columns, rows, taken, list(looks), sparse):
        _write(picture, placed, looks.get(placed.index, LABEL))


def _write(picture: Picture, placed: Placed, look: int) -> None:
    end = placed.column + len(placed.cells)
    picture.characters[placed.row, placed.column : end] = placed.cells
    picture.looks[placed.row, placed.column : end] = look
    picture.hits[placed.row, placed.column : end] = placed.index


_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Viewport:
    """A rectangle by its centre and its full width and height, in the units of the components."""

    x: float
    y: float
    width: float
    height: float

    def blend(self, destination: Viewport, factor: float) -> Viewport:
        """The viewport on the way to another one, as animations ask for it."""
        ends = ((self.x, destination.x), (self.y, destination.y))
        sizes = ((self.width, destination.width), (self.height, destination.height))
        middle = [start + (end - start) * factor for start, end in ends]
        return Viewport(*middle, *(start * (end / start) ** factor for start, end in sizes))

    def zoomed(self, factor: float, at: tuple[float, float] | None = None) -> Viewport:
        """Show 1/factor as much; the point `at` stays where it is on the screen."""
        x, y = at or (self.x, self.y)
        centre = x + (self.x - x) / factor, y + (self.y - y) / factor
        return Viewport(*centre, self.width / factor, self.height / factor)

    def panned(self, right: float, up: float) -> Viewport:
        """Move by fractions of what is shown."""
        return replace(self, x=self.x + right * self.width, y=self.y + up * self.height)

    def centred(self, x: float, y: float) -> Viewport:
        """Show the same amount around another centre."""
        return replace(self, x=x, y=y)

    def contains(self, x: float, y: float) -> bool:
        """Whether a point is inside."""
        return abs(x - self.x) <= self.width / 2 and abs(y - self.y) <= self.height / 2

    def columns(self, x: _Floats, count: int) -> _Floats:
        """Where points lie across `count` columns, left edge 0."""
        return (x - (self.x - self.width / 2)) / self.width * count

    def rows(self, y: _Floats, count: int) -> _Floats:
        """Where points lie down `count` rows, top edge 0."""
        return ((self.y + self.height / 2) - y) / self.height * count

    def place(self, column: float, row: float, columns: int, rows: int) -> tuple[float, float]:
        """The point of the plane under the middle of a cell."""
        x = self.x - self.width / 2 + (column + 0.5) / columns * self.width
        return x, self.y + self.height / 2 - (row + 0.5) / rows * self.height


def around(x: _Floats, y: _Floats, margin: float = 0.06) -> Viewport:
    """The viewport that shows all points with a margin."""
    if not len(x):
        return Viewport(0, 0, 2, 2)
    low_x, high_x, low_y, high_y = (float(edge) for edge in (x.min(), x.max(), y.min(), y.max()))
    width, height = high_x - low_x or 1.0, high_y - low_y or 1.0
    middle = (low_x + high_x) / 2, (low_y + high_y) / 2
    return Viewport(*middle, width * (1 + 2 * margin), height * (1 + 2 * margin))
