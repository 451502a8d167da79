"""Tastemap's own theme, and colours that charts take from whatever theme is chosen."""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

TASTEMAP = Theme(
    name="tastemap",
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#ff9e64",
    foreground="#c8d3f5",
    background="#16161e",
    surface="#1a1b26",
    panel="#24283b",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
    variables={"block-cursor-text-style": "none", "footer-key-foreground": "#ff9e64"},
)
TASTEMAP_LIGHT = Theme(
    name="tastemap-light",
    primary="#2e5fbf",
    secondary="#7847bd",
    accent="#b15c00",
    foreground="#2b3044",
    background="#f2f3f8",
    surface="#ffffff",
    panel="#e1e4ef",
    success="#3f7d20",
    warning="#8a6100",
    error="#b3123a",
    dark=False,
    variables={"block-cursor-text-style": "none", "footer-key-foreground": "#b15c00"},
)
CATEGORIES_DARK = ("#56b4e9", "#e69f00", "#2fbf8f", "#f0e442", "#d98cc0", "#ff7a4d", "#a5b4fc", "#9aa0a6")
CATEGORIES_LIGHT = ("#0072b2", "#b35c00", "#00805e", "#8a7a00", "#a8417f", "#c8401a", "#5154c4", "#666b70")
"""Colours that colour-blind people can tell apart as well (after Okabe and Ito)."""


def categories(dark: bool) -> tuple[str, ...]:
    """The colours of categories on a dark or light background."""
    return CATEGORIES_DARK if dark else CATEGORIES_LIGHT


def rgb(colour: str) -> tuple[int, int, int]:
    """A theme's colour as three numbers."""
    parsed = Color.parse(colour)
    return parsed.r, parsed.g, parsed.b


ORDERED_DARK = ("#6f7bf7", "#4a9fe0", "#35c2a5", "#9bd35a", "#f2d94a")
ORDERED_LIGHT = ("#3b3fb5", "#1f77b4", "#00866b", "#5b8c00", "#a67c00")
"""Colours from low to high, for numbers."""


def ordered(dark: bool) -> tuple[str, ...]:
    """The colours of ordered categories; one more, grey, is for the unknown."""
    return (*(ORDERED_DARK if dark else ORDERED_LIGHT), "#888888")
