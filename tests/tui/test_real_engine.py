from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from core.contract.plugins import Registry
from core.engine.client import EngineClient, engine_command
from core.protocol.commands import Warm
from core.protocol.events import BatchProgress
from core.runs.store import list_runs
from core.runs.writer import read_history, read_summary, trained_by
from tests.processes import Child
from tests.support import COMMAND
from tests.tui.driving import run_app, screen_text, sees, trains, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.test_client import alive
from tui.charts import ChartView
from tui.shell.app import TastemapApp
from tui.shell.training import Stage

Piloted = Pilot[int]


@pytest.mark.slow
def test_from_the_first_key_to_a_looked_up_title_on_the_demo_set(registry: Registry) -> None:
    client = EngineClient(engine_command())
    processes: list[int] = []

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        await until(pilot, lambda: app.bench.training.finished is not None, "a trained model", 240)
        processes.append(client.process_id or 0)
        await sees(pilot, "Done", "20/20")
        await pilot.press("2", *"godfather")
        await sees(pilot, "Godfather", "predicted", "user bias")
        await pilot.press("f3")
        await sees(pilot, "source: item bias")
        await pilot.press("4")
        await sees(pilot, "Map of items", "year")
        await pilot.press("n")
        await sees(pilot, "50–100 by popularity")
        await pilot.press("s")
        await sees(pilot, "Most similar")

    run_app(scenario, client, registry)
    assert processes
    assert not alive(processes[0]), "quitting leaves no orphan"


@pytest.mark.slow
def test_steering_and_kill_in_a_long_training(registry: Registry) -> None:
    """One training for several things, since each start of TensorFlow takes seconds."""
    client = EngineClient(engine_command())

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-epochs", Input).value = "5000"
        await pilot.pause()
        await pilot.press("s")
        await until(pilot, lambda: len(app.bench.training.epochs) > 3, "epochs", 240)
        await _learning_rate_acts(app, pilot)
        await _keys_act_while_epochs_stream_in(app, pilot)
        await pilot.press("p")
        await until(pilot, lambda: app.bench.training.stage is Stage.PAUSED, "the pause")
        await pilot.press("p")
        await until(pilot, lambda: app.bench.training.stage is Stage.RUNNING, "the resumption")
        epochs = len(app.bench.training.epochs)
        os.kill(client.process_id or 0, signal.SIGKILL)
        await sees(pilot, "signal 9", "Press r")
        await until(pilot, lambda: client.running, "a new engine")
        await pilot.press("r")
        await until(pilot, lambda: trains(app), "the resumed run", 240)
        started = app.bench.training.started
        assert started is not None
        assert epochs - 5 <= started.first_epoch
        await pilot.press("x")
        await until(pilot, lambda: app.bench.training.stage is Stage.FINISHED, "the saved run")
        await sees(pilot, "Stopped")

    run_app(scenario, client, registry)


async def _learning_rate_acts(app: TastemapApp, pilot: Piloted) -> None:
    before = len(app.bench.training.changes)
    await pilot.press("minus")
    await until(pilot, lambda: len(app.bench.training.changes) > before, "the change")


async def _keys_act_while_epochs_stream_in(app: TastemapApp, pilot: Piloted) -> None:
    """How fast they act is told by tests/benchmarks/screen_latency.py."""
    epochs = len(app.bench.training.epochs)
    for _ in range(5):
        chart = app.screen.query_one(ChartView)
        before = chart.border_subtitle
        assert app._driver is not None
        app._driver.send_message(Key("g", "g"))
        await until(pilot, lambda: chart.border_subtitle != before, "the other axis", pause=0.002)  # noqa: B023
    await until(pilot, lambda: len(app.bench.training.epochs) > epochs, "epochs that go on")
    assert app.bench.training.stage is Stage.RUNNING


@pytest.mark.slow
def test_a_training_begun_by_the_command_line_is_watched_and_steered(
    registry: Registry, private_folders: Path
) -> None:
    """Two processes that share nothing but the run's folder."""
    engine = FakeEngine()
    training = Child(COMMAND, "train", "--data", "demo", "--arch", "dot", "--epochs", "50000")

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await until(
            pilot,
            lambda: any(map(trained_by, list_runs())) or training.returncode is not None,
            "the run",
            240,
        )
        await pilot.press("5")
        await sees(pilot, "running", "It is being trained")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.bench.training.epochs) > 3, "epochs", 240)
        await sees(pilot, "memory", "MiB", "ratings/s")
        await _learning_rate_acts(app, pilot)
        await pilot.press("p")
        await until(pilot, lambda: app.bench.training.stage is Stage.PAUSED, "the pause")
        await pilot.press("p")
        await until(pilot, lambda: app.bench.training.stage is Stage.RUNNING, "the resumption")
        await pilot.press("x")
        await sees(pilot, "Stopped")
        [run] = list_runs()
        assert app.bench.subject is not None and app.bench.subject.run == str(run), "it can be looked at"

    run_app(scenario, engine, registry)
    assert training.wait() == 0
    [run] = list_runs()
    summary, epochs = read_summary(run), read_history(run)
    assert summary is not None and summary["reason"] == "stopped"
    assert epochs[-1]["learning_rate"] < epochs[0]["learning_rate"] * 0.9
    assert not engine.sent or all(isinstance(command, Warm) for command in engine.sent)


def test_progress_floods_are_drawn_a_few_times_a_second(registry: Registry) -> None:
    from tests.tui.fake_engine import FakeEngine, recorded_events

    engine, drawn = FakeEngine(), [0]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(recorded_events()[0])
        await until(pilot, lambda: trains(app), "the start")
        draw = app.screen.redraw  # type: ignore[attr-defined]

        def counted() -> None:
            drawn[0] += 1
            draw()

        app.screen.redraw = counted  # type: ignore[attr-defined]
        for batch in range(2000):
            engine.say(
                BatchProgress(
                    epoch=1,
                    batch=batch,
                    batches=2000,
                    train_rmse=0.6,
                    learning_rate=0.05,
                    ratings_per_second=1e6,
                    eta_seconds=1.0,
                )
            )
        await until(pilot, lambda: app.bench.training.progress is not None, "progress")
        progress = app.bench.training
        await until(
            pilot, lambda: progress.progress is not None and progress.progress.batch == 1999, "the last"
        )
        await until(pilot, lambda: drawn[0] > 0, "a redrawing")
        assert drawn[0] < 200, "one redrawing shows many messages"
        assert "%" in screen_text(app)

    run_app(scenario, engine, registry)


@pytest.mark.real_data
@pytest.mark.slow
def test_the_notebooks_edition_within_three_keys(movielens_2016: Path, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-data", Input).value = str(movielens_2016)
        await pilot.pause()
        await pilot.press("s")
        await until(pilot, lambda: app.bench.training.finished is not None, "a trained model", 240)
        finished = app.bench.training.finished
        assert finished is not None
        assert (finished.val_rmse or 9) < 0.88
        await pilot.press("3")
        await sees(pilot, "Shawshank", "Godfather")
        await pilot.press("1", "2", *"shawsh")
        await sees(pilot, "The Shawshank Redemption (1994)  for user")
        await pilot.press("f4", "n")
        await sees(pilot, "50–100 by popularity")

    run_app(scenario, EngineClient(engine_command()), registry)
