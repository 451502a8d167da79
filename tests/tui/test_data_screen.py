"""Choosing a table on the Train screen: typed, dropped, picked again; its columns mapped by hand."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from core.contract.plugins import Registry
from core.data import load_ratings, look
from core.files import config_folder
from core.protocol import Failed, RunStarted, Train
from tests.tui.driving import run_app, screen_text, sees, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tui.shell.app import TastemapApp
from tui.shell.preferences import read_preferences
from tui.shell.tables import KnownTables, read_tables, table_name, write_tables
from tui.train._mapping import ColumnRoles
from tui.train._paths import completions, dropped_path

Piloted = Pilot[int]
ODD = "a;b;c\n" + "".join(
    f"u{user};i{item};{(user + item) % 5 + 1}\n" for user in range(6) for item in range(4)
)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "odd table.csv"
    path.write_text(ODD)
    return path


def started() -> RunStarted:
    event = recorded_events()[0]
    assert isinstance(event, RunStarted)
    return event


def no_columns(path: Path) -> Failed:
    return Failed(kind="ColumnsError", message=f"{path}: no user column recognized", hint="--user-column")


def test_a_dropped_table_is_shown_mapped_trained_on_and_remembered(
    engine: FakeEngine, registry: Registry, odd: Path
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.post_message(events.Paste(str(odd).replace(" ", "\\ ")))
        await sees(pilot, "no user column recognized", "row 1", "u0", "i0")
        await pilot.press("enter")
        await sees(pilot, "Which column is the user and which the item?")
        await pilot.press("right", "down", "right", "right", "down", "r")
        await sees(pilot, "Rows are ratings.", "‹  user   ›", "‹ rating  ›")
        await pilot.press("enter")
        await sees(pilot, "read so from now on")
        await pilot.press("s")
        sent = engine.sent[-1]
        assert isinstance(sent, Train)
        assert sent.data == str(odd)
        assert sent.reading["user_column"] == "a"
        assert sent.reading["rating_column"] == "c"
        assert sent.reading["time_column"] == "none"
        assert not read_tables().recent, "nothing has been read yet"
        engine.say(started())
        await until(pilot, lambda: bool(read_tables().recent), "the table among the recent ones")
        assert read_preferences().data == str(odd)

    run_app(scenario, engine, registry)
    assert read_tables().reading_of(str(odd))["item_column"] == "b"


def test_a_failed_start_shows_the_table_and_is_not_remembered(
    engine: FakeEngine, registry: Registry, odd: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name in ("first.csv", "second.csv"):
            archive.writestr(name, ODD)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-data", Input).value = str(tmp_path / "two.zip")
        await pilot.press("s")
        engine.say(replace(no_columns(odd), kind="SeveralTablesError"))
        await sees(pilot, "which one?", "first.csv", "second.csv")
        await pilot.press("down", "enter")
        await sees(pilot, "no user column recognized", "row 1")
        await pilot.press("u", "down", "i", "down", "r", "enter")
        await until(
            pilot, lambda: len([one for one in engine.sent if isinstance(one, Train)]) == 2, "a start"
        )
        sent = engine.sent[-1]
        assert isinstance(sent, Train)
        assert sent.reading["member"] == "second.csv"
        engine.say(Failed(kind="DataError", message="There is nothing to learn.", hint=""))
        await sees(pilot, "Failed", "no model yet")
        assert read_preferences().data == "demo"
        assert not read_tables().recent

    run_app(scenario, engine, registry)


def test_recent_tables_come_first_and_paths_complete(
    engine: FakeEngine, registry: Registry, odd: Path, tmp_path: Path
) -> None:
    write_tables(KnownTables((str(odd), "demo")))

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, "odd table.csv")
        await pilot.press("d")
        await sees(pilot, "Trained on before.", "ml-100k")
        await pilot.press("down", "enter")
        field = app.screen.query_one("#field-data", Input)
        assert field.value == "demo"
        field.focus()
        field.value = f"{tmp_path}/od"
        field.cursor_position = len(field.value)
        await pilot.press("tab")
        assert field.value == str(odd)
        await pilot.press("tab")
        assert app.focused is not field
        field.focus()
        field.value = "ml-1"
        field.cursor_position = 4
        await pilot.press("enter")
        await sees(pilot, "no data set, file or folder")
        field.value = str(odd)
        await pilot.press("enter")
        await sees(pilot, "row 1")
        await pilot.press("h")
        await sees(pilot, "(1)", "(3)")
        await pilot.press("escape")
        assert "row 1" not in screen_text(app)

    run_app(scenario, engine, registry)


def test_what_a_terminal_pastes_for_a_file_is_its_path(odd: Path) -> None:
    for text in (str(odd), f"'{odd}'", f'"{odd}" ', str(odd).replace(" ", "\\ "), odd.as_uri(), f"{odd}\n"):
        assert dropped_path(text) == str(odd)
    for text in (
        "",
        "demo",
        "two words",
        "/nowhere/at/all.csv",
        f"{odd}\n{odd}",
        "it's",
        "/" + "x" * 5000,
        "~nobody-at-all/x",
    ):
        assert dropped_path(text) == ""


def test_paths_complete_as_in_a_shell(tmp_path: Path) -> None:
    for name in ("ratings.csv", "ratings.parquet", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    assert completions(f"{tmp_path}/ra") == [f"{tmp_path}/ratings.csv", f"{tmp_path}/ratings.parquet"]
    assert completions(f"{tmp_path}/") == [
        f"{tmp_path}/folder/",
        f"{tmp_path}/ratings.csv",
        f"{tmp_path}/ratings.parquet",
    ]
    assert completions(f"{tmp_path}/.h") == [f"{tmp_path}/.hidden"]
    assert completions("~nobody-at-all/x") == []
    assert table_name("~nobody-at-all/x") == "~nobody-at-all/x"
    assert completions("demo") == completions(f"{tmp_path}/nowhere/x") == []


def test_roles_become_the_options_that_read_the_table_so(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("".join(f"{n},u{n % 7},i{n % 5},{n % 3},x\n" for n in range(20)))
    columns = ColumnRoles(look(str(path)), {"member": "kept"})
    assert columns.problem
    for place, role in enumerate(("", "user", "item", "count", "")):
        columns.give(place, role)
    assert columns.options() == {
        "member": "kept",
        "user_column": "2",
        "item_column": "3",
        "rating_column": "4",
        "time_column": "none",
        "event_column": "none",
        "kind": "interactions",
    }
    columns.turn(4, -1)
    assert columns.roles[4] == "event"
    path.write_text("stars,user,item,item\n5,a,b,c\n4,b,c,d\n")
    twice = ColumnRoles(look(str(path)))
    twice.give(3, "item")
    assert twice.options()["item_column"] == "4"
    twice.turn(2, 2)
    assert "Two columns" in twice.problem


def test_a_damaged_memory_of_tables_is_as_none() -> None:
    for text in (
        "",
        "[1]",
        '{"recent": 3, "readings": [1]}',
        json.dumps({"recent": [1], "readings": {"a": 2}}),
    ):
        config_folder().mkdir(parents=True, exist_ok=True)
        (config_folder() / "tables.json").write_text(text)
        assert read_tables() == KnownTables()


def test_a_password_is_not_remembered() -> None:
    tables = (
        KnownTables()
        .trained_on("postgresql://me:secret@host/shop")
        .read_with("postgresql://me:secret@host/shop", {"table": "orders"})
    )
    assert "secret" not in repr(tables)
    assert tables.reading_of("postgresql://me:other@host/shop") == {"table": "orders"}


def test_a_row_may_be_a_user_and_all_their_items(tmp_path: Path) -> None:
    path = tmp_path / "baskets.csv"
    path.write_text("u1,a|b|c\nu2,a|d\nu3,b\n")
    columns = ColumnRoles(look(str(path), {"layout": "baskets"}))
    assert columns.roles == ["user", "item"]
    assert columns.summary == "Baskets: a row is a user and their items, in one cell."
    columns.give(0, "")
    assert not columns.problem
    assert columns.options() == {
        "layout": "baskets",
        "user_column": "rows",
        "item_column": "2",
        "time_column": "none",
    }
    assert len(load_ratings(path, columns.options())) == 6
