"""`tastemap map`: a picture of items on two components."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.cli.output import print_json
from core.cli.views_text import note
from core.errors import UsageError
from core.files import write_through
from core.pictures.labels import Canvas, place_labels
from core.pictures.svg import map_svg, pixels
from core.pictures.text import axis_caption, map_text
from core.views.map import ItemMap


def show_map(places: ItemMap, out: Path | None, as_json: bool) -> None:
    """Print the map, or write it as .svg, .png or .txt; raises UsageError for another ending."""
    if out is not None:
        _write(places, out)
    if as_json:
        print_json(asdict(places))
    elif out is None:
        width, height = shutil.get_terminal_size((120, 40))
        print(map_text(places, max(40, width), max(12, height - 4)))
    else:
        note(f"{len(places.items):,} items on {out}")


def _write(places: ItemMap, out: Path) -> None:
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


def _figure(places: ItemMap) -> Any:
    try:
        from matplotlib.figure import Figure  # type: ignore[import-not-found]
    except ImportError:
        hint = "Install it with `pip install matplotlib`, or write .svg."
        raise UsageError("A PNG map needs matplotlib, which isn't installed.", hint=hint) from None
    canvas = Canvas(1200, 800, 6.5, 13, point_radius=3)
    figure = Figure(figsize=(canvas.width / 100, canvas.height / 100))
    axes = figure.add_axes((0, 0.03, 1, 0.97))
    x, y = pixels(np.array(places.x), canvas.width), pixels(np.array(places.y), canvas.height)
    axes.scatter(x, y, s=8)
    for label in place_labels(x, canvas.height - y, places.titles, canvas):
        axes.text(label.left, canvas.height - label.top - 10, label.text, fontsize=7, family="monospace")
    axes.set(xlim=(0, canvas.width), ylim=(0, canvas.height))
    axes.set_axis_off()
    figure.text(0.03, 0.01, f"→ {axis_caption(places, 0)}   ↑ {axis_caption(places, 1)}", fontsize=8)
    return figure
