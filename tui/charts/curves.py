"""Curves over epochs as text, and the widget around them: train and validation loss, a race's runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from rich.console import Group
from rich.text import Text
from textual.widget import Widget

from tui.charts.colours import rgb

_Rgb = tuple[int, int, int]

_SMALLEST = (24, 6)
"""Columns and rows below which a chart says nothing; it is then left out."""


@dataclass(frozen=True)
class Curve:
    """A named line: one value an epoch; `dotted` ones differ without colour as well."""

    name: str
    epochs: Sequence[float]
    values: Sequence[float]
    colour: _Rgb
    dotted: bool = False


@dataclass(frozen=True)
class Marks:
    """What is pointed out: the epoch whose weights are kept with its value, the lowest (or, of a ranking, the
    highest) value where it is another epoch's, and epochs where the learning rate was changed."""

    kept: tuple[float, float] | None = None
    extreme: tuple[str, float, float] | None = None
    kept_colour: _Rgb = (255, 200, 60)
    changes: Sequence[float] = ()
    change_colour: _Rgb = (120, 120, 120)


plotext: Any = None  # loaded for the first chart, not for the first frame


def curves_chart(
    curves: Sequence[Curve],
    width: int,
    height: int,
    *,
    log: bool = False,
    marks: Marks = Marks(),
    axis: _Rgb = (150, 150, 150),
    ascii_only: bool = False,
) -> Text:
    """Draw curves into `width` × `height` characters; empty text where there is nothing or no room."""
    shown = [thinned(curve, width) for curve in curves if curve.values]
    if not shown or width < _SMALLEST[0] or height < _SMALLEST[1]:
        return Text()
    _load_plotext()
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(width, height)
    plotext.canvas_color("default")
    plotext.axes_color("default")
    plotext.ticks_color(axis)
    _draw_marks(marks, log, shown, ascii_only)
    for curve in shown:
        _draw_curve(curve, log, ascii_only)
    _draw_kept(marks, log, ascii_only)
    _draw_ticks(shown, log, width, height)
    return Text.from_ansi(plotext.build())


def _load_plotext() -> None:
    global plotext  # noqa: PLW0603
    plotext = import_module("plotext")


def thinned(curve: Curve, points: int) -> Curve:
    """Keep at most so many points of a curve, evenly, its first and last among them."""
    total = len(curve.values)
    if total <= points:
        return curve
    picked = [round(number * (total - 1) / (points - 1)) for number in range(points)]
    return Curve(
        curve.name,
        [curve.epochs[index] for index in picked],
        [curve.values[index] for index in picked],
        curve.colour,
        curve.dotted,
    )


def legend(curves: Sequence[Curve], marks: Marks, ascii_only: bool = False) -> Text:
    """One line that says which line is what; the line's look is shown, so colour isn't needed."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for curve in curves:
        line = (". ." if ascii_only else "· ·") if curve.dotted else ("***" if ascii_only else "━━━")
        text.append(f"{line} ", f"rgb({','.join(map(str, curve.colour))})").append(f"{curve.name}  ")
    if marks.kept:
        colour = f"rgb({','.join(map(str, marks.kept_colour))})"
        text.append("O " if ascii_only else "● ", colour).append(f"kept {marks.kept[1]:.4f}  ")
    if marks.extreme:
        name, epoch, value = marks.extreme
        text.append(f"{name} {value:.4f} in epoch {epoch:.0f}  ")
    if marks.changes:
        text.append("| " if ascii_only else "│ ").append("learning rate changed")
    return text


def _draw_curve(curve: Curve, log: bool, ascii_only: bool) -> None:
    values = [_scaled(value, log) for value in curve.values]
    solid = "*" if ascii_only else "braille"
    if curve.dotted or len(values) == 1:
        plotext.scatter(curve.epochs, values, marker="." if ascii_only else "·", color=curve.colour)
    else:
        plotext.plot(curve.epochs, values, marker=solid, color=curve.colour)


def _draw_kept(marks: Marks, log: bool, ascii_only: bool) -> None:
    if marks.kept:
        epoch, value = marks.kept
        marker = "O" if ascii_only else "●"
        plotext.scatter([epoch], [_scaled(value, log)], marker=marker, color=marks.kept_colour)


def _draw_marks(marks: Marks, log: bool, curves: Sequence[Curve], ascii_only: bool) -> None:
    values = [_scaled(value, log) for curve in curves for value in curve.values]
    low, high = min(values), max(values)
    steps = [low + (high - low) * step / 60 for step in range(61)]
    for epoch in marks.changes:
        marker = "|" if ascii_only else "│"
        plotext.scatter([epoch] * len(steps), steps, marker=marker, color=marks.change_colour)


def _draw_ticks(curves: Sequence[Curve], log: bool, width: int, height: int) -> None:
    values = [_scaled(value, log) for curve in curves for value in curve.values]
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - 0.01, high + 0.01
    plotext.ylim(low, high)
    rows = max(2, min(6, height // 3))
    heights = [low + (high - low) * step / (rows - 1) for step in range(rows)]
    plotext.yticks(heights, [f"{10**tick if log else tick:.3f}" for tick in heights])
    first = min(epoch for curve in curves for epoch in curve.epochs)
    last = max(epoch for curve in curves for epoch in curve.epochs)
    plotext.xlim(first, max(last, first + 1))
    ticks = epoch_ticks(first, last, max(2, width // 10))
    plotext.xticks(ticks, [f"{tick:.0f}" for tick in ticks])


def epoch_ticks(first: float, last: float, most: int) -> list[float]:
    """Whole epochs to label, evenly spaced on round numbers, at most `most`; the last epoch is among them."""
    span = max(1.0, last - first)
    steps = [factor * 10**power for power in range(6) for factor in (1, 2, 5)]
    step = next((step for step in steps if span / step <= most - 1), steps[-1])
    start = math.ceil(first / step) * step
    ticks = [float(tick) for tick in range(int(start), int(last) + 1, step)]
    ticks = [tick for tick in ticks if last - tick >= step / 2]
    return [*ticks, last]


def _scaled(value: float, log: bool) -> float:
    return math.log10(max(value, 1e-9)) if log else value


_CurvesOf = Callable[["ChartView"], tuple[Sequence[Curve], Marks]]


class ChartView(Widget):
    """Curves with their legend; `log` switches the vertical axis."""

    DEFAULT_CSS = "ChartView { height: 1fr; }"

    def __init__(self, curves_of: _CurvesOf, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._curves_of = curves_of
        self.log_scale = False
        self.ascii_only = False

    def colour(self, name: str) -> tuple[int, int, int]:
        """A colour of the theme, as charts take it."""
        return rgb(self.app.theme_variables[name])

    def toggle_log(self) -> bool:
        """Switch between a linear and a logarithmic axis; returns whether it is logarithmic now."""
        self.log_scale = not self.log_scale
        self.refresh()
        return self.log_scale

    def render(self) -> Group | Text:
        """Draw the curves into the space there is."""
        curves, marks = self._curves_of(self)
        marks = replace(marks, kept_colour=self.colour("warning"), change_colour=self.colour("secondary"))
        width, height = self.content_size.width, self.content_size.height - 1
        chart = curves_chart(
            curves,
            width,
            height,
            log=self.log_scale,
            marks=marks,
            axis=self.colour("foreground-darken-2"),
            ascii_only=self.ascii_only,
        )
        if not chart.plain:
            return Text()
        return Group(legend([curve for curve in curves if curve.values], marks, self.ascii_only), chart)
