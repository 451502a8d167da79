"""Everything is a thing that opens: lists, the finder, the way back, and keys that are never swallowed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from textual import events
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Input, Select

import tui
from core.contract.plugins import Registry
from core.model import article_first
from core.protocol.commands import Train
from core.protocol.events import Failed, PhaseChanged
from core.views import Found, SearchResults
from tests.tui.driving import run_app, screen_text, sees, train_recorded, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tests.tui.test_runs_screen import make_run
from tui.lists import Entry, ThingList, heading, marked
from tui.lists.things import shortened
from tui.shell import Thing, shown
from tui.shell.app import TastemapApp
from tui.shell.preferences import keymap_path, read_keymap, read_preferences

Piloted = Pilot[int]
ROOT = Path(tui.__file__).parent
TEXT_WIDGETS = {"Static", "Label"}
FOUND = Found(id=1, title="Matrix, The (1999)", year=1999, genres=(), ratings=9, score=95.0)


def text_widgets_without_markup_off() -> list[str]:
    """Static and Label would take brackets in anybody's text for markup unless they are told not to."""
    found = []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if called in TEXT_WIDGETS and isinstance(node, ast.Call):
                off = any(one.arg == "markup" and ast.unparse(one.value) == "False" for one in node.keywords)
                if not off:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return found


def test_no_text_widget_reads_markup_out_of_data() -> None:
    assert text_widgets_without_markup_off() == []


def test_markup_is_made_of_our_own_words_alone() -> None:
    """`Content.from_markup` takes data as named values; a computed template would read markup out of it."""
    wrong = []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Content.from_markup":
                for part in ast.walk(node.args[0]):
                    named = isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Attribute)
                    if named:
                        wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not wrong


def listed(app: TastemapApp) -> list[Thing]:
    return app.screen.query_one(ThingList).things


def test_the_finder_finds_things_of_every_kind(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        item = engine.answers["search"]["found"][1]
        engine.answers["search"] = {"found": [item]}
        await pilot.press("ctrl+p", *"eng")
        await sees(pilot, "Find anything", "Engine log", item["title"][:14])
        await pilot.press("ctrl+u", *"bias-a")
        await sees(pilot, "bias · demo")
        await pilot.press("ctrl+u", *"ml-100k")
        await until(pilot, lambda: any(one.kind == "data" for one in listed(app)), "the data set")
        await pilot.press("ctrl+u", *item["title"][:9].lower())
        await until(pilot, lambda: engine.asked[-1][2].get("text") == item["title"][:9].lower(), "the search")
        things = app.screen.query_one(ThingList)
        await until(pilot, lambda: any(one.id == item["id"] for one in things.things), "the title")
        things.put_cursor(next(one for one in things.things if one.kind == "item"))
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "lookup", "its page")
        await until(pilot, lambda: engine.asked_of("contributions", "item") == item["id"], "its prediction")
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "train", "the way back")

    run_app(scenario, engine, registry)


def test_where_a_field_takes_letters_the_bar_and_the_border_say_so(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, " 1 Train ", "? Help", "q Quit")
        app.screen.query_one("#field-epochs", Input).focus()
        await sees(pilot, "F1 Train", "F2", "Esc leaves")
        assert "F2 Lookup" not in screen_text(app), "at 60 columns only the present screen has its name"
        await pilot.press("escape")
        await sees(pilot, " 1 Train ")
        app.screen.query_one("#field-architecture", Select).focus()
        await sees(pilot, "F1 Train")
        await pilot.press("s", "q", "2")
        assert app.current_mode == "train" and not app.bench.training.active, "they were typed, not meant"
        await pilot.press("escape")
        await train_recorded(app, pilot, engine)
        for key in ("2", "3", "4", "5", "6"):
            await pilot.press(key)
            await sees(pilot, "? Help", "q Quit", " 1 Train ")
        await pilot.press("7")
        await sees(pilot, "F1", "F7 You", "1–5 rate")
        await pilot.press("f3", "f7", "4")
        await until(pilot, lambda: engine.asked_of("fold_in", "ratings") != {}, "a rating, not a letter")

    run_app(scenario, engine, registry, (60, 20))


