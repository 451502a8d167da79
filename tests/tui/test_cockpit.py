"""Train as a cockpit, a race with a podium, runs of other processes watched, finished ones told again."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from core.contract.plugins import Registry
from core.protocol.commands import Command, Stop, Train
from core.protocol.events import BatchProgress, EpochFinished, Event, Finished, Paused, Resumed
from core.runs.attending import attended
from core.runs.writer import locked
from tests.tui.driving import run_app, screen_text, sees, train_recorded, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tests.tui.test_runs_screen import make_run
from tui.charts import sparkline
from tui.launch import _mode_of
from tui.shell._terminal import LONG_SECONDS, end_of, title_of
from tui.shell.app import TastemapApp
from tui.shell.modes import SCREENS, screen_class
from tui.shell.training import Stage, TrainingState
from tui.shell.watching import Replayed, Watched, replay
from tui.train._live_panel import verdict_line

Piloted = Pilot[int]
PROGRESS = BatchProgress(
    epoch=4, batch=10, batches=20, train_rmse=0.9, learning_rate=0.1, ratings_per_second=2e6, eta_seconds=130
)


def epochs(*figures: float) -> list[EpochFinished]:
    first = next(event for event in recorded_events() if isinstance(event, EpochFinished))
    return [replace(first, epoch=number, val_rmse=figure) for number, figure in enumerate(figures, 1)]


def test_the_verdict_says_when_it_learns_by_heart_and_when_nothing_moves() -> None:
    rising = TrainingState(Stage.RUNNING, epochs=epochs(1.2, 1.1, 1.0, 1.05, 1.1, 1.15, 1.2, 1.3))
    assert verdict_line(rising).startswith("val rises since epoch 3: it learns by heart. x stops")
    flat = TrainingState(Stage.RUNNING, epochs=epochs(1.2, 1.0, *[1.0005] * 8))
    assert verdict_line(flat).startswith("val is flat since epoch 2")
    falling = TrainingState(Stage.RUNNING, epochs=epochs(1.2, 1.1, 1.0, 0.9, 0.8, 0.7, 0.6))
    assert verdict_line(falling) == ""
    assert "would have kept" in verdict_line(replace(rising, stage=Stage.FINISHED))


def test_the_terminals_title_tells_how_far_it_is() -> None:
    state = TrainingState(Stage.RUNNING)
    for event in (*recorded_events()[:4], PROGRESS):
        state.apply(event)
    assert title_of(state) == f"29% · val {state.epochs[-1].val_rmse:.4f} · 2:10 left · Tastemap"
    state.apply(Paused(4, 10))
    assert "paused" in title_of(state) and "left" not in title_of(state)
    state.apply(recorded_events()[-1])
    assert title_of(state).startswith("done")
    assert "is trained" in end_of(state)
    assert title_of(TrainingState()) == ""
    assert sparkline([1, 4, 8]) == "▁▄█" and sparkline([1, 2], ascii_only=True) == ""


def test_a_long_training_ends_with_a_bell_and_a_note(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    bells: list[bool] = []

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        monkeypatch.setattr(app._terminal, "_write", said.append)
        monkeypatch.setattr(app, "bell", lambda: bells.append(True))
        await pilot.press("s")
        long = [
            replace(event, seconds=LONG_SECONDS) if isinstance(event, EpochFinished) else event
            for event in recorded_events()
        ]
        held = {"memory": 512 << 20, "gpu_memory": 3 << 30, "gpu_busy": 0.87}
        engine.say(*long[:4], PROGRESS, replace(PROGRESS, batch=11, **held))
        await until(pilot, lambda: any("29%" in words for words in said), "the title")
        await sees(pilot, "2M ratings/s", "memory 512 MiB █", "GPU 87% █", "GPU memory 3.0 GiB █")
        engine.say(Paused(4, 10))
        await sees(pilot, "Paused", "p Go on", "p goes on")
        assert "ratings/s" not in screen_text(app).split("Loss")[0], "nothing is fast in a pause"
        engine.say(Resumed(4, 10))
        await sees(pilot, "p Pause")
        assert bells == []
        assert isinstance(long[-1], Finished)
        engine.say(*long[4:-1], replace(long[-1], moment_rmse=0.5))
        await sees(pilot, "Done", "knowing when each was rated: RMSE 0.5000")
        await until(pilot, lambda: bool(bells), "the bell")

    run_app(scenario, engine, registry, (160, 40))
    assert any(words.startswith("\x1b]9;Tastemap: bias is trained") for words in said)
    assert said[-1] == "\x1b[23;2t", "the terminal has its own title again"


def test_epochs_are_read_and_the_last_run_stays_as_a_shadow(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        last = [event for event in recorded_events() if isinstance(event, EpochFinished)]
        await pilot.press("left", "left")
        await sees(pilot, "epoch 11:", f"{last[-2].val_rmse:.4f}")
        await pilot.press("escape")
        await sees(pilot, "kept")
        await pilot.press("v")
        await until(pilot, lambda: "━━━ train" not in screen_text(app), "val alone")
        await pilot.press("v", "z", "g")
        await sees(pilot, "━━━ train", "log axis · smoothed")
        await pilot.press("s")
        engine.say(*recorded_events()[:5])
        await sees(pilot, "last run's val")

    run_app(scenario, engine, registry)


def test_a_race_ends_with_a_podium(engine: FakeEngine, registry: Registry) -> None:
    difference = {"rmse": 0.02, "low": 0.01, "high": 0.03}
    engine.answers["comparison"] = {
        "k": 10,
        "runs": [
            {"run": "run-dot", "architecture": "dot"},
            {
                "run": "run-nn",
                "architecture": "nn",
                "verdict": "worse",
                "difference": difference,
                "ranking_difference": {"ndcg": -0.5, "low": -0.6, "high": -0.4},
            },
            {"run": "run-bias", "architecture": "bias", "not_comparable": "its table is gone"},
        ],
    }

    def told(name: str, figure: float) -> list[Event]:
        events = list[Event]()
        for event in recorded_events():
            if isinstance(event, Finished):
                event = replace(event, run=f"run-{name}", path=f"/runs/run-{name}", val_rmse=figure)
            events.append(event)
        return events

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("6", "s")
        for name, figure in (("bias", 0.9), ("dot", 0.8), ("nn", 0.82)):
            await until(
                pilot,
                lambda name=name: engine.sent[-1] == Train(data="demo", settings={"architecture": name}),
                name,
            )
            engine.say(*told(name, figure))
        await sees(
            pilot,
            "dot wins",
            "0.8000",
            "+0.0200",
            "95 % +0.0100 to +0.0300, clearly behind",
            "its table is gone",
        )
        await sees(pilot, "random rows are")
        assert app.bench.subject is not None and app.bench.subject.run == "/runs/run-dot"
        assert "0.5000" not in screen_text(app), "the verdict is by RMSE, and so is the distance"
        await sees(pilot, "model dot")
        await pilot.resize_terminal(60, 20)
        await sees(pilot, "dot wins", "0.8000")
        await pilot.press("o")
        await until(pilot, lambda: app.current_mode == "lookup", "the winner's page")

    run_app(scenario, engine, registry, (120, 40))


def test_the_last_run_is_told_instead_of_the_welcome_and_played_again(
    engine: FakeEngine, registry: Registry, private_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(private_folders, "bias-a", epochs=12)
    state = replay(run)
    assert state.replayed and state.finished is not None and len(state.epochs) == 12
    again = Replayed(run)
    assert [event for event in iter_news(again) if isinstance(event, Finished)]

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, "Last run: bias", "12/12", "Setup")
        await pilot.press("5")
        await sees(pilot, "bias-a")
        going, tell = threading.Event(), Replayed.news

        def when_it_may(told: Replayed) -> list[Event]:
            """The start at once, the rest when the test has seen it."""
            begun = app.bench.training.started is not None
            return tell(told) if going.is_set() or not begun else []

        monkeypatch.setattr(Replayed, "news", when_it_may)
        await pilot.press("p")
        watched = await wait_for_replay(app, pilot)
        await sees(pilot, "played again; x ends it", "x Stop")
        assert "Rate up" not in screen_text(app) and "left" not in screen_text(app).splitlines()[1]
        going.set()
        await until(pilot, lambda: watched.over, "the end of the replay")
        await sees(pilot, "Done", "12/12")
        assert app.bench.subject is not None and app.bench.subject.run == "/runs/bias-recorded"

    run_app(scenario, engine, registry)


async def wait_for_replay(app: TastemapApp, pilot: Piloted) -> Replayed:
    await until(pilot, lambda: isinstance(app.bench.watched, Replayed), "the replay")
    assert isinstance(app.bench.watched, Replayed)
    return app.bench.watched


def iter_news(told: Replayed) -> list[Event]:
    events = list[Event]()
    while not told.over:
        events += told.news()
    return events


def test_a_training_of_another_process_is_watched_and_steered(
    engine: FakeEngine, registry: Registry, private_folders: Path
) -> None:
    run = make_run(private_folders, "bias-a", epochs=1, finished=False)
    stopped = threading.Event()

    def obey(command: Command) -> None:
        if command == Stop():
            stopped.set()

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        with locked(run), attended(run, lambda _: None, obey) as emit:
            for event in recorded_events()[:4]:
                emit(event)
            await pilot.press("5")
            await sees(pilot, "running", "It is being trained")
            await pilot.press("d")
            assert run.exists(), "a run in training isn't deleted"
            await pilot.press("enter")
            await until(pilot, lambda: trains(app) and len(app.bench.training.epochs) == 3, "three epochs")
            await sees(pilot, "3/12")
            for event in recorded_events()[4:6]:
                emit(event)
            await sees(pilot, "5/12")
            await pilot.press("x")
            await until(pilot, stopped.is_set, "the stop")
            emit(recorded_events()[-1])
            await sees(pilot, "Done")

    run_app(scenario, engine, registry)
    assert not any(isinstance(command, Stop) for command in engine.sent), "our own engine trains nothing"


def test_a_watched_training_without_an_end_says_so(private_folders: Path) -> None:
    watched = Watched(make_run(private_folders, "bias-a", finished=False))
    [ended] = watched.news()
    assert watched.over and "has ended" in str(ended)
    watched = Watched(make_run(private_folders, "bias-b"))
    assert isinstance(watched.news()[-1], Finished)


def test_a_screen_is_named_by_its_title_its_key_or_its_name() -> None:
    assert _mode_of("map") == "map" and _mode_of("4") == "map"
    assert _mode_of("you") == _mode_of("fold_in") == "fold_in"
    assert _mode_of("") == "train"
    with pytest.raises(Exception, match="no screen 'chart'"):
        _mode_of("chart")


def test_letters_mean_one_thing() -> None:
    """Where a letter has two meanings they stand in tui/TRIED.md, in its last column; no others come by."""
    meant = defaultdict[str, set[str]](set)
    for mode in SCREENS:
        for binding in screen_class(mode).BINDINGS:
            if isinstance(binding, Binding):
                for key in binding.key.split(","):
                    if len(key) == 1 and key.isalpha():
                        meant[key].add(binding.action.partition("(")[0])
    allowed = {
        *("s", "p", "v", "n", "t", "d", "u", "r", "c", "m", "i", "w", "h", "l", "b", "a", "o", "e"),
    }
    several = {key for key, actions in meant.items() if len(actions) > 1}
    assert several <= allowed, sorted(several - allowed)
    assert meant["x"] == {"stop"} and meant["g"] == {"toggle_log"} and meant["y"] == {"copy"}
