"""Pictures into files, by the file's ending."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core.errors import UsageError
from core.files import write_through
from core.pictures._svg import map_svg, pixels
from core.pictures.labels import Canvas, Scatter, place_labels
from core.pictures.text import map_text


def write_picture(places: Scatter, out: Path) -> None:
    """Draw into an .svg, .png or .txt file; raises UsageError for another ending."""
    match out.suffix.lower():
        case ".svg":
            _save(out, map_svg(places).encode())
        case ".txt":
            _save(out, f"{map_text(places)}\n".encode())
        case ".png":
            figure = _figure(places)
            write_through(out, lambda temporary: figure.savefig(temporary, format="png", dpi=150))
        case ending:
            raise UsageError(f"{out} should end in .svg, .png or .txt, not {ending or 'nothing'}.")


def _save(out: Path, content: bytes) -> None:
    write_through(out, lambda temporary: temporary.write_bytes(content))


def _figure(places: Scatter) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        hint = "Install it with `pip install matplotlib`, or write .svg."
        raise UsageError("A PNG map needs matplotlib, which isn't installed.", hint=hint) from None
    places = places.readable()
    canvas = Canvas(1200, 800, 6.5, 13, point_radius=3)
    figure = Figure(figsize=(canvas.width / 100, canvas.height / 100))
    axes = figure.add_axes((0, 0.03, 1, 0.97))
    x, y = pixels(np.array(places.x), canvas.width), pixels(np.array(places.y), canvas.height)
    axes.scatter(x, y, s=8)
    for label in place_labels(x, canvas.height - y, places.labels, canvas):
        axes.text(
            label.left,
            canvas.height - label.top - 10,
            label.text,
            fontsize=7,
            family="monospace",
            parse_math=False,
        )
    axes.set(xlim=(0, canvas.width), ylim=(0, canvas.height))
    axes.set_axis_off()
    figure.text(0.03, 0.01, f"→ {places.captions[0]}   ↑ {places.captions[1]}", fontsize=8, parse_math=False)
    return figure
