"""The map as plain text: a dot an item, titles where there is room."""

from __future__ import annotations

import numpy as np

from core.pictures.labels import Canvas, Numbers, Scatter, place_labels

POINT = "•"
LONGEST_LABEL = 28


def map_text(places: Scatter, width: int = 120, height: int = 36) -> str:
    """Draw the map in `width` × `height` cells, the most rated items labelled first, and name the axes."""
    places = places.readable()
    grid = [[" "] * width for _ in range(height)]
    across, down = _cells(places.x, width), height - 1 - _cells(places.y, height)
    texts = [title if len(title) <= LONGEST_LABEL else f"{title[:27]}…" for title in places.labels]
    canvas = Canvas(width, height, letter_width=1, line_height=1, gap_across=1.5, gap_down=0.5)
    for label in place_labels(across + 0.5, down + 0.5, texts, canvas):
        left, top = int(label.left), int(label.top)
        grid[top][left : left + len(label.text)] = label.text
    for column, row in zip(across.astype(int), down.astype(int), strict=True):
        grid[row][column] = POINT
    lines = ["".join(row).rstrip() for row in grid]
    return "\n".join([*lines, f"→ {places.captions[0]}", f"↑ {places.captions[1]}"])


def _cells(values: tuple[float, ...], size: int) -> Numbers:
    numbers = np.array(values, np.float64)
    if not len(numbers):
        return numbers
    spread = max(float(np.ptp(numbers)), 1e-12)
    cells: Numbers = np.round((numbers - numbers.min()) / spread * (size - 1))
    return cells
