"""The part of the plane that a map shows, and the ways to move it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Viewport:
    """A rectangle by its centre and its full width and height, in the units of the components."""

    x: float
    y: float
    width: float
    height: float

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

    def columns(self, x: Floats, count: int) -> Floats:
        """Where points lie across `count` columns, left edge 0."""
        return (x - (self.x - self.width / 2)) / self.width * count

    def rows(self, y: Floats, count: int) -> Floats:
        """Where points lie down `count` rows, top edge 0."""
        return ((self.y + self.height / 2) - y) / self.height * count

    def place(self, column: float, row: float, columns: int, rows: int) -> tuple[float, float]:
        """The point of the plane under the middle of a cell."""
        x = self.x - self.width / 2 + (column + 0.5) / columns * self.width
        return x, self.y + self.height / 2 - (row + 0.5) / rows * self.height


def around(x: Floats, y: Floats, margin: float = 0.06) -> Viewport:
    """The viewport that shows all points with a margin."""
    if not len(x):
        return Viewport(0, 0, 2, 2)
    low_x, high_x, low_y, high_y = (float(edge) for edge in (x.min(), x.max(), y.min(), y.max()))
    width, height = high_x - low_x or 1.0, high_y - low_y or 1.0
    middle = (low_x + high_x) / 2, (low_y + high_y) / 2
    return Viewport(*middle, width * (1 + 2 * margin), height * (1 + 2 * margin))
