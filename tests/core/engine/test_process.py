"""The engine as a real child process: JSON lines in and out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any

import pytest

from core.protocol.commands import Command, Pause, Query, Quit, Resume, SetLearningRate, Stop, Train
from core.protocol.events import (
    Answer,
    BatchProgress,
    EngineReady,
    EpochFinished,
    Event,
    Failed,
    Finished,
    LearningRateChanged,
    Paused,
    Resumed,
    RunStarted,
    parse_event,
)
from core.protocol.wire import from_plain
from core.views.prediction import Predict
from core.views.view import A, View
from tests import processes
from tests.support import make_ratings, write_csv

ENGINE = "import runpy; runpy.run_module('core.engine', run_name='__main__')"


class Child:
    """A running engine; `until` reads events up to the first of a kind."""

    def __init__(self, *words: str) -> None:
        self.process = processes.Child(ENGINE, *words)

    def send(self, command: Command) -> None:
        self.send_line(command.to_json())

    def send_line(self, line: str) -> None:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def next(self) -> Event:
        line = self.process.stdout.readline()
        assert line, "the engine closed its output"
        return parse_event(line)

    def until(self, kind: type[Any] | UnionType, fits: Callable[[Any], bool] = lambda event: True) -> Any:
        while True:
            event = self.next()
            if isinstance(event, kind) and fits(event):
                return event
            assert not isinstance(event, Failed | Finished), event  # what is waited for will never come


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.fixture
def table(tmp_path: Path) -> str:
    return str(write_csv(tmp_path / "ratings.csv", make_ratings()))


def long_training(table: str) -> Train:
    return Train(data=table, settings={"architecture": "bias", "epochs": 100_000, "options": {"factors": 4}})


def test_it_says_that_it_is_ready_before_tensorflow_is_loaded() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "core.engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = parse_event(process.stdout.readline())
        assert isinstance(ready, EngineReady)
        assert ready.process == process.pid
        assert ready.device is None
        process.communicate(Quit().to_json() + "\n", timeout=120)
    assert process.returncode == 0


@pytest.mark.slow
def test_a_whole_conversation(child: Child, table: str) -> None:
    child.send(long_training(table))
    started = child.until(RunStarted)
    assert (started.architecture, started.options["factors"]) == ("bias", 4)
    assert started.data["users"] == 60
    child.until(EpochFinished)

    child.send(SetLearningRate(0.01))
    changed = child.until(LearningRateChanged)
    assert changed.learning_rate == 0.01
    after = child.until(EpochFinished)
    assert after.learning_rate == pytest.approx(0.01, rel=1e-3)

    live = ask(child, Predict(user="u1", item=100))
    assert 0.5 <= live.rating <= 5

    child.send(Pause())
    child.until(Paused)
    assert "there is no user 'nobody'" in ask(child, Predict(user="nobody", item=100)).fallback
    child.send(Resume())
    child.until(Resumed)

    child.send(Query(request="c", view="no such view"))
    failed = next_of(child, Failed)
    assert (failed.request, failed.kind) == ("c", "UsageError")
    child.send(long_training(table))
    assert "running already" in next_of(child, Failed).message

    child.send(Stop())
    finished = child.until(Finished)
    assert finished.reason == "stopped"
    assert ask(child, Predict(user="u1", item=100), finished.run).title == "100"
    child.send(Query(request="e", view="prediction", run=None, arguments={"user": "u1", "item": 100}))
    assert "Nothing is training" in next_of(child, Failed).message


def ask(child: Child, view: View[A], run: str | None = None) -> A:
    """Ask a view; its answer as Python knows it."""
    child.send(Query(request="asked", view=view.tag, run=run, arguments=view.to_dict()))
    answer = child.until(Answer)
    assert (answer.request, answer.view) == ("asked", view.tag)
    return from_plain(answer.result, view.answer_type())


def next_of(child: Child, kind: type[Any]) -> Any:
    while not isinstance(event := child.next(), kind):
        pass
    return event


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "Not a line of JSON"),
        ('{"command":"fly"}', "Not a known command"),
        ('{"command":"train","data":"/nowhere.csv"}', "nowhere.csv"),
        ('{"command":"train","data":"demo","settings":{"epochs":0}}', "--epochs takes"),
        ('{"command":"train","data":"demo","settings":{"options":3}}', "options must be an object"),
        ('{"command":"train","data":"demo","settings":{"architecture":"bais"}}', "no architecture 'bais'"),
        ('{"command":"resume_run","run":"nothing"}', "There is no run"),
        ('{"command":"query","request":"1","view":"summary","run":"x"}', "There is no run"),
        ('{"command":"query","request":"1","view":"prediction","run":"x"}', "lacks 'user'"),
        (f'{{"command":"{"x" * 2_000_000}"}}', "left out"),
    ],
)
def test_a_bad_command_fails_in_plain_words_and_the_engine_goes_on(
    child: Child, line: str, said: str
) -> None:
    child.send_line(line)
    failed = next_of(child, Failed)
    assert said in f"{failed.message} {failed.hint}"
    child.send(Quit())
    assert child.process.wait(timeout=120) == 0


@pytest.mark.slow
def test_closing_its_input_stops_and_saves_the_training_and_ends_the_process(
    child: Child, table: str
) -> None:
    child.send(long_training(table))
    child.until(EpochFinished)
    child.process.stdin.close()
    finished = child.until(Finished)
    assert finished.reason == "stopped"
    assert (Path(finished.path) / "summary.json").exists()
    assert child.process.wait(timeout=120) == 0


@pytest.mark.slow
def test_what_a_plugin_prints_never_reaches_the_events(tmp_path: Path, table: str) -> None:
    plugin = tmp_path / "chatty.py"
    plugin.write_text(
        "import os\nfrom core import Architecture, hookimpl\nprint('loading')\n"
        "class Chatty(Architecture):\n    name = 'chatty'\n"
        "    def build(self, user, item, options):\n        print('building'); os.write(1, b'raw')\n"
        "        return user.embed(1, role='bias') + item.embed(1, role='bias')\n"
        "@hookimpl\ndef register_architectures():\n    return [Chatty]\n"
    )
    child = Child("--plugin", str(plugin))
    child.send(Train(data=table, settings={"architecture": "chatty", "epochs": 1}))
    assert child.until(Finished).epochs == 1
    child.process.kill()
    child.process.communicate()


@pytest.mark.slow
def test_progress_inside_a_long_epoch_streams_and_a_learning_rate_acts_inside_it(
    child: Child, tmp_path: Path
) -> None:
    big = str(write_csv(tmp_path / "big.csv", make_ratings(users=400, items=300, per_user=150)))
    child.send(Train(data=big, settings={"architecture": "nn", "epochs": 500, "batch_size": 2}))
    # Slices start at 256 batches and grow at most 8×: on any machine three end inside the first epoch.
    told = [child.until(BatchProgress) for _ in range(3)]
    assert all(20_000 < event.batches < 30_000 and event.epoch == 1 for event in told)
    assert 0 < told[0].batch < told[1].batch < told[2].batch < told[2].batches
    assert all(event.ratings_per_second > 0 for event in told)
    before = told[-1].learning_rate
    child.send(SetLearningRate(before / 4))
    changed = next_of(child, LearningRateChanged)
    assert changed.learning_rate == before / 4
    assert told[2].batch <= changed.batch < told[2].batches or changed.epoch > 1, (
        "at once, not at the epoch's end"
    )
    # On a fast machine whole epochs end within a slice, and each has a rate of its own: so the next told.
    after = child.until(BatchProgress | EpochFinished)
    assert after.epoch == changed.epoch
    assert after.learning_rate == pytest.approx(before / 4, rel=1e-9)


def test_warming_loads_what_the_first_training_needs() -> None:
    program = (
        "import sys\n"
        "for name in [name for name in sys.modules if name.startswith('core.training')]:\n"
        "    del sys.modules[name]\n"
        "from core.contract import load_plugins\n"
        "from core.engine._server import EngineServer\n"
        "assert 'core.training.gradient.trainer' not in sys.modules\n"
        "EngineServer(load_plugins(), lambda event: None)._load_tensorflow()\n"
        "print('core.training.gradient.trainer' in sys.modules)\n"
    )
    told, said = processes.Child(program).communicate()
    assert told.strip() == "True", said
