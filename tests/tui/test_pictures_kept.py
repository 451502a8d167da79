"""The pictures and the tour that are kept beside the code: whole, asking nobody, of a kind that plays."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import tui
from core.readable import readable
from tests.tui.tour import CAST, COLUMNS, LONGEST_PAUSE, ROWS

FOLDER = Path(tui.__file__).parent
PICTURES = ("factors", "lookup", "map", "race", "runs", "train", "you")


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_whole_and_asks_nobody(name: str) -> None:
    text = (FOLDER / "screenshots" / f"{name}.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert not re.search(r"https?://(?!www\.w3\.org/|www\.textualize\.io)", text)
    assert f"screenshots/{name}.svg" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_tour_plays_from_its_start_to_its_end() -> None:
    """Version 2 of asciinema's format: a header, then [seconds, "o", text] a line, in order."""
    first, *lines = CAST.read_text(encoding="utf-8").splitlines()
    header = json.loads(first)
    assert (header["version"], header["width"], header["height"]) == (2, COLUMNS, ROWS)
    events = [json.loads(line) for line in lines]
    moments = [moment for moment, _, _ in events]
    assert {kind for _, kind, _ in events} == {"o"} and moments == sorted(moments)
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert max(pauses) <= LONGEST_PAUSE + 0.01 and 30 < moments[-1] < 600
    shown = "".join(text for _, _, text in events)
    assert "\x1b[?1049h" in shown[:2000] and "\x1b[?1049l" in shown[-4000:], "it begins and it leaves"
    assert "Traceback" not in shown
    words = readable(shown)
    for seen in ("Setup", "Alien", "Map of items", "Do you know it?", "The taste of", "Matrix"):
        assert seen in words, f"the tour doesn't come to {seen!r}"
