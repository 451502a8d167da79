"""Figures with their intervals, a panel a group: who is best in each, and what is within noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from core.readable import readable

_WIDTH, _LABEL, _FIGURE, _GAP = 400, 150, 62, 24
_ROW, _HEAD, _FOOT = 20, 34, 12
_COLUMNS = 2
_BEST, _NEAR, _OTHER, _BASELINE = "#228833", "#4477aa", "#888888", "#aa3377"


@dataclass(frozen=True)
class Bar:
    """A figure with the ends of its interval; `role` is "best", "near" (within noise of it), "other" or
    "baseline"."""

    label: str
    figure: float
    low: float
    high: float
    role: str = "other"


@dataclass(frozen=True)
class Panel:
    """Figures of one kind, best first."""

    title: str
    bars: tuple[Bar, ...]


def intervals_svg(panels: Sequence[Panel], caption: str = "") -> str:
    """Draw panels side by side, each with an axis of its own; returns the SVG's text."""
    rows = [panels[start : start + _COLUMNS] for start in range(0, len(panels), _COLUMNS)]
    heights = [_HEAD + _ROW * max(len(panel.bars) for panel in row) + _FOOT for row in rows]
    width = _COLUMNS * _WIDTH + (_COLUMNS - 1) * _GAP + 2 * _FOOT
    height = sum(heights) + 26
    drawn: list[str] = []
    top = 4.0
    for row, tall in zip(rows, heights, strict=True):
        for column, panel in enumerate(row):
            drawn += _panel(panel, _FOOT + column * (_WIDTH + _GAP), top)
        top += tall
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label={quoteattr(readable(caption))}>\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{"".join(drawn)}{_legend(height)}</svg>\n'
    )


def _panel(panel: Panel, left: float, top: float) -> Iterator[str]:
    yield f'<text x="{left}" y="{top + 18}" font-weight="bold">{_text(panel.title)}</text>\n'
    lows, highs = [bar.low for bar in panel.bars], [bar.high for bar in panel.bars]
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    start, wide = left + _LABEL, _WIDTH - _LABEL - _FIGURE

    def place(value: float) -> float:
        return start + (value - low) / ((high - low) or 1.0) * wide

    for number, bar in enumerate(panel.bars):
        colour = {"best": _BEST, "near": _NEAR, "baseline": _BASELINE}.get(bar.role, _OTHER)
        y = top + _HEAD + _ROW * number + _ROW / 2
        title = f"{bar.label}: {bar.figure:.4f}, 95 % {bar.low:.4f} to {bar.high:.4f}"
        yield (
            f"<g><title>{_text(title)}</title>"
            f'<text x="{start - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{colour}">'
            f"{_text(bar.label)}</text>"
            f'<line x1="{place(bar.low):.1f}" x2="{place(bar.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{colour}" stroke-width="2"/>'
            f'<circle cx="{place(bar.figure):.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
            f'<text x="{start + wide + 8}" y="{y + 4:.1f}" fill="{colour}">{bar.figure:.4f}</text></g>\n'
        )


def _legend(height: float) -> str:
    kinds = (
        ("best", _BEST),
        ("within noise of it", _NEAR),
        ("clearly behind", _OTHER),
        ("baseline", _BASELINE),
    )
    return "".join(
        f'<text x="{_FOOT + 150 * at}" y="{height - 8}" fill="{colour}" font-size="11">● {name}</text>\n'
        for at, (name, colour) in enumerate(kinds)
    )


def _text(text: str) -> str:
    return escape(readable(text))
