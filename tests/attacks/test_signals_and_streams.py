"""A command ends cleanly whatever ends it: signals, a reader that goes away, a full disk, any locale."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.runs import Run, list_runs
from tests.support import command, json_lines, make_ratings, tastemap, write_csv

CODE = "from core.cli import main; main()"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "ratings.csv", make_ratings(30, 20, 10))


started: list[subprocess.Popen[str]] = []


def start(*words: str, **options: Any) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", CODE, *words]
    started.append(
        subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    )
    return started[-1]


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    yield
    while started:
        started.pop().kill()


def after(child: subprocess.Popen[str], event: str) -> None:
    """Wait until a training has told this event."""
    assert child.stdout is not None
    for line in child.stdout:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"{event} never came: {child.communicate()[1]}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)], ids=["int", "term", "hup"]
)
def test_a_signal_stops_a_training_saves_it_and_says_where(table: Path, name: str, code: int) -> None:
    child = start("train", "--data", str(table), "--epochs", "100000", "--no-adapt", "--json")
    after(child, "epoch_finished")
    child.send_signal(getattr(signal, name))
    rest, told = child.communicate(timeout=240)
    assert child.returncode == code
    finished = json_lines(rest)[-1]
    assert finished["reason"] == "stopped"
    assert "stopping and saving" in told
    assert f"saved in {finished['path']}" in told
    assert Run.open(Path(finished["path"])).state == "finished"


@pytest.mark.slow
def test_term_and_hup_together_still_save(table: Path) -> None:
    child = start("train", "--data", str(table), "--epochs", "100000", "--no-adapt", "--json")
    after(child, "epoch_finished")
    for _ in range(3):
        child.send_signal(signal.SIGHUP)
        child.send_signal(signal.SIGTERM)
    rest, _ = child.communicate(timeout=240)
    assert child.returncode in (129, 143)
    assert json_lines(rest)[-1]["reason"] == "stopped"


@pytest.mark.slow
def test_what_nohup_ignores_stays_ignored(table: Path) -> None:
    child = start(
        *("train", "--data", str(table), "--epochs", "100000", "--no-adapt", "--json"),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    after(child, "epoch_finished")
    child.send_signal(signal.SIGHUP)
    after(child, "epoch_finished")
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=240)
    assert child.returncode == 143


@pytest.mark.slow
def test_before_training_began_a_signal_leaves_nothing(table: Path, private_folders: Path) -> None:
    child = start("train", "--data", str(table), "--json")
    after(child, "phase_changed")
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=240)
    assert child.returncode == 143
    assert list_runs(private_folders) == []


@pytest.mark.slow
def test_a_race_stops_at_the_first_signal(table: Path) -> None:
    child = start(
        "race", "--data", str(table), "--arch", "bias,dot", "--epochs", "100000", "--no-adapt", "--json"
    )
    after(child, "epoch_finished")
    child.send_signal(signal.SIGTERM)
    child.communicate(timeout=240)
    assert child.returncode == 143
    assert [Run.open(folder).state for folder in list_runs()] == ["finished"]


@pytest.mark.slow
def test_a_training_that_nobody_reads_any_more_is_saved(table: Path) -> None:
    child = start("train", "--data", str(table), "--epochs", "100000", "--no-adapt", "--json")
    after(child, "epoch_finished")
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    told = child.stderr.read()
    child.stderr.close()
    assert child.wait(240) == 141
    assert "Traceback" not in told
    assert Run.open(list_runs()[0]).state == "finished"


LOCALES: list[dict[str, str]] = [
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "cp1252"},
    {"PYTHONIOENCODING": "cp437"},
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from core import train

    return train("demo", "bias", epochs=1, folder=tmp_path_factory.mktemp("run") / "run").folder


@pytest.mark.slow
@pytest.mark.parametrize("locale", LOCALES, ids=lambda locale: "-".join(locale.values()))
@pytest.mark.parametrize(
    "words", [["map"], ["components"], ["crosstab"], ["search", "a"], ["search", "a", "--json"]]
)
def test_every_locale_is_answered(trained: Path, words: list[str], locale: dict[str, str]) -> None:
    env = {**os.environ, **locale}
    line = [sys.executable, "-c", CODE, words[0], str(trained), *words[1:]]
    done = subprocess.run(line, capture_output=True, env=env, timeout=300, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    encoding = locale.get("PYTHONIOENCODING", "ascii").partition(":")[0]
    text = done.stdout.decode(encoding)
    if "--json" in words:
        assert json.loads(text) == json.loads(command(words[0], str(trained), *words[1:]).stdout)
    elif words == ["map"]:
        assert "*" in text or "•" in text


def test_the_train_help_is_said_in_ascii() -> None:
    done = tastemap("train", "-h", PYTHONIOENCODING="ascii")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["plugins"], ["-h"], ["train", "-h"], ["data", "list", "--json"], ["--version"]]
)
@pytest.mark.parametrize("stdout", ["full", "closed"])
def test_a_result_that_nobody_can_get_is_an_error_without_a_traceback(words: list[str], stdout: str) -> None:
    target = {"full": "> /dev/full", "closed": ">&-"}[stdout]
    line = f"'{sys.executable}' -c '{CODE}' {' '.join(words)} {target}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full", "<&-", "<&- 2>&-"])
def test_without_the_other_streams_the_result_is_still_told(redirected: str) -> None:
    line = f"'{sys.executable}' -c '{CODE}' runs --json {redirected}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("words", ["plugins", "train -h"])
def test_a_reader_that_has_seen_enough_is_no_error_to_tell(words: str) -> None:
    line = f"'{sys.executable}' -c '{CODE}' {words} | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    assert done.returncode in (0, 141)  # 0 where all of it went into the pipe before the reader left


@pytest.mark.slow
def test_the_screen_takes_any_byte_and_ends_with_its_terminal() -> None:
    """A byte that is no UTF-8 ends nothing; a closed window leaves no process behind that nobody sees."""
    terminal, inside = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    child = subprocess.Popen(
        [sys.executable, "-c", CODE],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=environment,
        start_new_session=True,  # of which this is no controlling terminal: no signal tells that it is closed
    )
    os.close(inside)
    seen = b""
    while b"Setup" not in seen:
        seen += os.read(terminal, 65536)
    os.write(terminal, b"\xff\xe9\xe2\x82\x80\x9b")
    os.write(terminal, b"?")
    while b"a model learns" not in seen:
        seen += os.read(terminal, 65536)
    os.close(terminal)
    try:
        assert child.wait(240) == 129
    finally:
        child.kill()
