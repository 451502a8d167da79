from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from core.contract.plugins import Registry
from core.protocol.commands import ResumeRun, Train
from core.protocol.events import EpochFinished, Failed, Finished, RunStarted
from core.readable import disarmed
from core.runs.config import RunConfig
from core.views.quality.comparison import Comparison
from core.views.quality.diagnosis import Diagnosis
from core.views.quality.ranking import Ranking
from tests.tui.driving import run_app, screen_text, sees, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tests.tui.snapshots import changes_at_rest
from tui.files import TRASH, differences, free_path, read_run
from tui.shell.app import TastemapApp

Piloted = Pilot[int]


SCORING = {"training_mean": 3.5, "offset": 3.5}


def make_run(folder: Path, name: str, epochs: int = 3, finished: bool = True, **choices: Any) -> Path:
    """Write the parts of a run folder that the list reads."""
    run = folder / name
    started = recorded_events()[0]
    assert isinstance(started, RunStarted)
    split = {"hash": choices.pop("split_hash", "abc"), "seed": 42, "test_fraction": 0.2}
    settings = {**started.settings, **choices}
    RunConfig(
        name, "bias", "tastemap 0.1.0", "default", started.options, settings, started.data, split, SCORING,
        created="2026-03-09T14:05:00+00:00", versions={},
    ).write(run)  # fmt: skip
    history = [event for event in recorded_events() if isinstance(event, EpochFinished)][:epochs]
    (run / "history.jsonl").write_text("".join(f"{event.to_json()}\n" for event in history))
    if finished:
        last = recorded_events()[-1]
        assert isinstance(last, Finished)
        (run / "summary.json").write_text(json.dumps(json.loads(last.to_json())))
    return run


