"""Titles, ids, file names and errors that hold terminal escapes, markup and bidi marks run nowhere."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.contract.plugins import Registry
from core.engine.client import LogLine, QueryError
from core.protocol.events import Failed, PhaseChanged
from core.views.view import A, View
from tests.support import command
from tests.tui.driving import run_app, sees, train_recorded
from tests.tui.fake_engine import FakeEngine, recorded_answers
from tui.shell.app import TastemapApp

EVIL = (
    "Evil\x1b]0;owned\x07\x1b[2J\x1b]52;c;cm0gLXJm\x07\x9b31m\x90q\x9c \u202egnp.exe\u2066\u200f\u200b "
    "a\r\nb\tc\x0bd\x08e\x7f\u2028f [red]x[/] [/bold] [@click=app.quit]q[/] :bomb: =1+1 $\\frac$ <b>&amp;"
)
ESCAPE_IN_IDS = "\x1b[31m\u202e"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\u061c\ud800-\udfff]")
"""What a terminal or a text renderer acts on; a line break is ours to write."""


def harmless(text: str) -> None:
    found = OBEYED.search(text)
    assert found is None, repr(text[max(0, found.start() - 60) : found.end() + 60])


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a table whose titles, genres, ids and name are an attack."""
    import csv

    from core import train

    folder = tmp_path_factory.mktemp("hostile") / f"table{ESCAPE_IN_IDS}"
    folder.mkdir()
    with (folder / "ratings.csv").open("w", newline="", encoding="utf-8") as file:
        rows = [[f"u{n % 30}{ESCAPE_IN_IDS}", f"i{n * 7 % 23}{ESCAPE_IN_IDS}", n % 5 + 1] for n in range(690)]
        csv.writer(file).writerows([["userId", "movieId", "rating"], *rows])
    with (folder / "movies.csv").open("w", newline="", encoding="utf-8") as file:
        titles = [[f"i{n}{ESCAPE_IN_IDS}", f"{n} {EVIL}", f"Drama\x1b[5m|[/x]{n % 3}"] for n in range(23)]
        csv.writer(file).writerows([["movieId", "title", "genres"], *titles])
    return train(
        folder, "bias", adapt=False, epochs=2, folder=tmp_path_factory.mktemp("run") / "hostile"
    ).folder


USER, ITEM = f"u1{ESCAPE_IN_IDS}", f"i1{ESCAPE_IN_IDS}"
COMMANDS: list[tuple[str, ...]] = [
    ("predict", USER, ITEM),
    ("recommend", USER),
    ("why", USER, ITEM),
    ("similar", ITEM),
    ("similar-users", USER),
    ("search", "Evil"),
    ("history", USER),
    ("summary",),
    ("biases",),
    ("components",),
    ("crosstab",),
    ("map",),
    ("diagnose",),
    ("rank",),
    ("evaluate",),
    ("foldin", "--rate", f"{ITEM}=5"),
]


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_no_command_prints_what_its_data_says(hostile_run: Path, words: tuple[str, ...]) -> None:
    done = command(words[0], str(hostile_run), *words[1:])
    harmless(done.stdout)
    harmless(done.stderr)


@pytest.mark.slow
def test_json_keeps_the_truth_in_harmless_bytes(hostile_run: Path) -> None:
    done = command("search", str(hostile_run), "Evil", "--json")
    harmless(done.stdout)
    found = json.loads(done.stdout)["found"]
    # What reading trims or joins is not for this test; the controls are still there.
    assert all("\x1b]0;owned\x07\x1b[2J" in one["title"] and "\u202e" in one["title"] for one in found)
    assert all(one["id"].endswith(ESCAPE_IN_IDS) for one in found)


@pytest.mark.slow
def test_training_and_lists_are_harmless(hostile_run: Path, tmp_path: Path) -> None:
    source = json.loads((hostile_run / "config.json").read_text())["data"]["source"]
    for words in (
        ["train", "--data", source, "--epochs", "1"],
        ["train", "--data", source, "--epochs", "1", "--no-adapt", "--json"],
        ["runs"],
        ["runs", "--json"],
        ["data", "describe", source],
        ["crossval", "--data", source, "--folds", "2", "--epochs", "1", "--no-adapt"],
        ["race", "--data", source, "--arch", "bias,dot", "--epochs", "1", "--no-adapt"],
    ):
        done = command(*words)
        harmless(done.stdout)
        harmless(done.stderr)


