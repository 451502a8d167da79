"""Principal components of the item factors, read at both ends, and the names that a person gave them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.ratings import LongArray
from core.errors import UsageError
from core.model.catalogue import by_popularity, factor_table
from core.model.component_names import read_component_names, write_component_name
from core.model.model import Model
from core.model.projection import Projection


@dataclass(frozen=True)
class End:
    """An item at an end of a component, and its value there."""

    item: int | str
    title: str
    value: float


@dataclass(frozen=True)
class Component:
    """A component (numbered from 1), its share of the variance, its given name and both of its ends."""

    number: int
    explained: float
    name: str
    high: tuple[End, ...]
    low: tuple[End, ...]


@dataclass(frozen=True)
class ComponentTable:
    """The components by falling variance; `explained` is each one's share of the factors' variance."""

    explained: tuple[float, ...]
    components: tuple[Component, ...]


def component_table(
    model: Model, most_rated: int = 2000, components: int = 3, ends: int = 10
) -> ComponentTable:
    """Read the components of the `most_rated` items' factors, `ends` items at each end, outermost first.

    Raises UsageError for an architecture without item factors and for fewer than two rated items.
    """
    rows, projection = fit_projection(model, most_rated, components)
    values = projection.project(factor_table(model, "item")[rows])
    names = component_names(model)
    found = tuple(
        Component(
            number,
            float(projection.explained[number - 1]),
            names.get(number, ""),
            _ends(model, rows, -values[:, number - 1], -1, ends),
            _ends(model, rows, values[:, number - 1], 1, ends),
        )
        for number in range(1, values.shape[1] + 1)
    )
    return ComponentTable(tuple(component.explained for component in found), found)


def fit_projection(model: Model, most_rated: int, components: int) -> tuple[LongArray, Projection]:
    """Fit the components on the `most_rated` items' factors; returns their rows too, most rated first."""
    factors, counts = factor_table(model, "item"), model.baseline.item_counts
    rows = by_popularity(counts, most_rated)
    return rows, Projection.fit(factors[rows], counts[rows], components)


def component_names(model: Model) -> dict[int, str]:
    """The names that a person gave to components; none for a model that isn't saved."""
    return {} if model.folder is None else read_component_names(model.folder)


def name_component(model: Model, number: int, name: str) -> dict[int, str]:
    """Save a component's name (an empty one takes it away) and return all names.

    Raises UsageError for a model that isn't saved yet, and RunError where the folder can't be written.
    """
    if model.folder is None:
        hint = "Name the component when the training has finished."
        raise UsageError("A name is kept in the run folder, and this run isn't saved yet.", hint=hint)
    factors = factor_table(model, "item").shape[1]
    if not 1 <= number <= factors:
        raise UsageError(f"There are components 1 to {factors}, not {number}.")
    return write_component_name(model.folder, number, name)


def _ends(
    model: Model, rows: LongArray, keys: npt.NDArray[np.float64], sign: int, ends: int
) -> tuple[End, ...]:
    outermost = np.argsort(keys, kind="stable")[:ends]
    return tuple(
        End(
            model.items.identifier(int(rows[at])),
            model.item_table.titles[int(rows[at])],
            float(sign * keys[at]),
        )
        for at in outermost
    )
