"""Write a run while it trains: history, checkpoint, best weights, and the summary at its end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.contract import Arrays
from core.errors import ProtocolError, RunError
from core.files import (
    cannot_write,
    clear_leftovers,
    open_to_append,
    read_json,
    read_regular,
    require_folder,
    require_regular,
    write_atomically,
)
from core.protocol import from_plain
from core.runs._arrays import read_arrays, write_arrays
from core.runs._checks import check_epoch, check_summary

if TYPE_CHECKING:
    from core.protocol import EpochFinished, Finished

HISTORY_FILE, SUMMARY_FILE, WEIGHTS_FILE = "history.jsonl", "summary.json", "weights.safetensors"
CHECKPOINT_FILE = "checkpoint/state.safetensors"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run folder for writing; raises RunError while another process trains it."""
    from filelock import FileLock, Timeout

    path = folder / "lock"
    if path.is_symlink() or path.exists():
        require_regular(path)
    require_folder(folder / "checkpoint")
    lock = FileLock(path, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        hint = "Wait for it, or stop it, before you resume."
        raise RunError(f"{folder.name} is being trained by another process.", hint=hint) from None
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        _clear(folder)
        yield
    finally:
        lock.release()


def trained_by(folder: Path) -> int | None:
    """The process that trains a run just now; None where nobody does, or where the system doesn't tell.

    Looks at the kernel's list of locks: taking the lock to see whether it is free would be in the way of a
    training that starts at that moment.
    """
    try:
        inode = (folder / "lock").stat().st_ino
        held = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    for words in map(str.split, held):
        if "WRITE" in words and words[-3].rpartition(":")[2] == str(inode):
            return int(words[-4])
    return None


def _clear(folder: Path) -> None:
    """Remove what killed writes left; where that can't be, writing can't either, and says so."""
    for place in (folder, folder / "checkpoint"):
        with suppress(OSError):
            clear_leftovers(place)


class RunWriter:
    """Writes one run folder; implements `core.training._loop.Checkpoints`.

    An epoch counts once its checkpoint is renamed into place. History lines of later epochs, which a crash
    may leave, are cut off when the run goes on, and the same epochs then write the same lines again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save_epoch(self, event: EpochFinished, progress: Progress, state: Arrays) -> None:
        """Append the epoch to the history, then replace the checkpoint."""
        self.add_to_history(event)
        write_arrays(self.folder / CHECKPOINT_FILE, state, progress.to_dict())
        self._forget_other_best(progress.best_epoch)

    def add_to_history(self, event: EpochFinished) -> None:
        """Append the epoch to the history alone."""
        self._append(event.to_json())

    def save_best(self, epoch: int, weights: Arrays) -> None:
        """Keep the best weights under their epoch's number; older ones go after the next checkpoint."""
        write_arrays(self._best_file(epoch), weights, {"epoch": epoch})

    def load_checkpoint(self) -> tuple[Progress, Arrays] | None:
        """Read the checkpoint, cut the history to it and take the summary back; None before any epoch."""
        (self.folder / SUMMARY_FILE).unlink(missing_ok=True)
        if not (self.folder / CHECKPOINT_FILE).exists():
            self._rewrite_history([])
            return None
        state, about = read_arrays(self.folder / CHECKPOINT_FILE)
        progress = Progress.from_dict(about)
        self._rewrite_history(read_history(self.folder)[: progress.epoch])
        return progress, state

    def best_weights(self, epoch: int) -> Arrays | None:
        """Read the best weights of that epoch, None where early stopping keeps none."""
        return read_arrays(self._best_file(epoch))[0] if self._best_file(epoch).exists() else None

    def finish(self, weights: Arrays, summary: Finished) -> None:
        """Write the weights that predictions use, then the summary that marks the run as finished."""
        write_arrays(self.folder / WEIGHTS_FILE, weights, {"epoch": summary.best_epoch})
        text = json.dumps(json.loads(summary.to_json()), indent=2, ensure_ascii=False)
        write_atomically(self.folder / SUMMARY_FILE, f"{text}\n".encode())

    def finish_at_once(self, event: EpochFinished, weights: Arrays, summary: Finished) -> None:
        """Write a run that has no training of its own: one line of history, weights and summary."""
        self.add_to_history(event)
        self.finish(weights, summary)

    def _best_file(self, epoch: int) -> Path:
        return self.folder / f"checkpoint/best-{epoch}.safetensors"

    def _forget_other_best(self, epoch: int) -> None:
        for path in (self.folder / "checkpoint").glob("best-*.safetensors"):
            if path != self._best_file(epoch):
                path.unlink(missing_ok=True)

    def _append(self, line: str) -> None:
        path = self.folder / HISTORY_FILE
        try:
            with open_to_append(path) as history:
                history.write(f"{line}\n")
                history.flush()
                os.fsync(history.fileno())
        except OSError as error:
            raise cannot_write(path, error) from error

    def _rewrite_history(self, events: list[dict[str, Any]]) -> None:
        lines = "".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in events)
        write_atomically(self.folder / HISTORY_FILE, lines.encode())


def read_history(folder: Path) -> list[dict[str, Any]]:
    """Read a run's finished epochs, oldest first; a last line that a crash cut short is left out.

    Raises RunError where any other line is damaged.
    """
    path = folder / HISTORY_FILE
    if not path.exists():
        return []
    events: list[dict[str, Any]] = []
    lines = read_regular(path).split(b"\n")
    for number, line in enumerate(lines[:-1], 1):  # what stands after the last line break is incomplete
        try:
            events.append(_event(line))
        except (ValueError, RecursionError, ProtocolError) as error:
            hint = "Restore it from a copy, or delete the run."
            raise RunError(f"{path}, line {number} is damaged: {error}.", hint=hint) from None
    return events


def _event(line: bytes) -> dict[str, Any]:
    return check_epoch(msgspec.json.decode(line))


def read_summary(folder: Path) -> dict[str, Any] | None:
    """Read a finished run's summary, None for a run that was interrupted."""
    path = folder / SUMMARY_FILE
    return check_summary(path, read_json(path)) if path.exists() else None


@dataclass(frozen=True)
class Progress:
    """Epochs done, the hand-set scale of the learning rate, the best epoch and the totals so far.

    `best_error` is the tuning RMSE of `best_epoch`, or 1 − its tuning nDCG (None without a tuning part, where
    the last epoch counts as the best); `seconds` and `ratings` count training alone.
    """

    epoch: int = 0
    rate_scale: float = 1.0
    best_epoch: int = 0
    best_error: float | None = None
    seconds: float = 0.0
    ratings: int = 0

    def to_dict(self) -> dict[str, Any]:
        """This progress, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Progress:
        """Read it back; raises RunError for anything that isn't one."""
        renamed = {"best_rmse": "best_error"}  # as version 0.1 called it
        try:
            return from_plain({renamed.get(name, name): value for name, value in values.items()}, cls)
        except ProtocolError as error:
            raise RunError(f"The checkpoint's progress can't be read: {error.message}.") from None
