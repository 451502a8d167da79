"""What the terminal can show."""

from __future__ import annotations

import os
from collections.abc import Mapping


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
