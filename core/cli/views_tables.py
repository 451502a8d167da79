"""`tastemap biases` and `components`."""

from __future__ import annotations

from dataclasses import asdict

from core.cli.output import print_json
from core.cli.views_text import note, print_table
from core.model.model import Model
from core.views.axes import named_axes
from core.views.biases import bias_table
from core.views.components import Component, component_table


def print_biases(model: Model, most_rated: int, count: int, as_json: bool) -> None:
    """Print both ends of the bias table."""
    table = bias_table(model, most_rated, count)
    if as_json:
        print_json(asdict(table))
        return
    note(f"by {table.source}")
    for heading, items in (("highest", table.top), ("lowest", table.bottom)):
        print(heading)
        print_table(
            [(f"{item.bias:+.3f}", str(item.item), item.title, f"{item.ratings:,} ratings") for item in items]
        )


def print_components(model: Model, most_rated: int, components: int, ends: int, as_json: bool) -> None:
    """Print the components with the items at both ends."""
    table = component_table(model, most_rated, components, ends)
    axes = named_axes(model, most_rated, components)
    if as_json:
        print_json({**asdict(table), "axes": [asdict(axis) for axis in axes]})
        return
    for component, axis in zip(table.components, axes, strict=True):
        name = f" “{component.name}”" if component.name else ""
        print(f"component {component.number}{name}: {component.explained:.1%} of the variance")
        print(f"high: {axis.high or 'no clear property'}; low: {axis.low or 'no clear property'}")
        print_table(_ends(component))


def _ends(component: Component) -> list[tuple[str, ...]]:
    return [
        (f"{high.value:+.2f}", high.title, f"{low.value:+.2f}", low.title)
        for high, low in zip(component.high, component.low, strict=True)
    ]
