"""Horizontal bars as text, for the parts of a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from tui.formats import fit

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class BarStyle:
    """The looks of bars above and below zero."""

    positive: str = "green"
    negative: str = "red"
    label: str = ""
    ascii_only: bool = False


def signed_bars(terms: Sequence[tuple[str, float]], width: int, style: BarStyle = BarStyle()) -> Text:
    """Draw one line a term around a middle axis: `name  ███│      +0.31`; bars share one scale."""
    if not terms:
        return Text()
    names = min(max(cell_len(name) for name, _ in terms), max(8, width // 3))
    half = max(3, (width - names - 12) // 2)
    largest = max(abs(value) for _, value in terms) or 1.0
    lines = [_signed_line(name, value, names, half, largest, style) for name, value in terms]
    return Text("\n").join(lines)


def _signed_line(name: str, value: float, names: int, half: int, largest: float, style: BarStyle) -> Text:
    length = abs(value) / largest * half
    bar = _bar(length, style.ascii_only)
    left, right = ("", bar) if value >= 0 else (_mirrored(length, style.ascii_only), "")
    line = Text(no_wrap=True)
    line.append(f"{set_cell_size(fit(name, names), names)} ", style.label)
    line.append(f"{left:>{half}}", style.negative)
    line.append("|" if style.ascii_only else "│", "dim")
    line.append(f"{right:<{half}}", style.positive)
    return line.append(f" {value:+7.3f}")


def _bar(length: float, ascii_only: bool) -> str:
    if ascii_only:
        return "#" * round(length)
    whole, part = divmod(round(length * 8), 8)
    return "█" * whole + (_EIGHTHS[part] if part else "")


def _mirrored(length: float, ascii_only: bool) -> str:
    """A bar that grows to the left; Unicode has only halves there."""
    if ascii_only:
        return "#" * round(length)
    whole, part = divmod(round(length * 2), 2)
    return ("▐" if part else "") + "█" * whole


def share_bar(fraction: float, width: int, ascii_only: bool = False) -> str:
    """A filled bar of `width` columns: `━━━━━╺────`."""
    done = round(max(0.0, min(1.0, fraction)) * width)
    full, empty = ("#", "-") if ascii_only else ("━", "─")
    return full * done + empty * (width - done)


def sparkline(values: Sequence[float], ascii_only: bool = False) -> str:
    """The course of some positive numbers in a character each: `▃▅▇▇█`; nothing in ASCII."""
    largest = max(values, default=0.0)
    if ascii_only or largest <= 0:
        return ""
    return "".join(_STEPS[min(7, int(value / largest * 7.999))] for value in values)


def step_bars(steps: Sequence[tuple[str, float]], width: int, ascii_only: bool = False) -> tuple[str, str]:
    """A bar a step, upright, and a line below it that names them: `▁▁▁ ▃▃▃ ███` over `3   3.5 4`.

    `steps` are names and shares from 0 to 1. Where names don't fit `width`, those of both ends are told.
    """
    names = [name for name, _ in steps]
    wide = max(map(len, names)) + 1
    fits = wide * len(steps) - 1 <= width
    if not fits:
        wide = max(1, width // len(steps))
    largest = max(share for _, share in steps) or 1.0
    bars = "".join(f"{_upright(share, largest, ascii_only) * max(1, wide - 1):<{wide}}" for _, share in steps)
    if fits:
        return bars.rstrip(), "".join(f"{name:<{wide}}" for name in names).rstrip()
    return bars.rstrip(), f"{names[0]}{names[-1]:>{max(1, len(bars.rstrip()) - len(names[0]))}}"


def _upright(share: float, largest: float, ascii_only: bool) -> str:
    """A character as high as its share of the largest; a share of less than a sixteenth of it has none."""
    part = share / largest
    if part < 1 / 16:
        return " "
    levels = ".:-=+*%#" if ascii_only else _STEPS
    return levels[min(7, int(part * 7.999))]
