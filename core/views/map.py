"""Items on two components of taste: a map."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.model import Model, bias_column, by_popularity, factor_table, fit_components
from core.options import option
from core.pictures import Scatter, map_svg, map_text
from core.views.components import component_names
from core.views.view import Answer, Lines, OfMostRated


@dataclass(frozen=True, kw_only=True)
class MapPlace:
    """An item on the map, as a frame shows it."""

    item: int | str
    title: str
    x: float
    y: float
    year: int
    genres: tuple[str, ...]
    ratings: int
    bias: float | None


@dataclass(frozen=True, kw_only=True)
class ItemMap(Answer):
    """Columns of equal length, the most rated item first; `components` (numbered from 1), `explained` and
    `names` are those of x and y.

    `bias` is None where the architecture has no item biases; a year of 0 is unknown. `fidelity` is the
    share of an item's ten nearest in all factors that are among its ten nearest on the map, on average over
    the items shown (of many, over some); None for too few items. `counted` is what `ratings` counts.
    """

    items: tuple[int | str, ...]
    titles: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    years: tuple[int, ...]
    genres: tuple[tuple[str, ...], ...]
    ratings: tuple[int, ...]
    bias: tuple[float, ...] | None
    components: tuple[int, int]
    explained: tuple[float, float]
    names: tuple[str, str]
    fidelity: float | None = None
    counted: str = "ratings"

    def rows(self) -> Sequence[MapPlace]:
        """A row an item."""
        biases = self.bias if self.bias is not None else (None,) * len(self.items)
        columns = (self.items, self.titles, self.x, self.y, self.years, self.genres, self.ratings, biases)
        names = ("item", "title", "x", "y", "year", "genres", "ratings", "bias")
        return tuple(
            MapPlace(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)
        )

    def caption(self, axis: int) -> str:
        """Name the axis across (0) or upwards (1) with its share of the variance."""
        name = self.names[axis] or f"component {self.components[axis]}"
        return f"{name} ({self.explained[axis]:.1%} of variance)"

    def to_svg(self) -> str:
        """The map as an SVG picture with titles on hover."""
        return map_svg(self.scatter())

    def _repr_html_(self) -> str:
        return self.to_svg()  # inline: as a picture of its own it would show no titles on hover

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def scatter(self) -> Scatter:
        """The map as a picture draws it, each item coloured by its first genre."""
        groups = tuple(genres[0] if genres else "" for genres in self.genres)
        captions = self.caption(0), self.caption(1)
        return Scatter(self.x, self.y, self.titles, groups, captions)


class Map(OfMostRated[ItemMap]):
    """Place items on two components, by ranks of popularity from `first` up to `last` (exclusive).

    The components are those of the most rated items. Raises UsageError for a component that isn't there and
    for an architecture without item factors.
    """

    command: ClassVar[str] = "map"
    leading: ClassVar[tuple[str, ...]] = ("x", "y")
    x: int = option(default=1, help="Component across, from 1.", minimum=1)
    y: int = option(default=2, help="Component upwards, from 1.", minimum=1)
    first: int = option(default=0, help="First rank of popularity, from 0.", minimum=0)
    last: int = option(default=50, help="Rank of popularity to stop before.", minimum=0)

    def answer(self, model: Model) -> ItemMap:
        """Project the items' factors."""
        _, projection = fit_components(model, self.most_rated, max(self.x, self.y, 2))
        x, y = (_axis(number, len(projection.axes)) for number in (self.x, self.y))
        rows = by_popularity(model.baseline.item_counts)[self.first : self.last].tolist()
        factors = factor_table(model, "item")[rows]
        places = projection.project(factors, [x, y])
        table, bias, names = model.item_table, bias_column(model, "item"), component_names(model)
        return ItemMap(
            items=tuple(model.items.identifier(row) for row in rows),
            titles=tuple(table.titles[row] for row in rows),
            x=_rounded(places[:, 0]),
            y=_rounded(places[:, 1]),
            years=tuple(table.years[rows].tolist()),
            genres=tuple(table.genres[row] for row in rows),
            ratings=tuple(model.baseline.item_counts[rows].tolist()),
            bias=None if bias is None else _rounded(bias[rows]),
            components=(self.x, self.y),
            explained=(float(projection.explained[x]), float(projection.explained[y])),
            names=(names.get(self.x, ""), names.get(self.y, "")),
            fidelity=_fidelity(factors.astype(np.float64), places),
            counted=model.counted,
        )

    @classmethod
    def lines(cls, answer: ItemMap) -> Lines:
        """The map drawn for the terminal's size."""
        width, height = shutil.get_terminal_size((120, 40))
        yield from map_text(answer.scatter(), max(40, width), max(12, height - 4)).split("\n")


_NEAR, _JUDGED = 10, 300
"""So many neighbours count as near, and so many items, evenly spread, are judged by them."""


def _fidelity(factors: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> float | None:
    """How many of the nearest by factors, shape (items, factors), are near on the map, shape (items, 2)."""
    if len(factors) < 2 * _NEAR:
        return None
    judged = np.unique(np.linspace(0, len(factors) - 1, min(_JUDGED, len(factors))).astype(int))
    truly, drawn = _nearest(factors, judged), _nearest(places, judged)
    shared = [len(np.intersect1d(one, other)) for one, other in zip(truly, drawn, strict=True)]
    return float(np.mean(shared) / _NEAR)


def _nearest(points: npt.NDArray[np.float64], judged: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    """The nearest other points of some, shape (judged, _NEAR)."""
    squares = np.square(points).sum(axis=1)
    away = squares[judged, None] + squares[None] - 2 * points[judged] @ points.T
    away[np.arange(len(judged)), judged] = np.inf
    nearest: npt.NDArray[np.int_] = np.argpartition(away, _NEAR - 1, axis=1)[:, :_NEAR]
    return nearest


def _axis(number: int, available: int) -> int:
    if not 1 <= number <= available:
        raise UsageError(f"There are components 1 to {available}, not {number}.")
    return number - 1


def _rounded(values: npt.NDArray[np.floating]) -> tuple[float, ...]:
    """Five decimals: a pixel is far coarser, and the columns stay small on their way."""
    return tuple(np.round(values.astype(np.float64), 5).tolist())
