"""Place labels beside points so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.readable import readable

Numbers = npt.NDArray[np.float64]
_SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1))
"""Where a label may lie from its point, best first: right, left, above, below, then the corners."""


@dataclass(frozen=True)
class Canvas:
    """A picture's size, its letters and how far labels lie from their points, in one unit (pixels, say)."""

    width: float
    height: float
    letter_width: float
    line_height: float
    gap_across: float = 6.0
    gap_down: float = 4.0
    point_radius: float = 0.0


@dataclass(frozen=True)
class Scatter:
    """Labelled points: columns of equal length, the most important first.

    `groups` give the colours, `captions` name the axes across and upwards.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    captions: tuple[str, str]

    def readable(self) -> Scatter:
        """The same with texts that can be shown: a title's controls would tear the picture or run."""
        across, upwards = map(readable, self.captions)
        labels, groups = tuple(map(readable, self.labels)), tuple(map(readable, self.groups))
        return replace(self, labels=labels, groups=groups, captions=(across, upwards))


@dataclass(frozen=True)
class _Label:
    """A placed label: the point's number and the left and top edge of its text's box."""

    point: int
    text: str
    left: float
    top: float


def place_labels(x: Numbers, y: Numbers, texts: Sequence[str], canvas: Canvas) -> tuple[_Label, ...]:
    """Label points (shape (n,), in canvas units) in order of importance; those without room stay bare.

    A label lies inside the canvas and covers neither another label nor a point.
    """
    taken = np.empty((len(texts), 4))
    labels: list[_Label] = []
    for number, text in enumerate(texts):
        width = max(1, len(text)) * canvas.letter_width
        box = _free_box(x, y, number, width, canvas, taken[: len(labels)])
        if box is not None:
            taken[len(labels)] = box
            labels.append(_Label(number, text, float(box[0]), float(box[1])))
    return tuple(labels)


def _free_box(
    x: Numbers, y: Numbers, number: int, width: float, canvas: Canvas, taken: Numbers
) -> Numbers | None:
    for across, down in _SIDES:
        left = x[number] + across * canvas.gap_across - (width if across < 0 else 0 if across else width / 2)
        top = y[number] + down * (canvas.gap_down + canvas.line_height / 2) - canvas.line_height / 2
        box = np.array([left, top, left + width, top + canvas.line_height])
        inside = left >= 0 and top >= 0 and box[2] <= canvas.width and box[3] <= canvas.height
        if inside and not _covers_point(box, x, y, canvas.point_radius) and not _covers_box(box, taken):
            return box
    return None


def _covers_point(box: Numbers, x: Numbers, y: Numbers, radius: float) -> bool:
    across = (x + radius >= box[0]) & (x - radius < box[2])
    return bool((across & (y + radius >= box[1]) & (y - radius < box[3])).any())


def _covers_box(box: Numbers, taken: Numbers) -> bool:
    apart = (
        (taken[:, 0] >= box[2]) | (taken[:, 2] <= box[0]) | (taken[:, 1] >= box[3]) | (taken[:, 3] <= box[1])
    )
    return not bool(apart.all())