@pytest.mark.parametrize(
    "words",
    [
        ["recommend", f"no-run{EVIL}", "1"],
        ["train", "--data", f"/no/file{EVIL}.csv"],
        ["train", "--data", f"no-set{EVIL}"],
        ["train", "--data", "demo", "--arch", f"bias{EVIL}"],
        ["train", "--data", "demo", f"--no-such-option{EVIL}"],
        ["train", "--data", "demo", "--epochs", EVIL],
        ["--plugin", f"/no/plugin{EVIL}.py", "plugins"],
        ["no-command" + EVIL],
        ["data", "describe", f"/no/table{EVIL}"],
        ["data", "fetch", EVIL],
    ],
    ids=lambda words: words[0],
)
def test_errors_are_one_harmless_line(words: list[str]) -> None:
    for code in (2, 1):
        try:
            done = command(*words, expect=code)
            break
        except AssertionError:
            if code == 1:
                raise
    harmless(done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_what_a_plugin_says_is_harmless(tmp_path: Path) -> None:
    plugin = tmp_path / "evil.py"
    plugin.write_text(f"raise RuntimeError({EVIL!r})\n")
    harmless(command("--plugin", str(plugin), "plugins", expect=1).stderr)


@pytest.mark.parametrize("ending", ["svg", "txt"])
@pytest.mark.slow
def test_pictures_hold_no_controls(hostile_run: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"map.{ending}"
    command("map", str(hostile_run), "--out", str(out))
    text = out.read_text(encoding="utf-8")
    harmless(text)
    if ending == "svg":
        told = "".join(ElementTree.fromstring(text).itertext())
        assert "␛" in told
        assert "<b>&amp;" in told


# The screen


def _poison(value: Any, key: str = "") -> Any:
    """Put the attack into every text of an answer, but for words that the screen itself decides by."""
    if isinstance(value, dict):
        return {name: _poison(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [_poison(one, key) for one in value]
    fixed = ("part", "run", "architecture", "verdict", "kind", "metric")
    return f"{value}{EVIL}" if isinstance(value, str) and key not in fixed else value


class Poisoned(FakeEngine):
    """Answers what a real engine answered, each text with the attack appended."""

    def __init__(self) -> None:
        super().__init__({tag: _poison(answer) for tag, answer in recorded_answers().items()})


class Complaining(FakeEngine):
    """Answers no question, and says so with the attack."""

    async def ask(self, view: View[A], run: str | None = None) -> A:
        raise QueryError(f"It went wrong: {EVIL}", hint=EVIL)


def _look(app: TastemapApp) -> None:
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            harmless(segment.text)
            for name, action in (segment.style.meta if segment.style else {}).items():
                assert "quit" not in str(action), (name, action)


SCREENS = ("train", "lookup", "factors", "map", "runs", "race", "fold_in")


@pytest.mark.parametrize("kind", [Poisoned, Complaining])
def test_no_screen_shows_what_its_data_says(registry: Registry, kind: Callable[[], FakeEngine]) -> None:
    engine = kind()

    async def scenario(app: TastemapApp, pilot: Pilot[int]) -> None:
        await train_recorded(app, pilot, engine)
        for mode in SCREENS:
            engine.say(PhaseChanged("reading data", EVIL), LogLine(EVIL))
            engine.say(Failed(kind="DataError", message=EVIL, hint=EVIL))
            app.action_show(mode)
            if kind is Poisoned and mode in ("lookup", "factors", "map", "fold_in"):
                await sees(pilot, "Evil")
            await _look_a_while(app, pilot)
            for key in _keys(mode):
                await pilot.press(key)
                await _look_a_while(app, pilot)
            assert app.is_running

    run_app(scenario, engine, registry, size=(160, 50))


async def _look_a_while(app: TastemapApp, pilot: Pilot[int]) -> None:
    """Look at what is drawn at once, and at what answers bring."""
    for seconds in (0, 0.15, 0.3):
        await pilot.pause(seconds)
        _look(app)


def _keys(mode: str) -> Sequence[str]:
    more = {"lookup": ["tab", "tab"], "map": ["right", "down"], "fold_in": ["5", "w", "escape"]}
    return [*more.get(mode, []), "L", "escape", "question_mark", "escape"]


def test_damaged_runs_are_listed_with_harmless_reasons(registry: Registry, private_folders: Path) -> None:
    folder = private_folders / f"bias{ESCAPE_IN_IDS}"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"format": "\\u001b[2J"}')

    async def scenario(app: TastemapApp, pilot: Pilot[int]) -> None:
        app.action_show("runs")
        await sees(pilot, "damaged")
        await _look_a_while(app, pilot)

    run_app(scenario, FakeEngine(), registry)
    done = command("runs")
    harmless(done.stdout + done.stderr)
