"""Curves over epochs: as SVG with figures on hover, and as one line of text each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from xml.sax.saxutils import escape, quoteattr

from core.readable import readable

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 300, 56, 26, 16, 34
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa3377", "#ccbb44", "#66ccee")
"""Paul Tol's bright scheme, which colour-blind people can tell apart."""
_LEVELS = "▁▂▃▄▅▆▇█"
_TICKS = 4


@dataclass(frozen=True)
class Curves:
    """Figures by name with one value an epoch, epoch 1 first (None where there is none), and levels by name,
    which are drawn across."""

    curves: Mapping[str, tuple[float | None, ...]]
    levels: Mapping[str, float] = field(default_factory=dict)

    def to_svg(self) -> str:
        """Draw them as an SVG picture, each point with its epoch and figure on hover."""
        return curves_svg(self)

    def _repr_html_(self) -> str:
        return curves_svg(self)  # inline: as a picture of its own it would show nothing on hover

    def _repr_svg_(self) -> str:
        return curves_svg(self)

    def __repr__(self) -> str:
        told = [*map(_line, self.curves, self.curves.values())]
        return "\n".join([*told, *(f"{readable(name)} {level:.4f}" for name, level in self.levels.items())])

    @cached_property
    def epochs(self) -> int:
        """The length of the longest curve."""
        return max(map(len, self.curves.values()), default=0)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The lowest and highest figure, a little apart where all are the same."""
        values = [value for curve in self.curves.values() for value in curve if value is not None]
        low, high = (end([*values, *self.levels.values()], default=0.0) for end in (min, max))
        return (low, high) if high > low else (low - 0.5, high + 0.5)


def _line(name: str, curve: tuple[float | None, ...]) -> str:
    values = [value for value in curve if value is not None]
    if not values:
        return f"{readable(name)} -"
    low, high = min(values), max(values)
    spread = (high - low) or 1.0
    drawn = "".join(_LEVELS[round((value - low) / spread * (len(_LEVELS) - 1))] for value in values)
    return f"{readable(name)} {values[0]:.4f} {drawn} {values[-1]:.4f}"


def curves_svg(curves: Curves) -> str:
    """Draw curves with an axis each way, a legend and levels across; returns the SVG's text."""
    caption = " and ".join(curves.curves) + " by epoch"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'font-family="sans-serif" font-size="11" role="img" aria-label={quoteattr(readable(caption))}>\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f"{''.join(_axes(curves))}{''.join(_levels(curves))}{''.join(_drawn(curves))}</svg>\n"
    )


def _axes(curves: Curves) -> Iterator[str]:
    low, high = curves.ends
    for tick in range(_TICKS + 1):
        value = low + (high - low) * tick / _TICKS
        y = _y(curves, value)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eeeeee"/>\n'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#555555">{value:.3g}</text>\n'
    step = max(1, curves.epochs // 8)
    for epoch in range(1, curves.epochs + 1, step):
        x = _x(curves, epoch)
        place = f'x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}"'
        yield f'<text {place} text-anchor="middle" fill="#555555">{epoch}</text>\n'
    yield f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}" text-anchor="middle" fill="#555555">epoch</text>\n'


def _levels(curves: Curves) -> Iterator[str]:
    for name, level in curves.levels.items():
        y = _y(curves, level)
        yield (
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#777777" '
            f'stroke-dasharray="5 4"><title>{_told(name, level)}</title></line>\n'
            f'<text x="{_WIDTH - _RIGHT}" y="{y - 4:.1f}" text-anchor="end" fill="#777777">'
            f"{_told(name, level)}</text>\n"
        )


def _drawn(curves: Curves) -> Iterator[str]:
    for number, (name, curve) in enumerate(curves.curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [
            (epoch, _x(curves, epoch), _y(curves, value), value)
            for epoch, value in enumerate(curve, 1)
            if value is not None
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for _, x, y, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>\n'
        for epoch, x, y, value in points:
            title = f"epoch {epoch}: {_told(name, value)}"
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{title}</title></circle>\n'
        left = _LEFT + 130 * number
        yield f'<text x="{left}" y="16" fill="{colour}">● {escape(readable(name))}</text>\n'


def _told(name: str, value: float) -> str:
    return escape(f"{readable(name)} {value:.4f}")


def _x(curves: Curves, epoch: int) -> float:
    share = 0.5 if curves.epochs < 2 else (epoch - 1) / (curves.epochs - 1)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(curves: Curves, value: float) -> float:
    low, high = curves.ends
    return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