def test_runs_are_listed_opened_deleted_and_brought_back(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias", "demo", "Mar 09 14:05", "bias-a")
        await pilot.press("enter")
        await sees(pilot, "is open")
        assert app.bench.subject is not None
        assert app.bench.subject.run == str(private_folders / "bias-a")
        await pilot.press("d")
        await until(pilot, lambda: not (private_folders / "bias-a").exists(), "the deletion")
        await sees(pilot, "No run yet")
        await pilot.press("u")
        await until(pilot, (private_folders / "bias-a").exists, "the undo")
        await sees(pilot, "Mar 09 14:05")
        await pilot.press("d")
        await until(pilot, (private_folders / TRASH / "bias-a").exists, "the trash")

    run_app(scenario, engine, registry)
    assert list(private_folders.iterdir()) == [], "quitting empties the trash"


def test_a_run_is_exported_and_an_interrupted_one_resumed(
    engine: FakeEngine,
    registry: Registry,
    private_folders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run = make_run(private_folders, "bias-a", finished=False)
    (run / "checkpoint").mkdir()
    (run / "checkpoint" / "state").write_text("large")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "Interrupted: r goes on")
        await pilot.press("e")
        await sees(pilot, "Run exported")
        await pilot.press("r")
        await until(pilot, lambda: engine.sent[-1] == ResumeRun(str(run)), "the command")

    run_app(scenario, engine, registry)
    with zipfile.ZipFile(tmp_path / "bias-a.zip") as archive:
        assert sorted(archive.namelist()) == ["bias-a/config.json", "bias-a/history.jsonl"]


def test_two_runs_are_compared(engine: FakeEngine, registry: Registry, private_folders: Path) -> None:
    make_run(private_folders, "bias-a")
    make_run(private_folders, "bias-b", epochs=6, seed=7)
    first = {"run": "bias-b", "architecture": "bias"}
    difference = {"rmse": -0.01, "low": -0.02, "high": -0.005}
    other = {"run": "bias-a", "architecture": "bias", "verdict": "better", "difference": difference}
    engine.answers["comparison"] = {"k": 10, "runs": [first, other]}

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias-")
        await pilot.press("space", "down", "space")
        await sees(pilot, "Compare", "Seed", "bias better", "-0.0200 to -0.0050", "━━━")

    run_app(scenario, engine, registry)
    asked = Comparison(runs=(str(private_folders / "bias-a"),)).to_dict()
    assert engine.asked == [("comparison", str(private_folders / "bias-b"), asked)]


@pytest.fixture
def ranking_engine(engine: FakeEngine) -> FakeEngine:
    """An engine whose model ranks better than mere popularity does."""
    ranking = engine.answers["ranking"]
    ranking["popularity"] = {**ranking["model"], "ndcg": 0.0123}
    return engine


def test_the_quality_of_the_run_under_the_cursor_is_measured(
    ranking_engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    run, engine = str(make_run(private_folders, "bias-a")), ranking_engine
    diagnosis, ranking = engine.answers["diagnosis"], engine.answers["ranking"]["model"]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias-a")
        await pilot.press("i")
        figures = f"{diagnosis['whole']['rmse']:.4f}", f"{ranking['ndcg']:.4f}", "0.0123"
        await sees(pilot, *figures, f"{ranking['novelty']:.2f} bits")
        await sees(pilot, "It finds more of what users like", "By the user's training ratings")
        await pilot.press("end")
        await sees(pilot, "Worst predictions", diagnosis["worst"][-1]["title"], "Calibration")
        await pilot.press("escape")
        await until(pilot, lambda: "Worst predictions" not in screen_text(app), "the list again")

    run_app(scenario, engine, registry, (120, 44))
    assert engine.asked == [
        ("diagnosis", run, Diagnosis(worst=10).to_dict()),
        ("ranking", run, Ranking(k=10).to_dict()),
    ]


def test_of_a_run_that_ranks_the_ranking_alone_is_measured(
    ranking_engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    run, engine = str(make_run(private_folders, "bias-a", objective="ranking")), ranking_engine

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias-a")
        await pilot.press("i")
        await sees(pilot, "It finds more of what users like", "popularity")
        assert "Predicting" not in screen_text(app), "nothing more is to come"

    run_app(scenario, engine, registry, (120, 44))
    assert engine.asked == [("ranking", run, Ranking(k=10).to_dict())]


@pytest.mark.parametrize(("name", "size"), [("wide", (120, 36)), ("narrow", (80, 24))])
def test_the_quality_looks_as_it_did(
    ranking_engine: FakeEngine, registry: Registry, private_folders: Path, name: str, size: tuple[int, int]
) -> None:
    make_run(private_folders, "bias-a")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, "CPU (test)")
        await pilot.press("5")
        await until(pilot, lambda: bool(app.screen.query_one(DataTable).row_count), "the run")
        await pilot.press("i")
        await sees(pilot, "It finds more")
        changed = [await changes_at_rest(app, pilot, f"quality-{name}")]
        await pilot.press("end")
        await sees(pilot, "Worst predictions")
        changed.append(await changes_at_rest(app, pilot, f"quality-end-{name}"))
        if any(changed):
            pytest.fail("\n".join(filter(None, changed)), pytrace=False)

    run_app(scenario, ranking_engine, registry, size)


def test_a_run_whose_table_is_gone_says_why_it_cannot_be_measured(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")
    del engine.answers["diagnosis"]
    engine.hint = "Put [ratings.csv] back."

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias-a")
        await pilot.press("i")
        await sees(pilot, "The errors can't be measured", "Put [ratings.csv] back.", "is measured on")

    run_app(scenario, engine, registry)
    assert [view for view, _, _ in engine.asked] == ["diagnosis"], "the ranking needs the same table"


def test_while_the_quality_is_measured_keys_still_act(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")
    engine.mute = {"ranking"}

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias-a")
        await pilot.press("i")
        await sees(pilot, "Ranking all items", "Errors on the held-out ratings")
        await pilot.press("i", "4")
        await sees(pilot, "Map of items")

    run_app(scenario, engine, registry)


def test_without_a_run_or_with_a_damaged_one_nothing_is_measured(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5", "i")
        await sees(pilot, "No run yet")
        (make_run(private_folders, "bias-a") / "config.json").write_text("{")
        await pilot.press("1", "5")
        await sees(pilot, "damaged")
        await pilot.press("i")
        await sees(pilot, "can't be opened")

    run_app(scenario, engine, registry)
    assert engine.asked == []


def test_runs_on_other_splits_are_not_compared(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")
    make_run(private_folders, "bias-b", split_hash="xyz")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "bias-")
        await pilot.press("space", "down", "space")
        await sees(pilot, "Not comparable")

    run_app(scenario, engine, registry)


def test_a_damaged_run_is_listed_with_its_problem(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")
    (private_folders / "bias-a" / "config.json").write_text("{")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("5")
        await sees(pilot, "damaged")
        await pilot.press("enter")
        await sees(pilot, "can't be opened")
        assert app.bench.subject is None

    run_app(scenario, engine, registry)


def test_the_newest_run_is_looked_at_from_the_start(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    make_run(private_folders, "bias-a")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, "model bias · demo")

    run_app(scenario, engine, registry)


def test_differences_name_what_differs(private_folders: Path) -> None:
    one = read_run(make_run(private_folders, "bias-a"))
    other = read_run(make_run(private_folders, "bias-b", seed=7))
    assert differences(one, other) == [("seed", "1", "7")]


def test_exports_overwrite_nothing_and_titles_are_no_formulas(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    assert free_path(tmp_path / "a.csv").name == "a-2.csv"
    assert disarmed("=1+1") == "'=1+1"
    assert disarmed("Alien") == "Alien"


def test_a_race_trains_one_after_another_on_the_same_split(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("6", "s")
        await until(pilot, lambda: isinstance(engine.sent[-1], Train), "the first start")
        names = list(registry.architectures)
        for name in names[:-1]:
            engine.say(*recorded_events())
            following = names[names.index(name) + 1]
            expected = Train(data="demo", settings={"architecture": following})
            await until(pilot, lambda expected=expected: engine.sent[-1] == expected, following)  # type: ignore[misc]
        engine.say(Failed(kind="DivergenceError", message="Not finite any more."))
        await sees(pilot, "12/12", "Not finite any more.")
        assert not app.bench.race.active
        assert screen_text(app).count("━━━ ") >= 2

    run_app(scenario, engine, registry)


def test_a_race_is_on_what_the_form_names_and_a_stopped_one_starts_nobody_else(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-data", Input).value = "/tables/mine.csv"
        await until(pilot, lambda: app.bench.chosen == "/tables/mine.csv", "the table")
        await pilot.press("6")
        await sees(pilot, "on mine.csv, chosen under Train")
        await pilot.press("s")
        engine.say(*recorded_events()[:3])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("x")
        engine.say(recorded_events()[-1])
        await until(pilot, lambda: not app.bench.training.active, "the end")
        await pilot.pause(0.2)

    run_app(scenario, engine, registry)
    assert [command.data for command in engine.sent if isinstance(command, Train)] == ["/tables/mine.csv"]
