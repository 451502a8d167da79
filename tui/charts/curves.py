"""Curves over epochs as text: lines, round ticks, marks, a reading cursor; functions of their arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from rich.text import Text

_Rgb = tuple[int, int, int]

_SMALLEST = (24, 6)
"""Columns and rows below which a chart says nothing; it is then left out."""
_LEAST_SPAN = 1e-3
"""A curve that moves less is flat; closer up the chart would show noise."""
_SMOOTHING = 0.6
"""How much of a running mean is kept at each epoch."""


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
    """What is pointed out: the kept epoch with its value, the lowest (or, of a ranking, the highest) value
    where it is another epoch's, epochs where the learning rate was changed, and the one that is read."""

    kept: tuple[float, float] | None = None
    extreme: tuple[str, float, float] | None = None
    kept_colour: _Rgb = (255, 200, 60)
    changes: Sequence[float] = ()
    change_colour: _Rgb = (120, 120, 120)
    cursor: float | None = None


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
    limits = _limits(shown, log)
    _draw_uprights(marks, limits, ascii_only)
    for curve in shown:
        _draw_curve(curve, log, ascii_only)
    _draw_kept(marks, limits, log, ascii_only)
    _draw_ticks(shown, limits, log, width, height)
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
    epochs, values = ([column[index] for index in picked] for column in (curve.epochs, curve.values))
    return replace(curve, epochs=epochs, values=values)


def smoothed(curve: Curve) -> Curve:
    """The running mean of a curve, corrected for its start, so that it begins at the first value."""
    values, mean, weight = list[float](), 0.0, 0.0
    for value in curve.values:
        mean, weight = mean * _SMOOTHING + value * (1 - _SMOOTHING), weight * _SMOOTHING + 1 - _SMOOTHING
        values.append(mean / weight)
    return replace(curve, values=values)


def legend(curves: Sequence[Curve], marks: Marks, ascii_only: bool = False) -> Text:
    """One line that says which line is what; the line's look is shown, so colour isn't needed.

    With a reading cursor each name has its value in that epoch.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    if marks.cursor is not None:
        text.append(f"epoch {marks.cursor:.0f}:  ", "bold")
    for curve in curves:
        line = (". ." if ascii_only else "· ·") if curve.dotted else ("***" if ascii_only else "━━━")
        text.append(f"{line} ", f"rgb({','.join(map(str, curve.colour))})").append(f"{curve.name} ")
        text.append(f"{_value_at(curve, marks.cursor)} ", "bold")
    if marks.cursor is not None:
        return text
    if marks.kept:
        colour = f"rgb({','.join(map(str, marks.kept_colour))})"
        text.append("O " if ascii_only else "● ", colour).append(f"kept {marks.kept[1]:.4f}  ")
    if marks.extreme:
        name, epoch, value = marks.extreme
        text.append("o " if ascii_only else "○ ").append(f"{name} {value:.4f} in epoch {epoch:.0f}  ")
    if marks.changes:
        text.append("| " if ascii_only else "│ ").append("learning rate changed")
    return text


def _value_at(curve: Curve, cursor: float | None) -> str:
    if cursor is None:
        return ""
    nearest = [value for epoch, value in zip(curve.epochs, curve.values, strict=True) if epoch == cursor]
    return f"{nearest[0]:.4f} " if nearest else "— "


def _draw_curve(curve: Curve, log: bool, ascii_only: bool) -> None:
    values = [_scaled(value, log) for value in curve.values]
    solid = "*" if ascii_only else "braille"
    if curve.dotted or len(values) == 1:
        plotext.scatter(curve.epochs, values, marker="." if ascii_only else "·", color=curve.colour)
    else:
        plotext.plot(curve.epochs, values, marker=solid, color=curve.colour)


def _draw_kept(marks: Marks, limits: tuple[float, float], log: bool, ascii_only: bool) -> None:
    points = []
    if marks.extreme:
        points.append((marks.extreme[1], marks.extreme[2], "o" if ascii_only else "○"))
    if marks.kept:
        points.append((*marks.kept, "O" if ascii_only else "●"))
    for epoch, value, marker in points:
        if limits[0] <= _scaled(value, log) <= limits[1]:
            plotext.scatter([epoch], [_scaled(value, log)], marker=marker, color=marks.kept_colour)


def _draw_uprights(marks: Marks, limits: tuple[float, float], ascii_only: bool) -> None:
    """Upright lines: where the learning rate was changed, and the epoch that is read."""
    steps = [limits[0] + (limits[1] - limits[0]) * step / 60 for step in range(61)]
    cursor = () if marks.cursor is None else (marks.cursor,)
    for epochs, colour in ((marks.changes, marks.change_colour), (cursor, marks.kept_colour)):
        for epoch in epochs:
            marker = "|" if ascii_only else "│"
            plotext.scatter([epoch] * len(steps), steps, marker=marker, color=colour)


def _limits(curves: Sequence[Curve], log: bool) -> tuple[float, float]:
    """What the vertical axis spans, in the units that are drawn: the values and nothing else."""
    values = [_scaled(value, log) for curve in curves for value in curve.values]
    low, high = min(values), max(values)
    margin = max((high - low) * 0.03, (_LEAST_SPAN - (high - low)) / 2)
    return low - margin, high + margin


def _most_ticks(height: int) -> int:
    return max(2, min(7, (height - 3) // 2))


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Numbers 1, 2 or 5 times a power of ten within a range, as many as there is room for."""
    first, last = math.floor(math.log10(max(low, 1e-9))), math.ceil(math.log10(max(high, 1e-9)))
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        inside = [tick for tick in ticks if low <= tick * 1.000001 and tick <= high * 1.000001]
        if 2 <= len(inside) <= most:
            return inside
    return value_ticks(low, high, most)


def value_ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) within a range, as many as there is room for."""
    span = max(high - low, 1e-6)
    power = math.floor(math.log10(span)) - 2
    steps = [factor * 10.0**exponent for exponent in range(power, power + 4) for factor in (1, 2, 5)]
    for step in steps:
        first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
        if last - first + 1 <= most:
            return [round(number * step, 10) for number in range(first, last + 1)] or [round(low, 4)]
    return [low, high]


def _draw_ticks(
    curves: Sequence[Curve], limits: tuple[float, float], log: bool, width: int, height: int
) -> None:
    low, high = (10 ** limits[0], 10 ** limits[1]) if log else limits
    plotext.ylim(*limits)
    wide = log and high > 8 * max(low, 1e-9)
    heights = (log_ticks if wide else value_ticks)(low, high, _most_ticks(height))
    apart = heights[1] - heights[0] if len(heights) > 1 else 1e-4
    digits = max(2, min(6, -math.floor(math.log10(apart) + 1e-6)))
    shown = [tick for tick in heights if tick > 0 or not log]
    plotext.yticks([_scaled(tick, log) for tick in shown], [f"{tick:.{digits}f}" for tick in shown])
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
