"""Drive the app in a test: run a scenario with a pilot, wait for a condition, read the screen as text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from core.contract.plugins import Registry
from tests.tui.fake_engine import FakeEngine, recorded_events
from tui.shell.app import TastemapApp
from tui.shell.training import Stage
from tui.shell.workbench import Engine

Scenario = Callable[[TastemapApp, Pilot[int]], Awaitable[None]]


def run_app(
    scenario: Scenario, engine: Engine, registry: Registry, size: tuple[int, int] = (120, 40)
) -> TastemapApp:
    """Run a scenario in an app of this size; whatever the app raises fails the test."""
    app = TastemapApp(engine, registry)
    app.animation_level = "none"

    async def drive() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: bool(app.screen.query("#setup")), "the first screen")
            await scenario(app, pilot)

    asyncio.run(drive())
    return app


async def until(
    pilot: Pilot[int], condition: Callable[[], bool], what: str, seconds: float = 90, pause: float = 0.05
) -> None:
    """Wait for a condition; fails naming what never came."""
    if condition():
        return
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await asyncio.sleep(pause)  # a pause of the pilot's sends a message to each widget, at every look
        if condition():
            await pilot.pause(0)
            return
    raise AssertionError(f"never saw {what}; the screen was:\n{screen_text(pilot.app)}")


def screen_text(app: object) -> str:
    """All text that is on the screen now."""
    assert isinstance(app, TastemapApp)
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line) for line in lines[:height])[
        : width * height * 4
    ]


async def sees(pilot: Pilot[int], *words: str) -> None:
    """Wait until all these words are on the screen."""
    for word in words:
        await until(pilot, lambda word=word: word in screen_text(pilot.app), repr(word))  # type: ignore[misc]


def trains(app: TastemapApp) -> bool:
    """Whether the engine trains a model that it can be asked about."""
    return app.bench.training.stage in (Stage.RUNNING, Stage.PAUSED)


async def train_recorded(app: TastemapApp, pilot: Pilot[int], engine: FakeEngine) -> None:
    """Press s and let the engine play its recorded training."""
    await pilot.press("s")
    engine.say(*recorded_events())
    await until(pilot, lambda: app.bench.training.finished is not None, "the end of the training")
    await sees(pilot, "Done")