def test_arriving_on_lookup_arrows_walk_digits_switch_and_letters_search(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        await pilot.press("2")
        await sees(pilot, "predicted")
        first = engine.asked_of("contributions", "item")
        await pilot.press("down")
        await until(pilot, lambda: engine.asked_of("contributions", "item") != first, "the next title")
        await pilot.press("enter")
        await until(pilot, lambda: getattr(app.focused, "id", "") == "list-why", "the reasons")
        await pilot.press("4")
        await sees(pilot, "Map of items")
        await pilot.press("2", "l", "o")
        await until(pilot, lambda: engine.asked_of("search", "text") == "lo", "what was typed")
        await pilot.press("escape")
        for letter in "godf":  # faster than the line gets the focus
            app.screen.query_one("#search-item ThingList").post_message(events.Key(letter, letter))
        await until(pilot, lambda: engine.asked_of("search", "text") == "godf", "all that was typed")
        await pilot.press("escape", "5")
        await until(pilot, lambda: app.current_mode == "runs", "the digit's screen")
        await pilot.press("2", "slash")
        line = app.screen.query_one("#search-item Input", Input)
        line.post_message(events.Paste("x" * 33_000))
        await until(pilot, lambda: len(line.value) == 200, "the beginning of what was pasted")

    run_app(scenario, engine, registry)


def test_ctrl_c_asks_while_something_trains_and_a_second_one_quits(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.shell.app._TWICE_SECONDS", 90.0)  # for a busy machine

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("ctrl+c")
        await sees(pilot, "stopped and saved")
        assert "[b]" not in screen_text(app)
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not app.is_running or app.return_code is not None, "the end")

    run_app(scenario, engine, registry)


def test_a_failed_start_is_not_remembered(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-data", Input).value = "/no/such/table.csv"
        await pilot.press("s")
        engine.say(PhaseChanged("reading data", "/no/such/table.csv"))
        engine.say(Failed(kind="DataError", message="No file is there.", hint="Choose another."))
        await sees(pilot, "No file is there.", "no model yet")
        assert read_preferences().data == "demo"

    run_app(scenario, engine, registry)
    assert isinstance(engine.sent[-1], Train)


def test_deleting_the_open_run_shows_the_next_and_undo_brings_it_back(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")
    make_run(private_folders, "bias-b")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await until(pilot, lambda: app.bench.subject is not None, "the newest run")
        opened = app.bench.subject
        assert opened is not None and opened.run is not None
        await pilot.press("5")
        await sees(pilot, "bias-")
        while Path(opened.run).name not in screen_text(app):
            await pilot.press("down")
        await pilot.press("d")
        await until(pilot, lambda: app.bench.subject not in (None, opened), "the other run")
        await pilot.press("u")
        await until(pilot, lambda: app.bench.subject == opened, "the run that was brought back")

    run_app(scenario, engine, registry)


def test_a_keymap_keeps_its_good_lines_and_says_what_was_meant() -> None:
    keymap_path().parent.mkdir(parents=True, exist_ok=True)
    keymap_path().write_text('"train.pause" = "space"\n"map.zoom_inn" = "z"\n"app.help" = 3\n')
    keys, problems = read_keymap(lambda: {"train.pause", "map.zoom_in", "app.help"})
    assert keys == {"train.pause": "space"}
    assert "Did you mean map.zoom_in?" in problems[0].hint
    assert "takes a key's name" in problems[1].message


def test_what_was_typed_stands_out_in_a_title() -> None:
    title = marked("The Matrix Reloaded", "matr rel")
    assert title.plain == "The Matrix Reloaded"
    assert [title.plain[span.start : span.end] for span in title.spans] == ["Matr", "Rel"]


def test_a_long_title_loses_its_middle_and_what_follows_it() -> None:
    name = "The Lord of the Rings: The Two Towers (2002)"
    line = Content.from_markup("[b]4.21[/] $name", name=name)
    entry = Entry(line, Thing("item", 1, name), more=Content("  188 ratings"))
    assert entry.fitted(80).plain.endswith("(2002)  188 ratings")
    cut = entry.fitted(30)
    assert cut.plain == "4.21 The Lord of …owers (2002)" and cut.cell_length == 30
    assert [cut.plain[span.start : span.end] for span in cut.spans] == ["4.21"]
    assert shortened(Content("映画" * 20), 30).plain == "映画" * 20, "wide letters are cut at their end"
    assert heading("x" * 50).fitted(20).plain == "x" * 50


def test_titles_are_shown_as_one_says_them() -> None:
    assert article_first("Matrix, The (1999)") == "The Matrix (1999)"
    assert article_first("Lost Children, The (Cité, La) (1995)") == "The Lost Children (Cité, La) (1995)"
    assert article_first("Crouching Tiger, Hidden Dragon (2000)") == "Crouching Tiger, Hidden Dragon (2000)"
    assert shown(SearchResults(found=(FOUND,))).found[0].title == "The Matrix (1999)"
