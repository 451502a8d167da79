from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from textual.color import Color
from textual.events import Resize
from textual.geometry import Size
from textual.pilot import Pilot

from core.contract.plugins import Registry
from tests.tui.driving import run_app, screen_text, sees, train_recorded, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tui.dialogs.help import help_text
from tui.map.canvas import MapCanvas
from tui.shell._look import lacks_unicode
from tui.shell.app import TastemapApp
from tui.shell.modes import SCREENS
from tui.shell.preferences import PREFERENCES_FILE, keymap_path, read_preferences
from tui.train._live_panel import LivePanel

Piloted = Pilot[int]


def test_the_screen_loads_no_tensorflow() -> None:
    code = """
import sys
import tui.launch, tui.shell.app
from tui.shell.modes import SCREENS, screen_class
from core.contract.plugins import load_plugins
load_plugins()
for mode in SCREENS:
    screen_class(mode)
heavy = {"tensorflow", "keras", "sklearn", "pandas"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_screen_has_a_real_help_text_with_all_its_keys(engine: FakeEngine, registry: Registry) -> None:
    app = TastemapApp(engine, registry)
    for mode in SCREENS:
        text = help_text(app, mode, app.own_keys)
        assert len(text.split()) > 150, mode
        assert f"`{mode}." in text
        assert "`app.quit`" in text


def test_help_opens_and_closes(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("question_mark")
        await sees(pilot, "Here a model learns from ratings")
        dialog = app.screen
        for _ in range(3):  # keys that were on their way when the first closed it
            dialog.dismiss()
        await sees(pilot, "Setup")
        assert len(app.screen_stack) == 1
        seen: list[Size] = []
        app.screen._screen_resized = seen.append  # type: ignore[method-assign]
        for size in (Size(70, 20), app.size):  # one from before the last resize
            app.screen.post_message(Resize(size, size))
            await pilot.pause()
        assert seen == [app.size]

    run_app(scenario, engine, registry, (80, 24))


def test_the_palette_finds_any_action(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("ctrl+p", *"engine log")
        await sees(pilot, "Engine log")
        await pilot.press("enter")
        await sees(pilot, "Nothing yet: the engine writes here")

    run_app(scenario, engine, registry)


def test_the_palette_saves_a_picture_that_needs_no_network(
    engine: FakeEngine, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("ctrl+p", *"picture")
        await sees(pilot, "Save a picture")
        await pilot.press("enter")
        await until(pilot, (tmp_path / "tastemap.svg").exists, "the file")

    run_app(scenario, engine, registry)
    text = (tmp_path / "tastemap.svg").read_text(encoding="utf-8")
    assert "Setup" in text
    assert "url(http" not in text


def test_keys_can_be_changed_in_a_file(engine: FakeEngine, registry: Registry) -> None:
    keymap_path().parent.mkdir(parents=True, exist_ok=True)
    keymap_path().write_text('"app.lookup" = "z"\n"train.start" = "f9"\n')

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("z")
        await until(pilot, lambda: app.current_mode == "lookup", "the changed key")
        assert "f9" in help_text(app, "train", app.own_keys).casefold()

    run_app(scenario, engine, registry)


@pytest.mark.parametrize("content", ['"train.strat" = "z"\n', "nonsense", '"train.start" = 3\n'])
def test_a_bad_keymap_is_told_and_the_keys_stay(content: str, engine: FakeEngine, registry: Registry) -> None:
    keymap_path().parent.mkdir(parents=True, exist_ok=True)
    keymap_path().write_text(content)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, "keymap.toml")
        await pilot.press("2")
        await until(pilot, lambda: app.current_mode == "lookup", "the key")

    run_app(scenario, engine, registry)


def test_the_theme_is_remembered(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        assert app.theme == "tastemap"
        await pilot.press("T")
        assert app.theme == "tastemap-light"

    run_app(scenario, engine, registry)
    assert read_preferences().theme == "tastemap-light"
    assert run_app(_nothing, FakeEngine(), registry).theme == "tastemap-light"


async def _nothing(app: TastemapApp, pilot: Piloted) -> None:
    del app, pilot


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"theme": 3, "data": null, "other": 1}', '{"theme": "gone"}']
)
def test_damaged_preferences_are_survived(
    content: str, engine: FakeEngine, registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir(exist_ok=True)
    (tmp_path / "config" / PREFERENCES_FILE).write_text(content)
    assert read_preferences().data == "demo"
    if "gone" in content:
        assert run_app(_nothing, engine, registry).theme == "tastemap"


def test_quitting_asks_while_something_trains_and_ends_the_engine(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("q")
        await sees(pilot, "stopped and saved")
        await pilot.press("n")
        await sees(pilot, "Setup")
        await pilot.press("q", "y")
        await until(pilot, lambda: app.return_code is not None or not app.is_running, "the end")

    app = run_app(scenario, engine, registry)
    assert engine.closed
    assert app.return_value == 0


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (250, 70), (20, 5)])
def test_every_size_shows_every_screen(size: tuple[int, int], engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events())
        await until(pilot, lambda: app.bench.training.finished is not None, "the end")
        for number in range(1, 7):
            await pilot.press(f"f{number}")
            await pilot.pause(0.1)
            assert screen_text(app).strip()
        if size == (60, 20):
            await pilot.press("f1")
            await sees(pilot, "Done", "12/12")
            assert app.screen.query_one(LivePanel).size.width > 50
            await pilot.press("f")
            await sees(pilot, "Architecture")
            await pilot.press("f4")
            assert app.screen.query_one(MapCanvas).size.height >= 8

    run_app(scenario, engine, registry, size)


def test_a_storm_of_resizes_while_training(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        generator = random.Random(1)
        for number in range(14):
            await pilot.resize_terminal(generator.randint(1, 200), generator.randint(1, 60))
            if number % 5 == 0:
                await pilot.press(f"f{number // 5 + 2}")
        await pilot.resize_terminal(120, 40)
        await pilot.press("f1")
        await sees(pilot, "Done", "Setup")

    run_app(scenario, engine, registry)


GARBAGE = [
    *"abcdefghijklmnorstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-=/?[]{}'\"",
    "escape", "enter", "tab", "shift+tab", "up", "down", "left", "right", "home", "end", "pageup", "pagedown",
    "backspace", "delete", "space", "f1", "f2", "f3", "f4", "f5", "f6", "shift+up", "ctrl+p", "ctrl+a",
]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_garbage_keys_break_nothing(
    seed: int, engine: FakeEngine, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        generator = random.Random(seed)
        await pilot.press("s")
        engine.say(*recorded_events()[:6])
        for number in range(5):
            await pilot.press(*generator.choices(GARBAGE, k=8))
            engine.say(recorded_events()[1 + number % 10])
        await pilot.press("escape", "escape", "f1")
        await until(pilot, lambda: app.is_running, "life")

    run_app(scenario, engine, registry, (100, 30))


def test_without_colour_everything_is_still_told(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await sees(pilot, "· · train", "━━━ val", "● kept", "M *")
        await pilot.press("4")
        await sees(pilot, "● Drama")
        canvas = app.screen.query_one(MapCanvas)
        await until(pilot, lambda: bool(canvas.symbols) and bool(lit(canvas)), "the map")
        assert canvas.symbols, "each category has a sign of its own"
        assert all(grey(app, line) for line in range(1, 30))

    run_app(scenario, engine, registry)


def lit(canvas: MapCanvas) -> str:
    """What is drawn on the map; nothing before the first drawing."""
    return "".join(canvas.render_line(line).text for line in range(1, 30)).strip()


def grey(app: TastemapApp, line: int) -> bool:
    """Whether a line of the map has no colour once the app's filters have seen it."""
    canvas = app.screen.query_one(MapCanvas)
    strip = canvas.render_line(line)
    for line_filter in app._filters:
        strip = strip.apply_filter(line_filter, Color.parse("black"))
    colours = [segment.style.color for segment in strip if segment.style and segment.style.color]
    triplets = [colour.get_truecolor() for colour in colours]
    return all(max(triplet) - min(triplet) <= 1 for triplet in triplets)


