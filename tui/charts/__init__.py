"""Numbers in, pictures made of characters out: curves, bars, and the colours of charts."""

from tui.charts.bars import BarStyle, share_bar, signed_bars, sparkline, step_bars
from tui.charts.colours import categories, ordered, rgb
from tui.charts.curves import Curve, Marks
from tui.charts.view import ChartView, ReadsChart

__all__ = [
    "BarStyle",
    "ChartView",
    "Curve",
    "Marks",
    "ReadsChart",
    "categories",
    "ordered",
    "rgb",
    "share_bar",
    "signed_bars",
    "sparkline",
    "step_bars",
]
