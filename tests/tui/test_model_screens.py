from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from core.contract.plugins import Registry
from core.options import Identifier
from core.protocol.events import EpochFinished
from core.protocol.wire import from_plain
from core.views.components import Axes, Components
from core.views.map import Map
from core.views.prediction import ComponentPart, Contribution, ContributionTable
from core.views.why import Reasons, Why
from tests.tui.driving import run_app, screen_text, sees, train_recorded, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_answers, recorded_events
from tui.formats import short_title
from tui.lookup._why import influence_entries, part_entries, why_sentence
from tui.lookup.screen import LookupScreen
from tui.map.canvas import MapCanvas
from tui.map.scatter import CURSOR, FOUND, NEIGHBOUR
from tui.shell import Subject, Thing
from tui.shell.app import TastemapApp

Piloted = Pilot[int]


def first_title(engine: FakeEngine) -> str:
    return str(engine.answers["map"]["titles"][0])


def test_the_map_is_walked_searched_coloured_and_zoomed(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("4")
        await sees(pilot, "Map of items", first_title(engine), "year", "bias")
        canvas = app.screen.query_one(MapCanvas)
        assert canvas.emphasis.cursor == 0
        await pilot.press("left")
        moved = canvas.emphasis.cursor
        assert moved not in (0, None)
        similar = engine.answers["similar_items"]
        similar["item"]["item"] = engine.answers["map"]["items"][moved]
        similar["item"]["title"] = engine.answers["map"]["titles"][moved]
        await pilot.press("s")
        await sees(pilot, f"Most similar to {short_title(similar['item']['title'])[:16]}")
        assert NEIGHBOUR in canvas.picture().looks
        await pilot.press("right")
        assert "Most similar" not in screen_text(app), "a list of neighbours is never of another item"
        await pilot.press("left")
        await pilot.press("slash", *"alien")
        await until(pilot, lambda: FOUND in canvas.picture().looks, "a found title")
        await pilot.press("enter")
        assert canvas.emphasis.cursor is not None
        assert "alien" in engine.answers["map"]["titles"][canvas.emphasis.cursor].casefold()
        width = canvas.view.width
        await pilot.press("plus", "plus")
        assert canvas.view.width < width / 1.9
        assert CURSOR in canvas.picture().looks
        await pilot.press("0", "c")
        await sees(pilot, "year  ")
        found = canvas.emphasis.cursor
        await pilot.press("enter")
        await sees(pilot, "Prediction", "predicted")
        assert isinstance(app.screen, LookupScreen)
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "map", "the way back")
        assert canvas.emphasis.cursor == found

    run_app(scenario, engine, registry)


