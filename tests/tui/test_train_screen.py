from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from core.contract.plugins import Registry, load_plugins
from core.errors import DataError
from core.protocol.commands import Pause, ResumeRun, SetLearningRate, Stop, Train, Warm
from core.protocol.events import EpochFinished, Failed, LearningRateChanged, Paused, Refused, RunStarted
from tests.tui.driving import run_app, screen_text, sees, train_recorded, trains, until
from tests.tui.fake_engine import FakeEngine, recorded_events
from tui.shell.app import TastemapApp
from tui.shell.preferences import read_preferences
from tui.train._epoch_table import EpochTable
from tui.train._fields import FieldRow

Piloted = Pilot[int]


def test_a_first_user_trains_with_one_key(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await sees(pilot, "trains a model on demo")
        await train_recorded(app, pilot, engine)
        await sees(pilot, "val RMSE", "12/12", "kept")

    run_app(scenario, engine, registry)
    assert engine.sent[:2] == [
        Warm(),
        Train(data="demo", settings={"architecture": "bias", "recipe": "default", "options": {}}),
    ]
    assert not read_preferences().welcome


def test_the_form_has_a_field_for_every_option_and_sends_what_was_changed(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-architecture", Select).value = "nn"
        await until(pilot, lambda: bool(app.screen.query("#row-hidden_units")), "nn's own option")
        names = {row.field.name for row in app.screen.query(FieldRow)}
        options = registry.architecture("nn").Options.fields()
        assert {option.name for option in options} <= names
        app.screen.query_one("#field-hidden_units", Input).value = "99"
        app.screen.query_one("#field-epochs", Input).value = "3"
        await pilot.pause()
        await pilot.press("s")

    run_app(scenario, engine, registry)
    expected = {"architecture": "nn", "recipe": "default", "epochs": 3, "options": {"hidden_units": 99}}
    assert engine.sent[-1] == Train(data="demo", settings=expected)


def test_a_recipe_fills_the_form(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-recipe", Select).value = "notebook"
        field = app.screen.query_one("#field-epochs", Input)
        await until(pilot, lambda: field.value == "22", "the recipe's 22 epochs")
        await pilot.press("s")

    run_app(scenario, engine, registry)
    assert engine.sent[-1] == Train(
        data="demo", settings={"architecture": "bias", "recipe": "notebook", "options": {}}
    )


def test_a_wrong_value_is_explained_and_not_sent(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("#field-epochs", Input).focus()
        app.screen.query_one("#field-epochs", Input).value = "many"
        await sees(pilot, "whole number")
        await pilot.press("escape", "s")
        await sees(pilot, "takes a whole number")

    run_app(scenario, engine, registry)
    assert engine.sent == [Warm()]


def test_the_remaining_settings_unfold_and_count(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        app.screen.query_one("CollapsibleTitle").focus()
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query("#field-batch_size")), "the batch size")
        app.screen.query_one("#field-batch_size", Input).value = "512"
        app.set_focus(None)
        await pilot.press("s")

    run_app(scenario, engine, registry)
    assert isinstance(engine.sent[-1], Train)
    assert engine.sent[-1].settings["batch_size"] == 512


def test_keys_steer_a_training(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:4])
        await until(pilot, lambda: len(app.bench.training.epochs) == 3, "three epochs")
        rate = app.bench.training.learning_rate or 0
        await pilot.press("plus", "plus")
        assert engine.sent[-1] == SetLearningRate(rate * 1.5 * 1.5)
        engine.say(LearningRateChanged(epoch=4, batch=1, learning_rate=rate * 2.25))
        await sees(pilot, "learning rate changed")
        await pilot.press("minus")
        assert engine.sent[-1] == SetLearningRate(rate * 2.25 / 1.5)
        await pilot.press("p")
        assert engine.sent[-1] == Pause()
        engine.say(Paused(4, 1))
        await sees(pilot, "Paused")
        await pilot.press("x")
        assert engine.sent[-1] == Stop()

    run_app(scenario, engine, registry)


def test_a_learning_rate_can_be_typed_and_nonsense_is_refused(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:3])
        await until(pilot, lambda: len(app.bench.training.epochs) == 2, "two epochs")
        await pilot.press("l", *"-3", "enter")
        await sees(pilot, "number above 0")
        await pilot.press("backspace", "backspace", *"0.01", "enter")
        await until(pilot, lambda: engine.sent[-1] == SetLearningRate(0.01), "the learning rate")

    run_app(scenario, engine, registry)


def test_steering_keys_do_nothing_when_nothing_trains(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("plus", "minus", "p", "x", "l", "g", "r")
        assert "Learning rate from now on" not in screen_text(app)

    run_app(scenario, engine, registry)
    assert engine.sent == [Warm()]


def test_a_second_training_is_refused_while_one_runs(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:2])
        await until(pilot, lambda: trains(app), "the start")
        await pilot.press("s")
        assert not app.train(Train(data="demo"))
        await sees(pilot, "running already")

    run_app(scenario, engine, registry)
    assert sum(isinstance(command, Train) for command in engine.sent) == 1


def test_a_failed_training_says_why_and_what_to_do(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(
            Failed(
                kind="DataError", message="There are no ratings in it: [/b] [a", hint="Choose another file."
            )
        )
        await sees(pilot, "Failed", "There are no ratings in it: [/b] [a", "Choose another file.")

    run_app(scenario, engine, registry)


def test_a_dead_engine_is_told_restarted_and_the_run_resumed(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("s")
        engine.say(*recorded_events()[:4])
        await until(pilot, lambda: len(app.bench.training.epochs) == 3, "three epochs")
        engine.die("it was killed (signal 9), perhaps because memory ran out.")
        await sees(pilot, "signal 9", "Press r")
        assert app.bench.subject is not None
        assert app.bench.subject.run == "bias-recorded"  # whose epochs are saved
        assert "interrupted" in app.bench.subject.label
        await until(pilot, lambda: engine.starts == 2 and engine.running, "a new engine")
        await pilot.press("r")
        assert engine.sent[-1] == ResumeRun("bias-recorded")
        engine.say(replace(started(), first_epoch=3), *recorded_events()[3:])
        await until(pilot, lambda: app.bench.training.finished is not None, "the end")
        assert [epoch.epoch for epoch in app.bench.training.epochs] == list(range(1, 13))

    run_app(scenario, engine, registry)


def test_a_training_that_fails_before_an_epoch_leaves_what_was_looked_at(
    engine: FakeEngine, registry: Registry
) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await train_recorded(app, pilot, engine)
        before = app.bench.subject
        await pilot.press("s")
        engine.say(started())
        await until(pilot, lambda: app.bench.subject != before, "the model in training")
        engine.say(Failed(kind="RunError", message="The disk is full.", hint="Make room."))
        await until(pilot, lambda: app.bench.subject == before, "the model from before")

    run_app(scenario, engine, registry)


def test_the_table_of_epochs_follows_until_somebody_scrolls(engine: FakeEngine, registry: Registry) -> None:
    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        table = app.screen.query_one(EpochTable)
        await pilot.press("s")
        start, first = recorded_events()[:2]
        assert isinstance(first, EpochFinished)
        engine.say(start)
        for number in range(1, 61):
            engine.say(replace(first, epoch=number, epochs=60))
        await until(pilot, lambda: len(app.bench.training.epochs) == 60, "sixty epochs")
        await until(pilot, lambda: table.scroll_offset.y == table.max_scroll_y > 0, "the newest in view")
        table.scroll_to(y=3, animate=False)
        await pilot.pause()
        engine.say(replace(first, epoch=60, epochs=60))
        await until(pilot, lambda: len(app.bench.training.epochs) == 61, "one more")
        await pilot.pause(0.3)
        assert table.scroll_offset.y == 3
        table.scroll_end(animate=False)
        await pilot.pause()
        engine.say(replace(first, epoch=60, epochs=60))
        await until(pilot, lambda: len(app.bench.training.epochs) == 62, "one more")
        await until(pilot, lambda: table.scroll_offset.y == table.max_scroll_y, "the newest in view again")

    run_app(scenario, engine, registry)


def started() -> RunStarted:
    event = recorded_events()[0]
    assert isinstance(event, RunStarted)
    return event


def test_an_engine_that_keeps_dying_is_left_alone(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.shell._engine_app.WITHIN_SECONDS", 1e9)  # for a busy machine

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        for starts in (1, 2, 3, 4):
            await until(pilot, lambda starts=starts: engine.starts == starts, f"start {starts}")  # type: ignore[misc]
            engine.die("it ended with exit code 1.")
        await pilot.pause(1.0)
        assert engine.starts == 4

    run_app(scenario, engine, registry)


def test_data_sets_are_one_key_away_and_fetched_once_accepted(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = threading.Event()

    def fetch(name: str, registry: Registry, progress: Callable[[int, int | None], None]) -> str:
        progress(3_000_000, 6_000_000)
        seen.wait(30)
        return name

    monkeypatch.setattr("tui.train._datasets.fetch_dataset", fetch)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("d")
        await sees(pilot, "Which ratings?", "ml-100k", "To be fetched")
        await pilot.press("down", "enter")
        await sees(pilot, "under these terms", "Accept and fetch")
        await pilot.press("y")
        await sees(pilot, "50% of 6.0 MB")
        seen.set()
        field = app.screen.query_one("#field-data", Input)
        await until(pilot, lambda: field.value == "ml-100k", "the choice")
        await sees(pilot, "ml-100k is here.")

    run_app(scenario, engine, registry)


def test_offline_says_so_and_leaves_the_form_alone(
    engine: FakeEngine, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object) -> str:
        raise DataError("ml-100k can't be fetched: the network is unreachable.", hint="Download it by hand.")

    monkeypatch.setattr("tui.train._datasets.fetch_dataset", fetch)

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        await pilot.press("d", "down", "enter", "y")
        await sees(pilot, "the network is", "by hand")
        assert app.screen.query_one("#field-data", Input).value == "demo"

    run_app(scenario, engine, registry)


def test_the_engines_words_are_in_the_log(engine: FakeEngine, registry: Registry) -> None:
    from core.engine.client import LogLine

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        engine.say(LogLine("a library says hello"))
        await until(pilot, lambda: bool(app.bench.log), "the line")
        await pilot.press("L")
        await sees(pilot, "a library says hello")
        engine.say(LogLine("and goodbye"))
        await sees(pilot, "and goodbye")
        await pilot.press("escape")
        await sees(pilot, "Setup")

    run_app(scenario, engine, registry)


def test_what_an_architecture_does_not_use_is_not_offered(engine: FakeEngine, registry: Registry) -> None:
    sampler = load_plugins().architectures["bayes"]
    registry.architectures = {**registry.architectures, "bayes": sampler}

    async def scenario(app: TastemapApp, pilot: Piloted) -> None:
        row = app.screen.query_one("#row-learning_rate", FieldRow)
        app.screen.query_one("#field-learning_rate", Input).value = "0.5"
        app.screen.query_one("#field-architecture", Select).value = "bayes"
        await until(pilot, lambda: not row.display, "the learning rate goes out of sight")
        assert app.screen.query_one("#row-epochs", FieldRow).display
        app.set_focus(None)
        await pilot.press("s")
        started, *epochs = recorded_events()[:4]
        assert isinstance(started, RunStarted)
        engine.say(replace(started, unused=["learning_rate"]))
        engine.say(*(replace(epoch, learning_rate=None) for epoch in epochs))  # type: ignore[type-var]
        await until(pilot, lambda: len(app.bench.training.epochs) == 3, "three epochs")
        await until(pilot, lambda: "Rate up" not in screen_text(app), "the line of keys drawn again")
        shown = screen_text(app)
        assert "Rate up" not in shown and " rate " not in shown
        await pilot.press("plus")
        engine.say(Refused(command="set_learning_rate", message="There is no rate here."))
        await sees(pilot, "There is no rate here.")

    run_app(scenario, engine, registry)
    assert isinstance(engine.sent[-1], Train)
    assert "learning_rate" not in engine.sent[-1].settings
