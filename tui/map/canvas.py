"""The map widget: draws points into strips, moves a cursor from point to point, zooms and pans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.map._region import Region, draw_region
from tui.map.scatter import (
    CURSOR,
    FIRST_CATEGORY,
    FOUND,
    SHADES,
    Emphasis,
    Picture,
    Points,
    Viewport,
    around,
    draw,
)

_LOOKS = ("axis", "label", "found", "neighbour", "cursor", "end", "region")
_SHADE = 0.11
"""How much of the theme's colour each step of crowding adds to the background."""
ZOOM = 1.4
_NEAR, _FLIGHT_SECONDS, _GLIDE_SECONDS = 2.5, 0.6, 1.5
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
    MapCanvas > .map--end { color: $secondary; text-style: italic; }
    MapCanvas > .map--region { color: $accent; text-style: bold; }
    """
    COMPONENT_CLASSES = {f"map--{name}" for name in _LOOKS}  # noqa: RUF012

    emphasis: reactive[Emphasis] = reactive(Emphasis())
    view: reactive[Viewport] = reactive(Viewport(0, 0, 2, 2))
    gliding: reactive[float] = reactive(1.0, init=False)
    frame: reactive[Region | None] = reactive(None)

    class Selected(Message):
        """The cursor is on another point; `index` None where there are none."""

        def __init__(self, index: int | None) -> None:
            super().__init__()
            self.index = index

    class Enclosed(Message):
        """A region has been drawn with the mouse."""

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
        self.ends: Sequence[str] = ()
        self._from = self._goal = np.zeros((0, 2))
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
                ends=self.ends,
            )
            if self.frame is not None:
                draw_region(self._picture, self.frame, self.view, self.ascii_only)
        return self._picture

    def render_line(self, y: int) -> Strip:
        """Give a line of the picture; all are made together when something has changed."""
        if not self._strips:
            styles = self._styles()
            self._strips = to_strips(self.picture(), styles, self._backgrounds())
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

    def glide(self, x: Sequence[float], y: Sequence[float]) -> None:
        """Let all points move to other places, the cursor and the view staying."""
        self._from = np.column_stack([self.points.x, self.points.y])
        self._goal = np.column_stack([np.asarray(x, np.float64), np.asarray(y, np.float64)])
        still = self.app.animation_level == "none"
        self.set_reactive(MapCanvas.gliding, 0.0)
        if still:
            self.gliding = 1.0
        else:
            self.animate("gliding", 1.0, duration=_GLIDE_SECONDS, easing="in_out_cubic")

    def watch_gliding(self, share: float) -> None:
        """Draw the points on their way."""
        if len(self._from) == len(self.points) and len(self._goal) == len(self.points):
            now = self._from + (self._goal - self._from) * share
            self.points = replace(self.points, x=now[:, 0], y=now[:, 1])
            self._redraw()

    def fly_to(self, index: int) -> None:
        """Put the cursor on a point and bring it near, on the way from where one is."""
        target = around(self.points.x, self.points.y).zoomed(_NEAR)
        target = target.centred(float(self.points.x[index]), float(self.points.y[index]))
        self.select(index)
        still = self.app.animation_level == "none"
        self.animate("view", target, duration=0.0 if still else _FLIGHT_SECONDS, easing="in_out_cubic")

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

    def watch_frame(self) -> None:
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
        if self._drag is not None and self.frame is not None:
            self.frame = self.frame.to(self._under(event.x, event.y))
            return
        if self._drag is not None:
            right, down = event.x - self._drag[0], event.y - self._drag[1]
            self._drag = event.x, event.y
            self.view = self.view.panned(-right / max(1, self.size.width), down / max(1, self.size.height))
            return
        index = self._hit(event.x, event.y)
        self.post_message(self.Hovered(index))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag, with Shift a region, and select what was hit."""
        if event.shift:
            self.frame = Region.at(self._under(event.x, event.y))
            self._drag = event.x, event.y
            self.capture_mouse()
            return
        index = self._hit(event.x, event.y)
        if index is not None:
            self.select(index)
            return
        self._drag = event.x, event.y
        self.capture_mouse()

    def on_mouse_up(self) -> None:
        """End dragging."""
        if self._drag is not None and self.frame is not None:
            self.post_message(self.Enclosed())
        self._drag = None
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in on the mouse."""
        self._zoom_at(event, ZOOM)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out from the mouse."""
        self._zoom_at(event, 1 / ZOOM)

    def _under(self, column: int, row: int) -> tuple[float, float]:
        return self.view.place(column, row, max(1, self.size.width), max(1, self.size.height))

    def begin_region(self) -> None:
        """Begin a region at the cursor, or in the middle of what is shown."""
        cursor = self.emphasis.cursor
        known = cursor is not None and cursor < len(self.points)
        at = (self.view.x, self.view.y)
        if cursor is not None and known:
            at = float(self.points.x[cursor]), float(self.points.y[cursor])
        across, up = self.view.width * 0.08, self.view.height * 0.08
        self.frame = Region(at[0] - across, at[1] - up, at[0] + across, at[1] + up)

    def grow_region(self, right: int, up: int) -> None:
        """Move the region's far corner by a tenth of what is shown."""
        if self.frame is not None:
            self.frame = self.frame.grown(right * self.view.width * 0.05, up * self.view.height * 0.07)

    def enclosed(self) -> list[int]:
        """The points inside the region, the most important first."""
        return [] if self.frame is None else self.frame.indices(self.points.x, self.points.y)

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

    def _backgrounds(self) -> list[Style]:
        base = Color.parse(self.app.theme_variables["background"])
        tint = Color.parse(self.app.theme_variables["primary"])
        return [Style(bgcolor=base.blend(tint, _SHADE * step).rich_color) for step in range(SHADES)]

    def _styles(self) -> list[Style]:
        fixed = [self.get_component_rich_style(f"map--{name}") for name in _LOOKS]
        background = self.rich_style
        return [background, *fixed, *(background + Style(color=colour) for colour in self.colours)]


def to_strips(picture: Picture, styles: Sequence[Style], backgrounds: Sequence[Style] = ()) -> list[Strip]:
    """Turn a picture into lines of styled runs, on backgrounds that tell how crowded a place is."""
    width = picture.looks.shape[1]
    shades = picture.shades if picture.shades is not None else np.zeros_like(picture.looks)
    strips = []
    for characters, looks, around_cell in zip(
        picture.characters.tolist(), picture.looks, shades, strict=True
    ):
        ends = [*(np.flatnonzero(np.diff(looks * SHADES + around_cell)) + 1).tolist(), width]
        starts = [0, *ends[:-1]]
        segments = []
        for start, end in zip(starts, ends, strict=True):
            style, shade = _style(styles, int(looks[start])), int(around_cell[start])
            plain = shade and backgrounds and int(looks[start]) not in (FOUND, CURSOR)
            segments.append(
                Segment("".join(characters[start:end]), style + backgrounds[shade] if plain else style)
            )
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
