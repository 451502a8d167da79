"""The Map screen: items on two components of taste, and the picture of them."""

from tui.map.canvas import NO_POINTS, MapCanvas
from tui.map.colouring import colour_by, colour_legend
from tui.map.scatter import CURSOR, LABEL, NEIGHBOUR, Emphasis, Picture, Points, Viewport, around
from tui.map.screen import MapScreen

__all__ = [
    "CURSOR",
    "LABEL",
    "NEIGHBOUR",
    "NO_POINTS",
    "Emphasis",
    "MapCanvas",
    "MapScreen",
    "Picture",
    "Points",
    "Viewport",
    "around",
    "colour_by",
    "colour_legend",
]