def test_the_map_asks_for_components_ranks_and_the_notebooks_view(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("4")
        await sees(pilot, "Map of items")
        await pilot.press("n")
        assert maps_asked(engine)[-1] == Map(x=1, y=3, first=50, last=100).to_dict()
        await pilot.press("a")
        assert maps_asked(engine)[-1] == Map(x=2, y=3, first=50, last=100).to_dict()
        await pilot.press("A")
        assert maps_asked(engine)[-1] == Map(x=1, y=3, first=50, last=100).to_dict()
        await pilot.press("m")
        assert maps_asked(engine)[-1]["last"] == 300

    run_app(scenario, engine, registry)
    assert all(run == "/runs/bias-recorded" for _, run, _ in engine.asked)


def asks_once_more(monkeypatch: pytest.MonkeyPatch, screen: Screen[Any]) -> None:
    """Let a screen that follows a training ask at the next epoch and then no more, however slow it is."""
    monkeypatch.setattr("tui.shell.screen._LIVE_SECONDS", 1e9)
    monkeypatch.setattr(screen, "_asked_live_at", float("-inf"))


def test_the_map_follows_a_training_with_its_current_weights(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("4")
        await sees(pilot, "Map of items")
        before = len(engine.asked)
        asks_once_more(monkeypatch, app.screen)
        engine.say(*(event for event in recorded_events() if isinstance(event, EpochFinished)))
        await until(pilot, lambda: len(app.bench.training.epochs) > 11, "the epochs")
        await until(pilot, lambda: len(engine.asked) > before, "another question")
        assert len(engine.asked) == before + 1, "twelve epochs at once are one redraw"
        assert engine.asked[-1][1] is None

    run_app(scenario, engine, registry)


def test_a_lookup_follows_a_training_but_asks_seldom(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> int:
        return sum(view == "contributions" for view, _, _ in engine.asked)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("2")
        await sees(pilot, "predicted")
        before = asked()
        asks_once_more(monkeypatch, app.screen)
        engine.say(*(event for event in recorded_events() if isinstance(event, EpochFinished)))
        await until(pilot, lambda: len(app.bench.training.epochs) > 11, "the epochs")
        await until(pilot, lambda: asked() > before, "another question")
        assert asked() == before + 1

    run_app(scenario, engine, registry)


def test_the_mouse_shows_cards_and_zooms(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("4")
        await sees(pilot, "Map of items")
        canvas = app.screen.query_one(MapCanvas)
        await until(pilot, lambda: bool((canvas.picture().hits > 0).any()), "points")
        hits = canvas.picture().hits
        row, column = next(
            (r, c) for r in range(hits.shape[0]) for c in range(hits.shape[1]) if hits[r, c] > 0
        )
        await pilot.hover(MapCanvas, offset=(column, row))
        title = engine.answers["map"]["titles"][int(hits[row, column])]
        card = app.screen.query_one("#map-card", Static)
        await until(pilot, lambda: title in str(card.content), title)
        await pilot.click(MapCanvas, offset=(column, row))
        assert canvas.emphasis.cursor == int(hits[row, column])

    run_app(scenario, engine, registry)


def test_a_title_is_looked_up_by_typing(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2", *"ali")
        await sees(pilot, "predicted", "user bias", "item bias", "tastes")
        assert ("search", "/runs/bias-recorded", {"text": "ali", "side": "item", "limit": 50}) in engine.asked
        await pilot.press("down")
        identifier = engine.answers["search"]["found"][1]["id"]
        await until(
            pilot,
            lambda: engine.asked[-1][2].get("item") == identifier or asked_item(engine) == identifier,
            "item",
        )
        await pilot.press("enter", "t")
        await sees(pilot, "hasn't rated")
        await pilot.press("h")
        await sees(pilot, "Best", "on average", "true predicted  title")
        best = engine.answers["user_history"]["best"][0]
        await pilot.press("enter")
        await until(pilot, lambda: asked_item(engine) == best["item"], "the item of the list")
        await pilot.press("escape")
        await sees(pilot, "on average")
        await until(pilot, lambda: asked_item(engine) == identifier, "what was shown before")
        await pilot.press("s")
        await sees(pilot, "Nearest to")
        await pilot.press("y")
        await sees(pilot, "Copied")
        assert app.clipboard == engine.answers["similar_items"]["similar"][0]["title"]
        await pilot.press("full_stop")
        await until(pilot, lambda: app.current_mode == "map", "the map")

    run_app(scenario, engine, registry)


def test_the_ratings_that_influence_a_prediction_are_asked_for_once_it_rests(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = "tui.lookup.screen.REST_SECONDS"
    monkeypatch.setattr(rest, 600.0)  # while it walks, it never rests, however slow the machine

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "predicted")
        await pilot.press("down", "down", "down")
        monkeypatch.setattr(rest, 0.2)
        await pilot.press("down")
        influences = engine.answers["why"]["influences"]
        await sees(
            pilot,
            "own ratings that influence it most",
            influences[0]["title"][:10],
            f"{influences[0]['effect']:+.3f}",
        )
        sentence = " ".join(str(app.screen.query_one("#why-sentence", Static).content).split())
        assert "Had they given “Paddington 2” 3, it would be 0.01 higher." in sentence
        await sees(pilot, "4.39 when refitted")
        asked = [arguments for view, _, arguments in engine.asked if view == "why"]
        fifth = engine.answers["search"]["found"][4]["id"]
        assert asked == [Why(user=asked_user(engine), item=fifth, count=8).to_dict()]
        await pilot.press("enter", "t")
        await sees(pilot, "hasn't rated")
        await pilot.press("w")
        await sees(pilot, "own ratings that influence it most")
        await pilot.pause(0.6)
        assert sum(view == "why" for view, _, _ in engine.asked) == 1, "nothing has changed"

    run_app(scenario, engine, registry)


def test_nobody_asks_why_while_another_tab_or_screen_is_shown(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = "tui.lookup.screen.REST_SECONDS"
    monkeypatch.setattr(rest, 600.0)  # it rests when this test says so, however slow the machine

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2", "right")
        await sees(pilot, "true 4, off by", "hasn't rated")
        lookup = app.screen
        assert isinstance(lookup, LookupScreen)
        lookup.explain_rested()
        await pilot.press("left", "4")
        await sees(pilot, "Map of items")
        lookup.explain_rested()
        await pilot.pause()
        assert "why" not in [view for view, _, _ in engine.asked]
        monkeypatch.setattr(rest, 0.05)
        await pilot.press("2")
        await sees(pilot, "own ratings that influence it most")

    run_app(scenario, engine, registry)


def test_where_no_rating_has_influence_the_reason_stands_below_the_parts(
    engine: FakeEngine, registry: Registry
) -> None:
    del engine.answers["why"]
    engine.hint = "Use [b], [/b] or [1, 2]."

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "There is no view 'why'.", "Use [b], [/b]", "predicted", "user bias")

    run_app(scenario, engine, registry)


def test_a_training_is_not_asked_why(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("2")
        await sees(pilot, "predicted", "when the training is done")
        assert "why" not in [view for view, _, _ in engine.asked]
        engine.say(recorded_events()[-1])
        await sees(pilot, "own ratings that influence it most")

    run_app(scenario, engine, registry)


def test_a_counterfactual_of_the_same_rating_is_none() -> None:
    reasons = from_plain(recorded_answers()["why"], Reasons)
    same = replace(reasons.counterfactuals[0], instead=reasons.counterfactuals[0].rating)
    prediction = reasons.contributions.prediction
    close = replace(reasons, refitted=prediction.rating, counterfactuals=(same,))
    assert "Had they" not in why_sentence(close.contributions, close)
    text = "\n".join(entry.line.plain for entry in influence_entries(close, ascii_only=True))
    assert "refitted" not in text
    assert "#" in text


def test_why_is_a_sentence_of_the_users_own_ratings() -> None:
    reasons = from_plain(recorded_answers()["why"], Reasons)
    one, other = reasons.influences[:2]
    up = replace(one, title="Aliens (1986)", rating=5, effect=0.3)
    down = replace(other, title="Titanic (1997)", rating=1, effect=-0.1)
    turned = replace(reasons.counterfactuals[0], title="Titanic (1997)", instead=5, predicted=4.5, change=0.3)
    told = replace(reasons, influences=(up, down), counterfactuals=(turned,))
    contributions = replace(reasons.contributions, contributions=(Contribution("item bias", -0.42),))
    sentence = why_sentence(contributions, told)
    assert "because they gave “Aliens” 5; against it speaks that they gave “Titanic” 1" in sentence
    assert "it loses 0.4 since people like it less than its kind" in sentence
    assert "Had they given “Titanic” 5, it would be 0.30 higher." in sentence
    liked = replace(told, influences=(replace(up, rating=None),), counterfactuals=())
    assert "because they liked “Aliens”" in why_sentence(contributions, liked)


def test_what_a_prediction_is_made_of_is_told_by_component_names() -> None:
    table = from_plain(recorded_answers()["contributions"], ContributionTable)
    factors = sum(one.value for one in table.contributions if one.name.startswith("factor "))
    parts = tuple(ComponentPart(number, "", value) for number, value in ((1, 0.2), (2, -0.3)))
    entries = part_entries(replace(table, components=parts), {1: "Drama … Action"}, ascii_only=False)
    text = "\n".join(entry.line.plain for entry in entries)
    assert "+0.200" in text and "Drama … Action" in text
    assert "-0.300" in text and "component 2" in text
    assert f"{factors + 0.1:+.3f}" in text and "all other tastes" in text
    assert f"{table.prediction.raw:.3f}  in all" in text


def maps_asked(engine: FakeEngine) -> list[dict[str, Any]]:
    return [arguments for view, _, arguments in engine.asked if view == "map"]


def asked_user(engine: FakeEngine) -> Identifier | None:
    users = [arguments["user"] for view, _, arguments in engine.asked if view == "contributions"]
    return users[-1] if users else None


def asked_item(engine: FakeEngine) -> Identifier | None:
    items = [arguments["item"] for view, _, arguments in engine.asked if view == "contributions"]
    return items[-1] if items else None


def test_unknown_ids_and_undissectable_models_say_why(engine: FakeEngine, registry: Registry) -> None:
    prediction = engine.answers["contributions"]["prediction"]
    fallback = "the user had no training rating; the prediction is the item's damped mean of training ratings"
    engine.answers["contributions"] = {
        "prediction": {**prediction, "fallback": fallback, "truth": None},
        "mean": 3.5,
        "contributions": [],
        "available": False,
        "reason": "A neural net's score is no sum of parts.",
    }

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "the user had no training", "no sum of parts", "not rated by this user")

    run_app(scenario, engine, registry)


def test_what_a_table_that_is_gone_says_of_a_pair_is_not_guessed(
    engine: FakeEngine, registry: Registry
) -> None:
    answer = engine.answers["contributions"]
    gone = {**answer["prediction"], "truth": None, "part": None, "note": "What the user gave isn't known."}
    engine.answers["contributions"] = {**answer, "prediction": gone}

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "whether this user rated it isn't known")

    run_app(scenario, engine, registry)


def test_a_model_of_another_table_is_not_asked_for_the_item_of_the_last(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "predicted", "What it is made of")
        first, *rest = engine.answers["search"]["found"]
        engine.answers["search"] = {**engine.answers["search"], "found": [{**first, "id": "another"}, *rest]}
        app.bench.subject = Subject("another-run", "bias · another", "another")
        app.screen.redraw()  # type: ignore[attr-defined]
        await until(pilot, lambda: asked_item(engine) == "another", "an item of the new table")
        engine.answers.pop("contributions")
        app.bench.subject = Subject("third-run", "bias · third", "third")
        app.screen.redraw()  # type: ignore[attr-defined]
        await sees(pilot, "There is no view")
        assert "What it is made of" not in screen_text(app)

    run_app(scenario, engine, registry)


def test_an_item_that_another_screen_points_at_outlives_the_change_of_model(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "predicted")
        await pilot.press("4")
        app.bench.subject = Subject("another-run", "bias · another", "another")
        app.open_thing(Thing("item", 777, "What is pointed at"))
        await until(pilot, lambda: asked_item(engine) == 777, "the item that was pointed at")
        await pilot.pause(0.5)
        assert asked_item(engine) == 777

    run_app(scenario, engine, registry)


def test_an_id_that_no_search_finds_is_asked_for_all_the_same(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "predicted")
        engine.answers["search"] = {"found": []}
        await pilot.press("enter", "u", *"u999")
        await sees(pilot, "nothing found")
        await pilot.press("enter")
        await until(pilot, lambda: asked_user(engine) == "u999", "the question")

    run_app(scenario, engine, registry)


def test_a_slow_engine_blocks_nothing(engine: FakeEngine, registry: Registry) -> None:
    engine.mute = {"map", "biases", "contributions", "search"}

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("4")
        await sees(pilot, "Asking the engine")
        await pilot.press("3", "c")
        await sees(pilot, "Low end")
        await pilot.press("1")
        await sees(pilot, "Setup")

    run_app(scenario, engine, registry)


def test_without_a_model_every_screen_gives_advice(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        for key in ("f2", "f3", "f4", "f5"):
            await pilot.press(key)
            await sees(pilot, "1, then s")

    run_app(scenario, engine, registry)
    assert engine.asked == []


def test_factors_show_biases_components_and_crosstab(
    engine: FakeEngine, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine.answers["name_component"] = {"names": {"2": "classics"}}

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("3")
        await sees(
            pilot, engine.answers["biases"]["top"][0]["title"], engine.answers["biases"]["bottom"][0]["title"]
        )
        await pilot.press("c", "right")
        second = engine.answers["components"]["components"][1]
        await sees(pilot, "> 2", second["high"][0]["title"], second["low"][0]["title"])
        await pilot.press("n", *"classics", "enter")
        named = ("name_component", "/runs/bias-recorded", {"number": 2, "name": "classics"})
        await until(pilot, lambda: named in engine.asked, "the name's question")
        await pilot.press("t")
        await sees(pilot, "true ratings beside predicted ratings", "counts of all ratings")
        await pilot.press("v", "v")
        await sees(pilot, "rated items: predicted ratings")
        await pilot.press("e")
        await sees(pilot, "Crosstab written")

    run_app(scenario, engine, registry)
    rows = list(csv.reader((tmp_path / "crosstab.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0][0] == "true ratings"
    assert len(rows[0]) == 16
    assert rows[17][0] == "predicted ratings"


def test_components_are_offered_tested_names_beside_ones_own(engine: FakeEngine, registry: Registry) -> None:
    first, second = engine.answers["axes"]["axes"][:2]
    first["low"], engine.answers["components"]["components"][0]["name"] = "[b] · [/b]", "blockbusters"
    engine.answers["axes"]["axes"][-1]["high"] = ""

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("3", "c")
        high = first["high"].replace(" · ", ", ")
        await sees(pilot, f"blockbusters  from [b], [/b] to {high}", "Low end · [b] · [/b]")
        await sees(pilot, f"High end · {first['high']}")
        await pilot.press("right")
        await sees(pilot, f"Low end · {second['low']}", f"High end · {second['high']}")
        await pilot.press("left", "left")
        await until(pilot, lambda: "High end ─" in screen_text(app), "an end without a tested name")

    run_app(scenario, engine, registry)
    assert ("axes", "/runs/bias-recorded", Axes(components=6).to_dict()) in engine.asked
    without = Components(components=6, axes=False)
    assert ("components", "/runs/bias-recorded", without.to_dict()) in engine.asked


def test_components_stand_without_tested_names(engine: FakeEngine, registry: Registry) -> None:
    del engine.answers["axes"]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("3", "c")
        first = engine.answers["components"]["components"][0]
        await sees(pilot, "No tested names: There is no view 'axes'.", first["high"][0]["title"], "Low end ─")

    run_app(scenario, engine, registry)


def test_a_failing_view_is_told_where_it_would_be(engine: FakeEngine, registry: Registry) -> None:
    for view in ("map", "biases", "contributions"):
        del engine.answers[view]
    engine.hint = "Use [b], [/b] or [1, 2]."

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        for key in ("4", "3", "2"):
            await pilot.press(key)
            await sees(pilot, "There is no view", "Use [b], [/b]")

    run_app(scenario, engine, registry)


def test_titles_with_markup_are_shown_as_they_are(engine: FakeEngine, registry: Registry) -> None:
    title = "[Rec] [/b] [$accent]² (2009)"
    engine.answers["biases"]["top"][0]["title"] = title
    engine.answers["map"]["titles"][0] = title
    engine.answers["search"]["found"][0]["title"] = title

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        for key in ("4", "3", "2"):
            await pilot.press(key)
            await sees(pilot, title[:20])
        assert app.screen.query_one("#search-item ThingList").has_focus
        assert "markup" not in screen_text(app).casefold()

    run_app(scenario, engine, registry)
