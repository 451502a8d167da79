from __future__ import annotations

import pytest
from textual.pilot import Pilot

from core.contract.plugins import Registry
from tests.tui.driving import run_app, sees, train_recorded
from tests.tui.fake_engine import FakeEngine
from tests.tui.snapshots import changes_at_rest
from tui.shell._palette import picture
from tui.shell.app import TastemapApp

SIZES = {"wide": (120, 36), "narrow": (80, 24)}
KEYS = {"train": "1", "lookup": "2", "factors": "3", "components": "c", "map": "4", "race": "6"}
SIGNS = {
    "train": "Done",
    "lookup": "predicted",
    "factors": "Liked less",
    "components": "High end ·",
    "map": "Map of items",
    "race": "Contestants",
}


@pytest.mark.parametrize("size", SIZES)
def test_all_screens_look_as_they_did(size: str, engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Pilot[int]) -> None:
        await sees(pilot, "trains a model on demo", "CPU (test)")
        changed = [await changes_at_rest(app, pilot, f"first-{size}")]
        await train_recorded(app, pilot, engine)
        for screen, key in KEYS.items():
            app.clear_notifications()
            await pilot.press(key)
            await sees(pilot, SIGNS[screen])
            if screen == "lookup":
                await sees(pilot, "own ratings that")
            await pilot.press("escape")
            changed.append(await changes_at_rest(app, pilot, f"{screen}-{size}"))
        if any(changed):
            pytest.fail("\n".join(filter(None, changed)), pytrace=False)

    run_app(scenario, engine, registry, SIZES[size])


def test_a_changed_screen_is_noticed(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Pilot[int]) -> None:
        before = picture(app)
        assert picture(app) == before
        await pilot.press("T")
        assert picture(app) != before

    run_app(scenario, engine, registry)
