"""The map with one's own star on it, which moves when one rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from textual.reactive import reactive

from tui.charts.scatter import CURSOR, LABEL, NEIGHBOUR, Emphasis, Picture, Points
from tui.charts.viewport import Viewport, around
from tui.map.canvas import NO_POINTS, MapCanvas

Place = tuple[float, float]
STAR, EARLIER, ASCII_STAR, ASCII_EARLIER = "★", "☆", "X", "x"
GLIDE_SECONDS = 0.45
NAMED = 3
WRITTEN = (LABEL, NEIGHBOUR, CURSOR)


class FoldInCanvas(MapCanvas, can_focus=False):
    """Items, and the folded-in user as point 0; `Selected` tells the index among the items."""

    progress: reactive[float] = reactive(1.0)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self.items = NO_POINTS
        self.goal: Place | None = None
        self.earlier: Place | None = None

    def show_items(self, items: Points, colours: Sequence[str]) -> None:
        """Draw other items, all in view."""
        self.items, self.colours = items, colours
        self.goal = self.earlier = None
        self.view = around(items.x, items.y)
        self._place()

    def go_to(self, goal: Place | None) -> None:
        """Let the star glide to another place, in view; None takes it away."""
        self.earlier, self.goal = self.goal, goal
        if goal is not None and not self._inner().contains(*goal):
            x, y = np.append(self.items.x, goal[0]), np.append(self.items.y, goal[1])
            self.view = around(x, y)
        still = self.earlier is None or self.earlier == goal or self.app.animation_level == "none"
        self.set_reactive(FoldInCanvas.progress, 1.0 if still else 0.0)
        self._place()
        if not still:
            self.animate("progress", 1.0, duration=GLIDE_SECONDS, easing="out_cubic")

    def watch_progress(self) -> None:
        """Draw the star on its way."""
        self._place()

    def nearest(self) -> tuple[int, ...]:
        """The items that lie nearest to the goal in the picture."""
        if self.goal is None or not len(self.items):
            return ()
        right = (self.items.x - self.goal[0]) / self.view.width
        up = (self.items.y - self.goal[1]) / self.view.height
        return tuple(np.argsort(np.hypot(right, up), kind="stable")[:NAMED].tolist())

    def select(self, index: int) -> None:
        """Tell which item was clicked; the cursor stays on the star."""
        item = index if self.goal is None else index - 1
        if item >= 0:
            self.post_message(self.Selected(item))

    def picture(self) -> Picture:
        """What is drawn, with the stars."""
        fresh = self._picture is None
        picture = super().picture()
        if fresh and self.goal is not None:
            if self.earlier is not None and self.earlier != self.goal:
                self._stamp(picture, self.earlier, ASCII_EARLIER if self.ascii_only else EARLIER, LABEL)
            self._stamp(picture, self._now(), ASCII_STAR if self.ascii_only else STAR)
        return picture

    def _stamp(self, picture: Picture, place: Place, sign: str, look: int | None = None) -> None:
        height, width = picture.looks.shape
        column = int(self.view.columns(np.array([place[0]]), width)[0])
        row = int(self.view.rows(np.array([place[1]]), height)[0])
        if 0 <= row < height and 0 <= column < width:
            if look is not None and picture.looks[row, column] in WRITTEN:
                return
            picture.characters[row, column] = sign
            picture.looks[row, column] = CURSOR if look is None else look

    def _now(self) -> Place:
        """The place between the earlier one and the goal."""
        if self.goal is None or self.earlier is None:
            return self.goal or (0.0, 0.0)
        (x, y), (from_x, from_y) = self.goal, self.earlier
        return from_x + (x - from_x) * self.progress, from_y + (y - from_y) * self.progress

    def _inner(self) -> Viewport:
        """The view without its rim, where a star would be overlooked."""
        return self.view.zoomed(1.08)

    def _place(self) -> None:
        if self.goal is None:
            self.points, self.emphasis = self.items, Emphasis()
        else:
            x, y = self._now()
            self.points = Points(
                np.append(x, self.items.x),
                np.append(y, self.items.y),
                ["you", *self.items.labels],
                np.append(0, self.items.categories).astype(np.int32),
            )
            self.emphasis = Emphasis(0, neighbours=tuple(index + 1 for index in self.nearest()))
        self._redraw()
