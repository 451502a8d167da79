"""What can be done with a map: worded ends, crowding, regions, pictures, another run, time."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from core.contract.plugins import Registry
from core.protocol.events import EpochFinished
from core.protocol.wire import from_plain
from core.views.map import ItemMap
from tests.tui.driving import run_app, screen_text, sees, train_recorded, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_answers, recorded_events
from tests.tui.test_runs_screen import make_run
from tui.lists import ThingList
from tui.map._frames import Frames, laid_over, mover_entries, movers, turned
from tui.map._region import Region, draw_region
from tui.map.canvas import MapCanvas
from tui.map.scatter import END, REGION, SHADES, Points, Viewport, draw
from tui.shell.app import TastemapApp

Piloted = Pilot[int]
MAP = from_plain(recorded_answers()["map"], ItemMap)


def cloud(count: int) -> Points:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, count))
    return Points(x, y, [""] * count, np.zeros(count, np.int32))


def test_crowded_places_are_lighter_and_few_points_have_no_shade() -> None:
    picture = draw(cloud(3000), Viewport(0, 0, 8, 8), 80, 24)
    assert picture.shades is not None
    assert picture.shades[12, 40] == SHADES - 1
    assert picture.shades[0, 0] == 0
    assert draw(cloud(50), Viewport(0, 0, 8, 8), 80, 24).shades is None
    assert draw(cloud(3000), Viewport(0, 0, 8, 8), 80, 24, symbols=True).shades is None, (
        "signs need no colour"
    )


def test_peaks_are_labelled_first_and_each_step_closer_has_its_own() -> None:
    """Two crowds and scattered best known points: both crowds are named by whom most know there."""
    generator = np.random.default_rng(1)
    middles = np.array([(-3.0, 0.0), (3.0, 2.0), (3.0, 2.6)])
    crowds = [middle + generator.normal(scale=0.08, size=(300, 2)) for middle in middles]
    scattered = generator.uniform((-4, -4), (4, -1), size=(60, 2))
    places = np.vstack([scattered, *crowds])  # the best known come first
    labels = [""] * len(places)
    for number, name in enumerate(("left crowd", "lower", "upper")):
        labels[60 + 300 * number] = name
    points = Points(places[:, 0], places[:, 1], labels, np.zeros(len(places), np.int32))
    far = "\n".join(draw(points, Viewport(0, 0, 9, 9), 60, 18).lines())
    assert "left crowd" in far and ("lower" in far) != ("upper" in far), "what lies too near has one name"
    near = "\n".join(draw(points, Viewport(3, 2.3, 1.5, 1.5), 60, 18).lines())
    assert "lower" in near and "upper" in near


def test_the_axes_ends_are_words_inside_the_picture() -> None:
    ends = ("Drama", "Action", "older", "newer")
    for width, height in ((80, 24), (20, 6), (3, 2)):
        picture = draw(cloud(300), Viewport(0, 0, 8, 8), width, height, ends=ends)
        assert all(len(line) == width for line in picture.lines())
    lines = draw(cloud(300), Viewport(0, 0, 8, 8), 80, 24, ends=ends).lines()
    assert lines[12].startswith("Drama") and lines[12].endswith("Action")
    assert "newer" in lines[0] and "older" in lines[-1]
    assert (picture.hits[picture.looks == END] == -1).all()
    named = replace(cloud(300), labels=["Ghostbusters"] * 300)
    lines = draw(named, Viewport(0, 0, 8, 8), 80, 24, ends=ends).lines()
    assert lines[12].startswith("Drama") and lines[12].endswith("Action"), "no label reaches into an end"
    assert not any("Dramat" in line or "tbusAction" in line for line in lines)


def test_a_region_has_what_lies_inside_and_a_frame() -> None:
    region = Region.at((0.0, 0.0)).to((-2.0, 1.0))
    x, y = np.array([-1.0, 1.0, -1.0]), np.array([0.5, 0.5, 2.0])
    assert region.indices(x, y) == [0]
    picture = draw(cloud(10), Viewport(0, 0, 8, 8), 40, 20)
    draw_region(picture, region, Viewport(0, 0, 8, 8), ascii_only=False)
    assert "┌" in "".join(picture.lines()) and (picture.looks == REGION).sum() > 8
    draw_region(picture, Region(-99, -99, 99, 99), Viewport(0, 0, 8, 8), ascii_only=True)


def test_another_runs_map_is_turned_onto_this_one() -> None:
    x, y = np.array(MAP.x), np.array(MAP.y)
    angle = 0.7
    other = replace(
        MAP,
        x=tuple((3 * (x * np.cos(angle) - y * np.sin(angle)) + 5).tolist()),
        y=tuple((-3 * (x * np.sin(angle) + y * np.cos(angle)) - 2).tolist()),
    )
    laid = laid_over(MAP, other)
    assert np.allclose(laid.x, MAP.x, atol=1e-6) and np.allclose(laid.y, MAP.y, atol=1e-6)
    moved = replace(other, x=(other.x[0] + 40, *other.x[1:]))
    assert movers(MAP, laid_over(MAP, moved))[0][0] == 0, "who was moved, moved most"
    assert MAP.titles[0] in mover_entries(MAP, laid_over(MAP, moved), "b")[2].line.plain
    assert (
        "too few"
        in mover_entries(MAP, laid_over(MAP, replace(other, items=("a",) * len(MAP.items))), "b")[
            0
        ].line.plain
    )
    assert turned([1.0], [0.0], np.pi / 2)[0] == pytest.approx(0)


def test_frames_are_scrubbed_and_forgotten_for_another_choice() -> None:
    frames = Frames()
    assert frames.step(-1) is None
    for epoch in (1, 2, 2, 3):
        frames.add(epoch, MAP)
    assert [epoch for epoch, _ in frames.maps] == [1, 2, 3]
    assert frames.step(-1) == (2, MAP)
    assert frames.step(-5) == (1, MAP) and frames.at == 0
    assert frames.step(9) == (3, MAP) and frames.at is None
    frames.add(4, replace(MAP, components=(1, 3)))
    assert [epoch for epoch, _ in frames.maps] == [4]


def test_regions_pictures_and_other_runs_on_the_screen(
    engine: FakeEngine,
    registry: Registry,
    private_folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    make_run(private_folders, "bias-a")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("4")
        axes = engine.answers["axes"]["axes"]
        await sees(pilot, "Map of items", axes[0]["low"].split(" · ")[0], axes[1]["high"].split(" · ")[0])
        canvas = app.screen.query_one(MapCanvas)
        await pilot.press("v", "left", "up", "left")
        inside = len(canvas.enclosed())
        assert inside
        card = {"item": 1, "title": "", "year": 0, "genres": [], "ratings": 3, "rating": 3.625}
        told = {"mean": 3.625, "baseline": 3.5, "users": 300, "items": [card] * inside}
        engine.answers["expected"] = told
        await pilot.press("enter")
        await sees(pilot, f"{inside} items", "ratings each", "predicted 3.62, damped means 3.50")
        assert len(engine.asked_of("expected", "items")) == inside
        await pilot.press("e")
        await until(pilot, (tmp_path / "region.csv").exists, "the file")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: canvas.frame is None, "the end of the region")
        await pilot.press("P")
        await sees(pilot, "Which kind of picture?")
        await pilot.press("down", "enter")
        await until(pilot, (tmp_path / "map.txt").exists, "the picture")
        x = canvas.points.x.copy()
        told = engine.answers["map"]
        engine.answers["map"] = {**told, "x": [told["x"][0] + 5, *told["x"][1:]]}
        await pilot.press("D")
        await sees(pilot, "Which run's map")
        await pilot.press("enter")
        await sees(pilot, "Against bias-a", "half moved less than")
        assert app.screen.query_one("#map-similar", ThingList).things
        await until(pilot, lambda: not np.allclose(canvas.points.x, x), "the other run's places")
        engine.answers["map"] = told
        await pilot.press("escape")
        await until(pilot, lambda: "Against bias-a" not in screen_text(app), "the map alone")
        await until(pilot, lambda: bool(np.allclose(canvas.points.x, x)), "everything where it was")
        await pilot.press("t")
        await until(pilot, lambda: not np.allclose(canvas.points.x, x), "a turn")
        await pilot.press("t")
        await until(pilot, lambda: bool(np.allclose(canvas.points.x, x)), "the map as it was")
        await pilot.press("left_square_bracket")
        await sees(pilot, "No earlier map")

    run_app(scenario, engine, registry)
    rows = list(csv.reader((tmp_path / "region.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][:2] == ["item", "title"] and len(rows) > 1
    assert {row[-1] for row in rows[1:]} == {"3.625"}, "what everybody would give"


def test_a_training_is_scrubbed_through_on_the_map(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.shell.screen._LIVE_SECONDS", 0.0)  # it follows each epoch

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("4")
        await sees(pilot, "Map of items")
        told = [event for event in recorded_events() if isinstance(event, EpochFinished)]
        screen = app.screen
        engine.say(told[1])
        await until(pilot, lambda: len(screen._frames.maps) == 2, "another frame")  # type: ignore[attr-defined]
        await pilot.press("left_square_bracket")
        await sees(pilot, "epoch 1; Esc ends")
        await pilot.press("escape")
        await until(pilot, lambda: screen._frames.at is None, "the newest")  # type: ignore[attr-defined]

    run_app(scenario, engine, registry)
