"""The widget around curves: legend, logarithmic axis, smoothing, and a cursor that reads an epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.console import Group
from rich.text import Text
from textual import events
from textual.screen import Screen
from textual.widget import Widget

from tui.charts.colours import rgb
from tui.charts.curves import Curve, Marks, curves_chart, legend, smoothed

CurvesOf = Callable[["ChartView"], tuple[Sequence[Curve], Marks]]
_WAYS = {"log": "log axis", "smooth": "smoothed"}


class ChartView(Widget):
    """Curves with their legend; what they are comes from `curves_of` at each drawing."""

    DEFAULT_CSS = "ChartView { height: 1fr; }"

    def __init__(self, curves_of: CurvesOf, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._curves_of = curves_of
        self._ways: set[str] = set()
        self._cursor: float | None = None
        self._epochs: list[float] = []
        self.ascii_only = False

    def colour(self, name: str) -> tuple[int, int, int]:
        """A colour of the theme, as charts take it."""
        return rgb(self.app.theme_variables[name])

    @property
    def plain(self) -> bool:
        """Whether lines must differ without colour."""
        return self.ascii_only or self.app.no_color

    def toggle_log(self) -> None:
        """Switch between a linear and a logarithmic axis."""
        self._toggle("log")

    def toggle_smooth(self) -> None:
        """Switch between the figures and their running means."""
        self._toggle("smooth")

    def _toggle(self, way: str) -> None:
        self._ways ^= {way}
        self.border_subtitle = " · ".join(words for name, words in _WAYS.items() if name in self._ways)
        self.refresh()

    def move_cursor(self, step: int) -> None:
        """Read the next epoch, or the one before; the last one first."""
        if self._epochs:
            at = (
                self._epochs.index(self._cursor) + step
                if self._cursor in self._epochs
                else len(self._epochs) - 1
            )
            self._cursor = self._epochs[max(0, min(len(self._epochs) - 1, at))]
            self.refresh()

    def drop_cursor(self) -> bool:
        """Put the reading cursor away; False where there was none."""
        dropped, self._cursor = self._cursor is not None, None
        self.refresh()
        return dropped

    def on_click(self, event: events.Click) -> None:
        """Read the epoch under the mouse."""
        if self._epochs and self.content_size.width > 0:
            margin = 9  # the labels of the vertical axis
            share = (event.x - margin) / max(1, self.content_size.width - margin)
            first, last = self._epochs[0], self._epochs[-1]
            wanted = first + max(0.0, min(1.0, share)) * (last - first)
            self._cursor = min(self._epochs, key=lambda epoch: abs(epoch - wanted))
            self.refresh()

    def render(self) -> Group | Text:
        """Draw the curves into the space there is."""
        curves, marks = self._curves_of(self)
        self._epochs = sorted({epoch for curve in curves for epoch in curve.epochs if epoch == int(epoch)})
        cursor = self._cursor if self._cursor in self._epochs else None
        marks = replace(
            marks, kept_colour=self.colour("warning"), change_colour=self.colour("secondary"), cursor=cursor
        )
        drawn = [smoothed(curve) for curve in curves] if "smooth" in self._ways else curves
        chart = curves_chart(
            drawn,
            self.content_size.width,
            self.content_size.height - 1,
            log="log" in self._ways,
            marks=marks,
            axis=self.colour("foreground-darken-2"),
            ascii_only=self.ascii_only,
        )
        if not chart.plain:
            return Text()
        return Group(legend([curve for curve in curves if curve.values], marks, self.ascii_only), chart)


class ReadsChart(Screen[None]):
    """The actions of a screen with one chart."""

    def action_toggle_log(self) -> None:
        """Switch the chart's axis."""
        self.query_one(ChartView).toggle_log()

    def action_smooth(self) -> None:
        """Draw running means, or the figures as they are."""
        self.query_one(ChartView).toggle_smooth()

    def action_read(self, step: int) -> None:
        """Read an epoch off the curves, the last one first."""
        self.query_one(ChartView).move_cursor(step)

    def step_back(self) -> bool:
        """Put the reading cursor away."""
        return self.query_one(ChartView).drop_cursor()
