"""Compare the screen with a stored SVG; `TASTEMAP_UPDATE_SNAPSHOTS=1` accepts what has changed."""

from __future__ import annotations

import difflib
import html
import os
import re
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from tui.shell._palette import picture
from tui.shell.app import TastemapApp

FOLDER = Path(__file__).parent / "snapshots"
UPDATE = "TASTEMAP_UPDATE_SNAPSHOTS"


def changes_of(app: TastemapApp, name: str) -> str:
    """Say how the screen differs from its picture: the lines of text, and where the new picture lies."""
    drawn, stored = picture(app, name), FOLDER / f"{name}.svg"
    if os.environ.get(UPDATE):
        stored.write_text(drawn, encoding="utf-8")
        return ""
    expected = stored.read_text(encoding="utf-8") if stored.exists() else ""
    if drawn == expected:
        return ""
    new = Path(tempfile.gettempdir()) / stored.with_suffix(".new.svg").name
    new.write_text(drawn, encoding="utf-8")
    changes = difflib.unified_diff(texts(expected), texts(drawn), "stored", "drawn", lineterm="", n=0)
    lines = "\n".join(changes) or "Only colours."
    return f"{name} looks otherwise; see {new}, and {UPDATE}=1 accepts it.\n{lines}"


def texts(svg: str) -> list[str]:
    """The text of each piece, for people to compare."""
    return [
        html.unescape(text).replace("\xa0", " ") for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    ]


async def changes_at_rest(app: TastemapApp, pilot: Pilot[int], name: str) -> str:
    """What differs from the picture once the screen had time to be drawn, more of it on a busy machine."""
    changes = ""
    for _ in range(10):
        await pilot.pause(0.3)
        if not (changes := changes_of(app, name)):
            break
    return changes
