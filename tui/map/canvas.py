"""The map widget: draws points into strips, moves a cursor from point to point, zooms and pans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.map.scatter import FIRST_CATEGORY, Emphasis, Picture, Points, Viewport, around, draw

ZOOM = 1.4
NO_POINTS = Points(np.zeros(0), np.zeros(0), (), np.zeros(0, np.int32))


class MapCanvas(Widget, can_focus=True):
    """Points on a plane; posts Selected when the cursor reaches one and Hovered under the mouse."""

    DEFAULT_CSS = """
    MapCanvas { height: 1fr; width: 1fr; }
    MapCanvas > .map--axis { color: $foreground 22%; }
    MapCanvas > .map--label { color: $foreground 85%; }
    MapCanvas > .map--found { color: $background; background: $warning; text-style: bold; }
    MapCanvas > .map--neighbour { color: $success; text-style: bold underline; }
    MapCanvas > .map--cursor { color: $background; background: $accent; text-style: bold; }
    """
    COMPONENT_CLASSES = {"map--axis", "map--label", "map--found", "map--neighbour", "map--cursor"}  # noqa: RUF012

    emphasis: reactive[Emphasis] = reactive(Emphasis())
    view: reactive[Viewport] = reactive(Viewport(0, 0, 2, 2))

    class Selected(Message):
        """The cursor is on another point; `index` None where there are none."""

        def __init__(self, index: int | None) -> None:
            super().__init__()
            self.index = index

    class Hovered(Message):
        """The mouse is over a point, or over none."""

        def __init__(self, index: int | None) -> None:
            super().__init__()
            self.index = index

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.points = NO_POINTS
        self.colours: Sequence[str] = ()
        self.ascii_only = self.symbols = False
        self._picture: Picture | None = None
        self._strips: list[Strip] = []
        self._drag: tuple[int, int] | None = None

    def show(self, points: Points, colours: Sequence[str], keep_view: bool) -> None:
        """Draw other points; the cursor stays on its index where the view is kept."""
        self.points, self.colours = points, colours
        if not keep_view:
            self.emphasis = Emphasis(cursor=0 if len(points) else None)
            self.reset_view()
        self._redraw()

    def reset_view(self) -> None:
        """Show all points."""
        self.view = around(self.points.x, self.points.y)

    def picture(self) -> Picture:
        """What is drawn at the current size."""
        if self._picture is None:
            width, height = max(1, self.size.width), max(1, self.size.height)
            self._picture = draw(
                self.points,
                self.view,
                width,
                height,
                self.emphasis,
                ascii_only=self.ascii_only,
                symbols=self.symbols,
            )
        return self._picture

    def render_line(self, y: int) -> Strip:
        """Give a line of the picture; all are made together when something has changed."""
        if not self._strips:
            styles = self._styles()
            self._strips = to_strips(self.picture(), styles)
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def move_cursor(self, right: int, up: int) -> None:
        """Go to the nearest point in a direction, preferring those that lie straight ahead."""
        index = nearest_towards(self.points, self.view, self.emphasis.cursor, right, up)
        if index is not None:
            self.select(index)

    def select(self, index: int) -> None:
        """Put the cursor on a point, and bring it into view."""
        self.emphasis = replace(self.emphasis, cursor=index, neighbours=())
        x, y = float(self.points.x[index]), float(self.points.y[index])
        if not self.view.contains(x, y):
            self.view = self.view.centred(x, y)
        self.post_message(self.Selected(index))

    def zoom(self, factor: float) -> None:
        """Zoom around the cursor, or the middle where there is none in view."""
        cursor, at = self.emphasis.cursor, None
        if cursor is not None and cursor < len(self.points):
            place = float(self.points.x[cursor]), float(self.points.y[cursor])
            at = place if self.view.contains(*place) else None
        self.view = self.view.zoomed(factor, at)

    def watch_emphasis(self) -> None:
        """Draw again."""
        self._redraw()

    def watch_view(self) -> None:
        """Draw again."""
        self._redraw()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Draw with the new theme's colours."""
        super().notify_style_update()
        self._redraw()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Pan while dragging, else tell what is under the mouse."""
        if self._drag is not None:
            right, down = event.x - self._drag[0], event.y - self._drag[1]
            self._drag = event.x, event.y
            self.view = self.view.panned(-right / max(1, self.size.width), down / max(1, self.size.height))
            return
        index = self._hit(event.x, event.y)
        self.post_message(self.Hovered(index))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag, and select what was hit."""
        index = self._hit(event.x, event.y)
        if index is not None:
            self.select(index)
            return
        self._drag = event.x, event.y
        self.capture_mouse()

    def on_mouse_up(self) -> None:
        """End dragging."""
        self._drag = None
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in on the mouse."""
        self._zoom_at(event, ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out from the mouse."""
        self._zoom_at(event, 1 / ZOOM)

    def _zoom_at(self, event: events.MouseEvent, factor: float) -> None:
        event.stop()
        at = self.view.place(event.x, event.y, max(1, self.size.width), max(1, self.size.height))
        self.view = self.view.zoomed(factor, at)

    def _hit(self, column: int, row: int) -> int | None:
        hits = self.picture().hits
        height, width = hits.shape
        if not (0 <= row < height and 0 <= column < width) or hits[row, column] < 0:
            return None
        return int(hits[row, column])

    def _redraw(self) -> None:
        self._picture, self._strips = None, []
        self.refresh()

    def _styles(self) -> list[Style]:
        names = ("axis", "label", "found", "neighbour", "cursor")
        fixed = [self.get_component_rich_style(f"map--{name}") for name in names]
        background = self.rich_style
        return [background, *fixed, *(background + Style(color=colour) for colour in self.colours)]


def to_strips(picture: Picture, styles: Sequence[Style]) -> list[Strip]:
    """Turn a picture into lines of styled runs."""
    width = picture.looks.shape[1]
    strips = []
    for characters, looks in zip(picture.characters.tolist(), picture.looks, strict=True):
        ends = [*(np.flatnonzero(np.diff(looks)) + 1).tolist(), width]
        starts = [0, *ends[:-1]]
        runs = zip(starts, ends, strict=True)
        segments = [
            Segment("".join(characters[start:end]), _style(styles, int(looks[start]))) for start, end in runs
        ]
        strips.append(Strip(segments, width))
    return strips


def nearest_towards(points: Points, view: Viewport, cursor: int | None, right: int, up: int) -> int | None:
    """The point to go to from the cursor: near, and within 60 degrees of the direction."""
    if not len(points):
        return None
    if cursor is None or cursor >= len(points):
        return 0
    # A cell is about twice as high as wide, so a screen's width counts for twice its height.
    across = (points.x - points.x[cursor]) / view.width * 2
    upward = (points.y - points.y[cursor]) / view.height
    ahead, aside = across * right + upward * up, np.abs(across * up + upward * right)
    candidates = np.flatnonzero((ahead > 1e-9) & (aside <= ahead * 1.7))
    if not len(candidates):
        return None
    distance = ahead[candidates] + 2 * aside[candidates]
    return int(candidates[np.argmin(distance)])


def _style(styles: Sequence[Style], look: int) -> Style:
    if look < len(styles):
        return styles[look]
    colours = max(1, len(styles) - FIRST_CATEGORY)
    return styles[FIRST_CATEGORY + (look - FIRST_CATEGORY) % colours]
