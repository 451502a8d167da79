"""Pictures of the screen as SVG files that need nothing from the network."""

from __future__ import annotations

import re
from pathlib import Path

from textual.app import App

from tui.exports import free_path

_REMOTE_FONTS = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_FONTS = "Fira Code, DejaVu Sans Mono, Menlo, Consolas"


def picture(app: App[int], title: str = "Tastemap") -> str:
    """The screen as SVG, in whatever monospaced font the viewer has."""
    svg = _REMOTE_FONTS.sub("", app.export_screenshot(title=title))
    return re.sub(r"terminal-\d+", "terminal", svg).replace(
        "font-family: Fira Code", f"font-family: {_FONTS}"
    )


def save_picture(app: App[int]) -> Path:
    """Write a picture into the current folder; raises OSError where that can't be."""
    path = free_path(Path.cwd() / "tastemap.svg")
    path.write_text(picture(app), encoding="utf-8")
    return path
