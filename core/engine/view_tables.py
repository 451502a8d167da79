"""Views about a whole model: biases, components, the crosstab, the map, the summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.engine.arguments import Arguments
from core.errors import UsageError
from core.model.model import Model
from core.views.biases import BiasTable, bias_table
from core.views.components import ComponentTable, component_table, name_component
from core.views.crosstab import Crosstab, crosstab
from core.views.map import ItemMap, item_map
from core.views.summary import ModelSummary, summarize

View = Callable[[Model, Arguments], Any]


def _biases(model: Model, given: Arguments) -> BiasTable:
    """Arguments: most_rated, count."""
    return bias_table(model, given.integer("most_rated", 2000, 1), given.integer("count", 15))


def _components(model: Model, given: Arguments) -> ComponentTable:
    """Arguments: most_rated, components, ends."""
    most_rated, components = given.integer("most_rated", 2000, 2), given.integer("components", 3, 1)
    return component_table(model, most_rated, components, given.integer("ends", 10))


def _name_component(model: Model, given: Arguments) -> dict[str, Any]:
    """Arguments: number (from 1), name (empty: take the name away)."""
    names = name_component(model, given.integer("number"), given.text("name"))
    return {"names": {str(number): name for number, name in names.items()}}


def _crosstab(model: Model, given: Arguments) -> Crosstab:
    """Arguments: users, items (how many of each)."""
    return crosstab(model, given.integer("users", 15, 1), given.integer("items", 15, 1))


def _map(model: Model, given: Arguments) -> ItemMap:
    """Arguments: components (two numbers from 1), first, last (ranks of popularity), most_rated."""
    components = given.take("components", [1, 2])
    first, last = given.integer("first", 0), given.integer("last", 1000)
    return item_map(model, _pair(components), first, last, given.integer("most_rated", 2000, 2))


def _pair(components: Any) -> tuple[int, int]:
    if not (isinstance(components, list | tuple) and len(components) == 2):
        raise UsageError(f"components are two numbers, as in [1, 2], not {components!r}.")
    if not all(type(number) is int for number in components):
        raise UsageError(f"components are two whole numbers, not {components!r}.")
    return components[0], components[1]


def _summary(model: Model, given: Arguments) -> ModelSummary:
    """No arguments."""
    del given
    return summarize(model)


TABLE_VIEWS: Mapping[str, View] = {
    "biases": _biases,
    "components": _components,
    "name_component": _name_component,
    "crosstab": _crosstab,
    "map": _map,
    "summary": _summary,
}
