"""The table of runs: columns by need, names and notes, sorting, filtering."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import DataTable

from core.contract.plugins import Registry
from core.runs.labels import RunLabels, read_labels, write_labels
from tests.tui.driving import run_app, screen_text, sees, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.test_runs_screen import make_run
from tui.files import SavedRun
from tui.runs._table import fitting, headings, run_cells
from tui.runs._texts import short_name
from tui.runs._tree import as_tree
from tui.shell.app import TastemapApp

Piloted = Pilot[int]


def saved(name: str, data: str, figure: float, label: str = "") -> SavedRun:
    return SavedRun(
        Path(f"/runs/{name}"), "bias", data, "2026-03-09T14:05:00+00:00", "abc", "finished", figure,
        labels=RunLabels(label), choices={"factors": 50, "learning_rate": 0.06},
    )  # fmt: skip


def test_columns_share_the_width_by_need() -> None:
    runs = [saved("a", "ml-latest-small-2016", 0.8), saved("b", "ml-latest-small-2018", 0.9)]
    for width in (40, 60, 76, 120, 200):
        columns = fitting(runs, width)
        line = [cell.plain for cell in run_cells(runs[0], False, columns)]
        assert sum(width + 2 for _, width in columns) <= width
        assert "0.8000" in line
        if width >= 60:
            assert "ml-latest-small-2016" in line, "what tells runs apart is whole"
        if width >= 76:
            assert "Mar 09 14:05" in line
    names = [one.name for one, _ in fitting(runs, 200)]
    assert {"factors", "rate", "epochs"} <= set(names)
    assert "name" not in names, "a column that would be empty isn't there"
    chosen = [one.name for one, _ in fitting(runs, 200, ["seed", "val", "tags"])]
    assert chosen == ["val", "tags", "seed"], "what was chosen is there, in the table's order, empty or not"
    assert "val↓" in [text.plain for text in headings(fitting(runs, 200), "val", True)]


def headings_of(app: TastemapApp) -> list[str]:
    columns = app.screen.query_one(DataTable).columns.values()
    return [column.label.plain.strip("↑↓") for column in columns]


def test_an_update_stands_below_its_parent() -> None:
    days = {"old": "", "young": "old", "other": "", "grand": "young", "second": "old", "lost": "deleted"}
    dated = [
        replace(saved(name, "d", 1), parent=parent, created=f"2026-03-{day:02}")
        for day, (name, parent) in enumerate(days.items(), 1)
    ]
    newest = dated[::-1]
    assert [run.branch + run.name for run in as_tree(newest, downward=True)] == [
        "lost",
        "old",
        "├ young",
        "│ └ grand",
        "└ second",
        "other",
    ]
    assert [run.branch + run.name for run in as_tree(dated, downward=False)][:2] == ["old", "├ young"]
    cells = run_cells(as_tree(newest, downward=True)[2], False, fitting(newest, 76))
    assert any("├ bias" in cell.plain for cell in cells)
    circle = [
        replace(saved(one, "d", 1), parent=other) for one, other in (("a", "b"), ("b", "a"), ("c", "c"))
    ]
    assert sorted(run.name for run in as_tree(circle, downward=True)) == ["a", "b", "c"]


def test_curves_are_named_by_what_runs_are_called() -> None:
    one, other, named = saved("x-1111", "d", 1), saved("x-2222", "d", 1), saved("x-3333", "d", 1, "night")
    assert [short_name(run, [one, other, named]) for run in (one, other, named)] == [
        "bias 1111",
        "bias 2222",
        "night",
    ]


def test_runs_are_named_tagged_sorted_and_filtered(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a", epochs=3)
    make_run(private_folders, "bias-b", epochs=6)
    write_labels(private_folders / "bias-b", RunLabels("[b]best\x1b[2J", "", ("night",)))

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "[b]best", "night")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.row_count == 2, "both runs")
        await pilot.press("slash", *"night", "enter")
        await until(pilot, lambda: table.row_count == 1, "the run with the tag")
        await sees(pilot, "1 of 2")
        await pilot.press("slash", "escape")
        await until(pilot, lambda: table.row_count == 2, "both again")
        await pilot.press("home", "n", *"first try", "enter")
        await sees(pilot, "first try")
        await pilot.press("N", *"a note", "enter")
        await sees(pilot, "a note")
        await pilot.press("t", *"one two", "enter")
        await sees(pilot, "#one #two")
        await pilot.press("s")
        await until(pilot, lambda: "↑" in screen_text(app) or "↓" in screen_text(app), "a sorted column")
        await pilot.press("c")
        await sees(pilot, "Which columns?", "▐X▌ arch", "▐ ▌ seed")
        await pilot.press("down", "space", *["down"] * 8, "space", "enter")
        await until(pilot, lambda: "arch" not in headings_of(app), "the table without that column")
        assert "l2" in headings_of(app) and app.preferences.columns.startswith("name data val")
        await pilot.press("c", "home", *["space", "down"] * 9, "space", "enter")
        await until(pilot, lambda: "arch" in headings_of(app), "the columns there is room for")

    run_app(scenario, engine, registry, (160, 40))
    labels = [read_labels(private_folders / name) for name in ("bias-a", "bias-b")]
    assert RunLabels("first try", "a note", ("one", "two")) in labels
