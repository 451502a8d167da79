"""The map: items at their places on two components, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.errors import UsageError
from core.model.catalogue import bias_column, by_popularity, factor_table
from core.model.model import Model
from core.views.components import component_names, fit_projection


@dataclass(frozen=True)
class ItemMap:
    """Columns of equal length, the most rated item first; `components` (numbered from 1), `explained` and
    `names` are those of x and y.

    `bias` is None where the architecture has no item biases; a year of 0 is unknown.
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
    explained: tuple[float, ...]
    names: dict[str, str]


def item_map(
    model: Model,
    components: tuple[int, int] = (1, 2),
    first: int = 0,
    last: int = 1000,
    most_rated: int = 2000,
) -> ItemMap:
    """Place the items of popularity ranks `first` (from 0) up to `last` (exclusive) on two components.

    The components are those of the `most_rated` items. Raises UsageError for a component that isn't there
    and for an architecture without item factors.
    """
    _, projection = fit_projection(model, most_rated, max(*components, 2))
    chosen = [_axis(number, len(projection.axes)) for number in components]
    rows = by_popularity(model.baseline.item_counts)[first:last].tolist()
    places = projection.project(factor_table(model, "item")[rows], chosen)
    table, bias, names = model.item_table, bias_column(model, "item"), component_names(model)
    return ItemMap(
        tuple(model.items.identifier(row) for row in rows),
        tuple(table.titles[row] for row in rows),
        _rounded(places[:, 0]),
        _rounded(places[:, 1]),
        tuple(table.years[rows].tolist()),
        tuple(table.genres[row] for row in rows),
        tuple(model.baseline.item_counts[rows].tolist()),
        None if bias is None else _rounded(bias[rows]),
        components,
        tuple(projection.explained[chosen].tolist()),
        {axis: names.get(number, "") for axis, number in zip("xy", components, strict=True)},
    )


def _axis(number: int, available: int) -> int:
    if not 1 <= number <= available:
        raise UsageError(f"There are components 1 to {available}, not {number}.")
    return number - 1


def _rounded(values: npt.NDArray[np.floating]) -> tuple[float, ...]:
    """Five decimals: a pixel is far coarser, and the columns stay small on their way."""
    return tuple(np.round(values.astype(np.float64), 5).tolist())
