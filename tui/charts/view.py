"""A widget around the curve chart: redraws for its size and theme, at most a few times a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.console import Group
from rich.text import Text
from textual.widget import Widget

from tui.charts.curves import Curve, Marks, curves_chart, legend
from tui.shell.themes import rgb

CurvesOf = Callable[["ChartView"], tuple[Sequence[Curve], Marks]]


class ChartView(Widget):
    """Curves with their legend; `log` switches the vertical axis."""

    DEFAULT_CSS = "ChartView { height: 1fr; }"

    def __init__(self, curves_of: CurvesOf, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._curves_of = curves_of
        self.log_scale = False
        self.ascii_only = False

    def colour(self, name: str) -> tuple[int, int, int]:
        """A colour of the theme, as charts take it."""
        return rgb(self.app.theme_variables[name])

    def toggle_log(self) -> bool:
        """Switch between a linear and a logarithmic axis; returns whether it is logarithmic now."""
        self.log_scale = not self.log_scale
        self.refresh()
        return self.log_scale

    def render(self) -> Group | Text:
        """Draw the curves into the space there is."""
        curves, marks = self._curves_of(self)
        marks = replace(marks, best_colour=self.colour("warning"), change_colour=self.colour("secondary"))
        width, height = self.content_size.width, self.content_size.height - 1
        chart = curves_chart(
            curves,
            width,
            height,
            log=self.log_scale,
            marks=marks,
            axis=self.colour("foreground-darken-2"),
            ascii_only=self.ascii_only,
        )
        if not chart.plain:
            return Text()
        return Group(legend([curve for curve in curves if curve.values], marks, self.ascii_only), chart)
