"""Principal components of the item factors, read at both ends, and the names that a person gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from core.array_types import LongArray
from core.errors import UsageError
from core.model import (
    Model,
    NamedAxis,
    factor_table,
    fit_components,
    named_axes,
    read_component_names,
    write_component_name,
)
from core.options import option
from core.views.view import A_co, Answer, Lines, OfMostRated, Table, View


@dataclass(frozen=True, kw_only=True)
class End:
    """An item at an end of a component, and its value there."""

    item: int | str
    title: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Component:
    """A component (numbered from 1), its share of the variance, its given name and both of its ends."""

    number: int
    explained: float
    name: str
    high: tuple[End, ...]
    low: tuple[End, ...]


@dataclass(frozen=True, kw_only=True)
class ComponentRow(End):
    """An item at an end of a component, as a frame shows it; `end` is "high" or "low"."""

    component: int
    end: str
    explained: float


@dataclass(frozen=True, kw_only=True)
class ComponentTable(Answer):
    """The components by falling variance; `explained` is each one's share of the factors' variance.

    `axes` are the tested names of both ends, empty where they weren't asked for.
    """

    explained: tuple[float, ...]
    components: tuple[Component, ...]
    axes: tuple[NamedAxis, ...] = ()

    def rows(self) -> Sequence[ComponentRow]:
        """A row an item at an end, the outermost first."""
        return tuple(
            ComponentRow(**vars(item), component=one.number, end=end, explained=one.explained)
            for one in self.components
            for end, items in (("high", one.high), ("low", one.low))
            for item in items
        )


@dataclass(frozen=True, kw_only=True)
class ComponentNames(Answer):
    """All names that a person gave, by component number."""

    names: dict[int, str]


@dataclass(frozen=True, kw_only=True)
class NamedAxes(Answer):
    """The components with what names them, by falling variance."""

    axes: tuple[NamedAxis, ...]


class OfComponents(OfMostRated[A_co]):
    """A view of the first components of the most rated items' factors."""

    components: int = option(default=3, help="How many components.", minimum=1)


class Axes(OfComponents[NamedAxes]):
    """Correlate components with genres, tags, year and popularity.

    Tags are the 200 that most of these items carry, each on 5 items at least. Each correlation is tested by
    permuting the items, and all tests together are corrected (Benjamini & Hochberg 1995) to a false discovery
    rate of 5 %. An end without a significant property has no name. Raises UsageError for an architecture
    without item factors.
    """

    def answer(self, model: Model) -> NamedAxes:
        """Test every property on every component."""
        return NamedAxes(axes=named_axes(model, self.most_rated, self.components))

    @classmethod
    def lines(cls, answer: NamedAxes) -> Lines:
        """Each component with its names and properties."""
        for axis in answer.axes:
            yield f"component {axis.number}: {axis.explained:.1%} of the variance"
            yield axis.line()
            yield Table([(f"{one.correlation:+.2f}", one.feature, f"q {one.q:.3g}") for one in axis.features])


class Components(OfComponents[ComponentTable]):
    """List the principal components of the item factors with the items at both ends, outermost first.

    Raises UsageError for an architecture without item factors and for fewer than two rated items.
    """

    command: ClassVar[str] = "components"
    leading: ClassVar[tuple[str, ...]] = ("components",)
    ends: int = option(default=10, help="Items at each end.", minimum=0, flags=("-n", "--ends"))
    axes: bool = option(default=True, help="Test what names the ends (see `axes`).")

    def answer(self, model: Model) -> ComponentTable:
        """Project the items' factors on each component."""
        rows, projection = fit_components(model, self.most_rated, self.components)
        values = projection.project(factor_table(model, "item")[rows])
        names = component_names(model)
        found = tuple(
            Component(
                number=number,
                explained=float(projection.explained[number - 1]),
                name=names.get(number, ""),
                high=_ends(model, rows, -values[:, number - 1], -1, self.ends),
                low=_ends(model, rows, values[:, number - 1], 1, self.ends),
            )
            for number in range(1, values.shape[1] + 1)
        )
        axes = named_axes(model, self.most_rated, self.components) if self.axes else ()
        return ComponentTable(explained=tuple(one.explained for one in found), components=found, axes=axes)

    @classmethod
    def lines(cls, answer: ComponentTable) -> Lines:
        """Each component: its name, its tested names, its ends side by side."""
        axes = {axis.number: axis for axis in answer.axes}
        for component in answer.components:
            name = f" “{component.name}”" if component.name else ""
            yield f"component {component.number}{name}: {component.explained:.1%} of the variance"
            if component.number in axes:
                yield axes[component.number].line()
            yield Table(
                [
                    (f"{high.value:+.2f}", high.title, f"{low.value:+.2f}", low.title)
                    for high, low in zip(component.high, component.low, strict=True)
                ]
            )


class NameComponent(View[ComponentNames]):
    """Give a component a name, which is kept in the run folder.

    Raises UsageError for a model that isn't saved yet, and RunError where the folder can't be written.
    """

    command: ClassVar[str] = "name-component"
    positional: ClassVar[tuple[str, ...]] = ("number", "name")
    number: int = option(help="The component, from 1.", minimum=0)
    name: str = option(help="Its name; an empty one takes it away.")

    def answer(self, model: Model) -> ComponentNames:
        """Save the name and give all."""
        if model.folder is None:
            hint = "Name the component when the training has finished."
            raise UsageError("A name is kept in the run folder, and this run isn't saved yet.", hint=hint)
        factors = factor_table(model, "item").shape[1]
        if not 1 <= self.number <= factors:
            raise UsageError(f"There are components 1 to {factors}, not {self.number}.")
        return ComponentNames(names=write_component_name(model.folder, self.number, self.name))

    @classmethod
    def lines(cls, answer: ComponentNames) -> Lines:
        """A row a name."""
        yield Table([(f"component {number}", name) for number, name in answer.names.items()])


def component_names(model: Model) -> dict[int, str]:
    """The names that a person gave to components; none for a model that isn't saved."""
    return {} if model.folder is None else read_component_names(model.folder)


def _ends(
    model: Model, rows: LongArray, keys: npt.NDArray[np.float64], sign: int, ends: int
) -> tuple[End, ...]:
    outermost = np.argsort(keys, kind="stable")[:ends].tolist()
    titles = model.item_table.titles
    return tuple(
        End(item=model.items.identifier(row), title=titles[row], value=float(sign * keys[at]))
        for at, row in zip(outermost, rows[outermost].tolist(), strict=True)
    )
