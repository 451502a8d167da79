"""Runs that other processes train or have trained: watched while they go on, replayed when they are done."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from core.protocol import (
    Command,
    EpochFinished,
    Event,
    Failed,
    Finished,
    RunStarted,
    Stop,
    from_plain,
)
from core.runs import journal_from, leave_command, read_config, read_history, read_summary, trained_by
from tui.shell.training import Stage, TrainingState

LOOK_SECONDS, _REPLAY_SECONDS = 0.4, 6.0


class Watched:
    """A training in another process: `news` gives what it has told since the last look."""

    live = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._offset = 0
        self.over = False

    @property
    def epochs(self) -> list[EpochFinished]:
        """The epochs that were trained before the present journal begins, where it goes on with a run."""
        return replay(self.folder).epochs

    def send(self, command: Command) -> bool:
        """Leave a command for the process that trains it; raises RunError where that can't be."""
        leave_command(self.folder, command)
        return True

    def news(self) -> list[Event]:
        """What was told since; at last how it ended. Raises RunError for a damaged folder."""
        alive = (
            trained_by(self.folder) is not None
        )  # before the journal: what comes after it is read next time
        events, self._offset = journal_from(self.folder, self._offset)
        if any(isinstance(event, Finished | Failed) for event in events):
            self.over = True
        elif not alive:
            self.over = True
            events.append(_end_of(self.folder))
        return events


class Replayed:
    """A run that is done, told again within some seconds."""

    live = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.epochs: list[EpochFinished] = []
        self._told = _told(folder)
        self._at_once = max(1, round(len(read_history(folder)) * LOOK_SECONDS / _REPLAY_SECONDS))
        self.over = False

    def send(self, command: Command) -> bool:
        """What is done can't be steered; a stop ends the telling."""
        self.over = self.over or isinstance(command, Stop)
        return False

    def news(self) -> list[Event]:
        """The next epochs; at last how it ended. Raises RunError for a damaged folder."""
        events = list(islice(self._told, self._at_once))
        self.over = self.over or not events
        return events


def _end_of(folder: Path) -> Event:
    """How a training ended whose journal is gone: by its summary, or without an end."""
    summary = read_summary(folder)
    if summary is not None:
        return _event(summary, Finished)
    hint = "Resume it on the Runs screen (5, then r)."
    return Failed(kind="EngineEnded", message="The process that trained it has ended.", hint=hint)


def replay(folder: Path) -> TrainingState:
    """A finished or interrupted run as the training that it was; raises RunError for a damaged one."""
    state = TrainingState(Stage.PREPARING, replayed=True)
    for event in _told(folder):
        state.apply(event)
    if state.finished is None:
        state.stage = Stage.FAILED
        state.failure = Failed(
            kind="Interrupted", message="Interrupted.", hint="r on the Runs screen goes on with it."
        )
    return state


def _whole(value: object) -> int:
    """A number of epochs; 0 for anything else, which a run folder from elsewhere may hold."""
    return value if isinstance(value, int) else 0


def _told(folder: Path) -> Iterator[Event]:
    """The events of a run, from its files."""
    config, history, summary = read_config(folder), read_history(folder), read_summary(folder)
    planned = max(_whole(config.settings.get("epochs")), len(history))
    yield RunStarted(
        run=folder.name,
        architecture=config.architecture,
        options=config.options,
        settings=config.settings,
        data=config.data,
        split_hash=str(config.split.get("hash", "")),
        device="",
        parameters=0,
        epochs=planned,
        batches=0,
        baseline_rmse=(summary or {}).get("baseline_rmse"),
    )
    for epoch in history:
        yield _event(epoch, EpochFinished)
    if summary is not None:
        yield _event(summary, Finished)


def _event(told: dict[str, object], kind: type[Event]) -> Event:
    return from_plain({name: value for name, value in told.items() if name != "event"}, kind)
