from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from core.errors import RunError
from core.protocol import BatchProgress, Command, Event, Pause, PhaseChanged, Query, SetLearningRate, Stop
from core.runs.attending import COMMANDS_FILE, JOURNAL_FILE, attended, journal_from, leave_command
from core.runs.labels import LABELS_FILE, RunLabels, parse_tags, read_labels, write_labels
from core.runs.writer import locked, trained_by

PROGRESS = BatchProgress(
    epoch=1, batch=1, batches=9, train_rmse=1.0, learning_rate=0.1, ratings_per_second=1.0, eta_seconds=1.0
)


def test_labels_are_written_and_read_again(tmp_path: Path) -> None:
    assert read_labels(tmp_path) == RunLabels()
    labels = RunLabels("long run", "tried at night", parse_tags("#best, night best"))
    write_labels(tmp_path, labels)
    assert read_labels(tmp_path) == labels
    assert labels.tags == ("best", "night")


@pytest.mark.parametrize("content", ["{", '{"name": 3}', "[1]", '{"tags": "a"}'])
def test_damaged_labels_say_what_to_do(content: str, tmp_path: Path) -> None:
    (tmp_path / LABELS_FILE).write_text(content)
    with pytest.raises(RunError, match="damaged") as raised:
        read_labels(tmp_path)
    assert "Delete it" in raised.value.hint


def test_labels_have_an_end(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="2,000"):
        write_labels(tmp_path, RunLabels(note="x" * 3000))


def test_a_training_is_journaled_and_obeys_what_others_leave(tmp_path: Path) -> None:
    told: list[Event] = []
    obeyed: list[Command] = []
    heard = threading.Event()

    def send(command: Command) -> None:
        obeyed.append(command)
        heard.set()

    with attended(tmp_path, told.append, send) as emit:
        emit(PhaseChanged("training"))
        emit(PROGRESS)
        emit(PROGRESS)
        seen, offset = journal_from(tmp_path, 0)
        assert seen == [PhaseChanged("training"), PROGRESS], "progress is written down seldom"
        emit(PhaseChanged("saving"))
        assert journal_from(tmp_path, offset)[0] == [PhaseChanged("saving")]
        (tmp_path / COMMANDS_FILE).write_text('nonsense\n{"command":"quit"}\n')
        leave_command(tmp_path, Query(request="1", view="map"))
        leave_command(tmp_path, SetLearningRate(0.5))
        assert heard.wait(30)
        heard.clear()
        leave_command(tmp_path, Stop())
        assert heard.wait(30)
    assert obeyed == [SetLearningRate(0.5), Stop()], "only what steers is passed on"
    assert len(told) == 4
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_half_written_line_waits_for_its_end(tmp_path: Path) -> None:
    line = PhaseChanged("compiling").to_json()
    (tmp_path / JOURNAL_FILE).write_text(line[:10])
    assert journal_from(tmp_path, 0) == ([], 0)
    (tmp_path / JOURNAL_FILE).write_text(f"{line}\n")
    assert journal_from(tmp_path, 0)[0] == [PhaseChanged("compiling")]


def test_a_link_in_place_of_commands_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(f"{Pause().to_json()}\n")
    folder = tmp_path / "run"
    folder.mkdir()
    obeyed: list[Command] = []
    with attended(folder, lambda _: None, obeyed.append):
        (folder / COMMANDS_FILE).symlink_to(outside)
        time.sleep(0.6)
    assert obeyed == []
    assert outside.exists()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system doesn't tell who locks")
def test_a_run_in_training_is_told_from_an_interrupted_one(tmp_path: Path) -> None:
    assert trained_by(tmp_path) is None
    with locked(tmp_path):
        assert trained_by(tmp_path) is not None
    assert trained_by(tmp_path) is None
