"""Tastemap's own themes, and what the terminal can show."""

from __future__ import annotations

import os
from collections.abc import Mapping

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


def lacks_unicode(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to draw with ASCII alone: asked for by TASTEMAP_ASCII, a bare C locale, or a text console.

    Nothing said about the locale counts as able, since most terminals in containers are.
    """
    if environment.get("TASTEMAP_ASCII"):
        return environment["TASTEMAP_ASCII"] != "0"
    names = (environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "")
    bare = bool(locale) and "utf" not in locale.lower().replace("-", "")
    return bare or environment.get("TERM") in ("linux", "dumb")
