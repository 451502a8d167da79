"""A region of the map: a rectangle of the plane, its frame in the picture, and the items inside."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from textual.content import Content

from core.readable import disarmed
from core.views import ExpectedRatings, ItemMap
from tui.files import free_path
from tui.formats import count, counted_words
from tui.lists import Entry, heading
from tui.map.scatter import REGION, Picture, Viewport
from tui.shell import ASKING, Thing

_Floats = npt.NDArray[np.float64]
_CORNERS, _ASCII = "┌┐└┘─│", "++++-|"


@dataclass(frozen=True)
class Region:
    """A rectangle between the corner where it began and the one that moves."""

    x: float
    y: float
    to_x: float
    to_y: float

    @classmethod
    def at(cls, place: tuple[float, float]) -> Region:
        """Begin at a place."""
        return cls(*place, *place)

    def to(self, place: tuple[float, float]) -> Region:
        """Reach to another place."""
        return replace(self, to_x=place[0], to_y=place[1])

    def grown(self, right: float, up: float) -> Region:
        """Move the far corner."""
        return replace(self, to_x=self.to_x + right, to_y=self.to_y + up)

    def indices(self, x: _Floats, y: _Floats) -> list[int]:
        """The points inside, in their order."""
        low_x, high_x = sorted((self.x, self.to_x))
        low_y, high_y = sorted((self.y, self.to_y))
        inside = (x >= low_x) & (x <= high_x) & (y >= low_y) & (y <= high_y)
        found: list[int] = np.flatnonzero(inside).tolist()
        return found


def draw_region(picture: Picture, region: Region, view: Viewport, ascii_only: bool) -> None:
    """Draw the frame of a region as far as it is in view."""
    height, width = picture.looks.shape
    across = sorted(view.columns(np.array([region.x, region.to_x]), width).astype(int).tolist())
    down = sorted(view.rows(np.array([region.y, region.to_y]), height).astype(int).tolist())
    signs = _ASCII if ascii_only else _CORNERS
    cells = {(row, column): signs[4] for row in down for column in range(across[0], across[1] + 1)}
    cells |= {(row, column): signs[5] for column in across for row in range(down[0], down[1] + 1)}
    cells |= {
        (row, column): signs[2 * i + j] for i, row in enumerate(down) for j, column in enumerate(across)
    }
    for (row, column), sign in cells.items():
        if 0 <= row < height and 0 <= column < width:
            picture.characters[row, column], picture.looks[row, column] = sign, REGION


def region_entries(places: ItemMap, inside: Sequence[int], predicted: str = ASKING) -> list[Entry]:
    """What lies in a region: how many, what is predicted of them, and each as a thing to open."""
    if not inside:
        return [heading("Nothing lies in this region: arrows grow it.")]
    ratings = np.array([places.ratings[index] for index in inside], np.float64)
    told = f"{count(len(inside))} items, {count(ratings.mean())} {places.counted} each"
    lines = [heading(told), *map(heading, predicted.split("\n"))]
    if places.bias is not None:
        biases = np.array([places.bias[index] for index in inside])
        lines.append(heading(f"bias {biases.mean():+.2f} on average"))
    genres = [name for index in inside for name in places.genres[index]]
    common = sorted(set(genres), key=lambda name: (-genres.count(name), name))[:3]
    if common:
        lines.append(heading(", ".join(f"{name} {genres.count(name) / len(inside):.0%}" for name in common)))
    return [*lines, *(_entry(places, index) for index in inside)]


def predicted_words(found: ExpectedRatings) -> str:
    """`predicted 3.62, damped means 3.55`, and over how many users these are means."""
    if found.mean is None or found.baseline is None:
        return "nothing is predicted"
    means = f"predicted {found.mean:.2f}, damped means {found.baseline:.2f}"
    return f"{means}\non average over {count(found.users)} users"


def _entry(places: ItemMap, index: int) -> Entry:
    title = places.titles[index] or str(places.items[index])
    known = f"  {counted_words(places.ratings[index], places.counted)}"
    more = Content.from_markup("[$foreground 60%]$known[/]", known=known)
    return Entry(Content(title), Thing("item", places.items[index], places.titles[index]), more=more)


def write_region(
    places: ItemMap, inside: Sequence[int], predicted: Sequence[float | None], folder: Path
) -> Path:
    """Write the items of a region into a folder as CSV, each with the mean of its predictions.

    Raises OSError where that can't be.
    """
    path = free_path(folder / "region.csv")
    rows = places.rows()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "title", "x", "y", "year", "genres", "ratings", "bias", "predicted"])
        for row, mean in zip((rows[index] for index in inside), predicted, strict=True):
            told = (disarmed(str(row.item)), disarmed(row.title), row.x, row.y, row.year or "")
            bias = "" if row.bias is None else row.bias
            expected = "" if mean is None else round(mean, 4)
            writer.writerow([*told, disarmed("|".join(row.genres)), row.ratings, bias, expected])
    return path