def test_a_terminal_without_unicode_gets_ascii(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAP_ASCII", "1")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await sees(pilot, "O kept")
        await pilot.press("4")
        await sees(pilot, "Map of items")
        titles = "".join(engine.answers["map"]["titles"])
        drawn = "".join(app.screen.query_one(MapCanvas).picture().lines())
        assert {character for character in drawn if not character.isascii()} <= {*titles, "…"}

    run_app(scenario, engine, registry)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_ALL": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
        ({"TERM": "linux", "TASTEMAP_ASCII": "0"}, False),
    ],
)
def test_unicode_is_told_from_the_environment(environment: dict[str, str], expected: bool) -> None:
    assert lacks_unicode(environment) is expected


@pytest.mark.parametrize("turns", [0, 1, 4])
def test_an_app_that_is_told_to_end_while_its_first_screen_is_made_ends_without_a_panic(
    turns: int, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = TastemapApp(FakeEngine(), registry)
    switch, leaving = app.switch_mode, []

    async def leave() -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        app.exit(return_code=143)
        app.exit()  # as a key does that was typed before

    def switch_and_leave(mode: str) -> object:
        leaving.append(asyncio.get_running_loop().create_task(leave()))
        return switch(mode)

    monkeypatch.setattr(app, "switch_mode", switch_and_leave)
    asyncio.run(app.run_async(headless=True))
    assert leaving and app.return_code == 143 and app._exception is None
