"""The map as an SVG picture: points coloured by genre, labels that don't overlap, titles on hover."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import numpy as np

from core.pictures.labels import Canvas, Numbers, Scatter, place_labels

CANVAS = Canvas(width=1200, height=800, letter_width=6.2, line_height=13, point_radius=3)
_MARGIN = 40.0
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bb5566", "#777777")
"""Paul Tol's bright scheme, which colour-blind people can tell apart; the last is for all else."""


def map_svg(places: Scatter) -> str:
    """Draw the map, the most rated items labelled first; returns the SVG's text."""
    places = places.readable()
    x, y = pixels(np.array(places.x)), CANVAS.height - pixels(np.array(places.y), CANVAS.height)
    colours = _colours(list(places.groups))
    points = "".join(
        f'<circle cx="{x[at]:.1f}" cy="{y[at]:.1f}" r="3" '
        f'fill="{colours.get(places.groups[at], _COLOURS[-1])}">'
        f"<title>{escape(places.labels[at])}</title></circle>\n"
        for at in range(len(x))
    )
    labels = "".join(
        f'<text x="{label.left:.1f}" y="{label.top + 10:.1f}">{escape(label.text)}</text>\n'
        for label in place_labels(x, y, places.labels, CANVAS)
    )
    return f"{_head(places)}{points}{labels}{_legend(colours)}</svg>\n"


def pixels(values: Numbers, size: float = CANVAS.width) -> Numbers:
    """Spread values over a picture's width or height, within its margins."""
    if not len(values):
        return np.zeros(0)
    low, high = values.min(), values.max()
    spread = high - low if high > low else 1.0
    pixels: Numbers = _MARGIN + (values - low) / spread * (size - 2 * _MARGIN)
    return pixels


def _colours(genres: list[str]) -> dict[str, str]:
    """Colours of the most frequent first genres; the rest share the last one."""
    names, counts = np.unique([genre for genre in genres if genre] or [""], return_counts=True)
    frequent = names[np.argsort(-counts, kind="stable")].tolist()
    return dict(zip(filter(None, frequent), _COLOURS[:-1], strict=False))


def _head(places: Scatter) -> str:
    caption = f"→ {places.captions[0]}   ↑ {places.captions[1]}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CANVAS.width:g} {CANVAS.height:g}" '
        f'font-family="DejaVu Sans Mono, monospace" font-size="10" role="img" '
        f"aria-label={quoteattr(caption)}>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
        f'<text x="{_MARGIN:g}" y="{CANVAS.height - 12:g}" fill="#555555">{escape(caption)}</text>\n'
    )


def _legend(colours: dict[str, str]) -> str:
    return "".join(
        f'<text x="{_MARGIN + 110 * number:g}" y="20" fill="{colour}">● {escape(genre)}</text>\n'
        for number, (genre, colour) in enumerate(colours.items())
    )
