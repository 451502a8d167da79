"""The colours that charts take: of categories, of ordered ones, and from whatever theme is chosen."""

from __future__ import annotations

from textual.color import Color

_CATEGORIES_DARK = ("#56b4e9", "#e69f00", "#2fbf8f", "#f0e442", "#d98cc0", "#ff7a4d", "#a5b4fc", "#9aa0a6")
_CATEGORIES_LIGHT = ("#0072b2", "#b35c00", "#00805e", "#8a7a00", "#a8417f", "#c8401a", "#5154c4", "#666b70")
"""Colours that colour-blind people can tell apart as well (after Okabe and Ito)."""
_ORDERED_DARK = ("#6f7bf7", "#4a9fe0", "#35c2a5", "#9bd35a", "#f2d94a")
_ORDERED_LIGHT = ("#3b3fb5", "#1f77b4", "#00866b", "#5b8c00", "#a67c00")
"""Colours from low to high, for numbers."""


def categories(dark: bool) -> tuple[str, ...]:
    """The colours of categories on a dark or light background."""
    return _CATEGORIES_DARK if dark else _CATEGORIES_LIGHT


def ordered(dark: bool) -> tuple[str, ...]:
    """The colours of ordered categories; one more, grey, is for the unknown."""
    return (*(_ORDERED_DARK if dark else _ORDERED_LIGHT), "#888888")


def rgb(colour: str) -> tuple[int, int, int]:
    """A theme's colour as three numbers."""
    parsed = Color.parse(colour)
    return parsed.r, parsed.g, parsed.b
