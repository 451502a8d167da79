"""Draw the pictures of tui/screenshots with the real engine: `python -m tests.tui.pictures`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from textual.pilot import Pilot

import tui
from core.contract.plugins import load_plugins
from core.engine.client import EngineClient, engine_command
from tests.tui.driving import run_app, sees, until
from tui.shell._palette import picture
from tui.shell.app import TastemapApp

FOLDER = Path(tui.__file__).parent / "screenshots"
SIZE = (120, 36)


async def draw(app: TastemapApp, pilot: Pilot[int]) -> None:
    """Train, look, rate: a picture of each."""
    await sees(pilot, "CPU")
    await pilot.press("s")
    await until(pilot, lambda: app.bench.training.finished is not None, "a trained model", 240)
    await pilot.press("left", "left", "left", "left")
    await save(app, pilot, "train", "epoch")
    await pilot.press("escape", "2")
    await sees(pilot, "predicted")
    await pilot.press(*"alien")
    await sees(pilot, "Alien")
    await pilot.press("enter")
    await save(app, pilot, "lookup", "own ratings that", "in all")
    await pilot.press("4")
    await sees(pilot, "Map of items")
    await pilot.press("slash", *"star wars", "enter", "s")
    await save(app, pilot, "map", "Most similar to")
    await pilot.press("3", "c")
    await sees(pilot, "High end ·")
    await pilot.press("t")
    await save(app, pilot, "factors", "beside predicted")
    await pilot.press("5")
    await save(app, pilot, "runs", "val RMSE", "0.5")
    await pilot.press("7")
    await sees(pilot, "1–5 rate")
    await pilot.press("5", "4", "space", "2", "5", "space", "1")
    await save(app, pilot, "you", "You lean", "near you")
    await pilot.press("f6")
    await sees(pilot, "Choose with Space")
    await pilot.press("s")
    await until(pilot, lambda: app.bench.race.active, "the race")
    await until(pilot, lambda: not app.bench.race.active, "the end of the race", 600)
    await save(app, pilot, "race", "wins", "behind")


async def save(app: TastemapApp, pilot: Pilot[int], name: str, *words: str) -> None:
    """Wait for what the picture is about, then write it."""
    await sees(pilot, *words)
    app.clear_notifications()
    await pilot.pause(1.0)
    (FOLDER / f"{name}.svg").write_text(picture(app, "Tastemap"), encoding="utf-8")


if __name__ == "__main__":
    for variable in ("TASTEMAP_RUNS", "TASTEMAP_CONFIG"):
        os.environ[variable] = tempfile.mkdtemp()
    run_app(draw, EngineClient(engine_command()), load_plugins(), SIZE)
