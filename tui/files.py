"""What the screen reads and writes on disk: saved runs, the trash that makes a deletion undoable, exports."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.contract import GRADIENT_SETTINGS
from core.errors import RunError
from core.files import runs_folder, write_through
from core.readable import readable
from core.runs import (
    RunLabels,
    list_runs,
    read_config,
    read_history,
    read_labels,
    read_summary,
    trained_by,
)

TRASH = ".trash"


@dataclass(frozen=True)
class _SavedEpoch:
    """What the list and the chart show of a finished epoch."""

    number: int
    val_figure: float | None


@dataclass(frozen=True)
class SavedRun:
    """What the list shows of a run; `val_figure` is its RMSE or nDCG@10, `seconds` those of its training.

    `state` is finished, running, interrupted or damaged; `problem` says why a damaged one can't be opened,
    `leak` where training knows rows from after those that the figure stands on. An update names its `parent`
    and says what `came`; `branch` is what stands before it in the tree of runs.
    """

    folder: Path
    architecture: str = "?"
    data: str = "?"
    created: str = ""
    split_hash: str = ""
    state: str = "damaged"
    val_figure: float | None = None
    problem: str = ""
    epochs: list[_SavedEpoch] = field(default_factory=list)
    choices: Mapping[str, Any] = field(default_factory=dict)
    labels: RunLabels = field(default_factory=RunLabels)
    seconds: float = 0.0
    leak: str = ""
    parent: str = ""
    came: str = ""
    branch: str = ""

    @property
    def name(self) -> str:
        """The run's id."""
        return self.folder.name

    @property
    def title(self) -> str:
        """What a person calls it: its given name, else its id."""
        return self.labels.name or self.name

    @property
    def figures(self) -> str:
        """`bias · demo · 0.8661`: what tells it from others."""
        figure = "" if self.val_figure is None else f"{self.val_figure:.4f}"
        return " · ".join(filter(None, (self.architecture, self.data, figure)))

    @property
    def words(self) -> str:
        """All that a filter may look for."""
        told = (self.name, self.labels.name, self.labels.note, *self.labels.tags, self.figures, self.state)
        return " ".join(told).casefold()

    @property
    def ranks(self) -> bool:
        """Whether it was trained to rank: its figure is then nDCG@10, not RMSE."""
        return bool(self.choices.get("objective") == "ranking")

    @property
    def label(self) -> str:
        """How the bar at the top calls it."""
        return f"{self.architecture} · {self.data}"


def read_runs() -> list[SavedRun]:
    """Read all runs, the newest first; a damaged one is listed with its problem."""
    return [read_run(folder) for folder in list_runs()]


def latest_run() -> SavedRun | None:
    """The newest run that is whole enough to be looked at."""
    return next((run for run in map(read_run, list_runs()) if run.epochs and not run.problem), None)


def read_run(folder: Path) -> SavedRun:
    """Read what the list shows of one run."""
    try:
        config, summary, history = read_config(folder), read_summary(folder), read_history(folder)
        labels = read_labels(folder)
    except RunError as error:
        return SavedRun(folder, problem=readable(str(error)))
    name = "val_ndcg" if config.settings.get("objective") == "ranking" else "val_rmse"
    last: Mapping[str, Any] = summary or (history[-1] if history else {})
    choices = {"recipe": config.recipe, **config.settings, **config.options}
    if history and history[-1].get("learning_rate") is None:  # it has none, nor what goes with it
        choices = {name: value for name, value in choices.items() if name not in GRADIENT_SETTINGS}
    return SavedRun(
        folder,
        readable(config.architecture),
        readable(str(config.data.get("name") or config.data.get("source") or "?")),
        config.created,
        str(config.split.get("hash", "")),
        "finished" if summary else ("running" if trained_by(folder) else "interrupted"),
        last.get(name),
        "",
        [_SavedEpoch(epoch["epoch"], epoch.get(name)) for epoch in history],
        choices,
        _readable_labels(labels),
        sum(float(epoch.get("seconds") or 0.0) for epoch in history),
        config.leak,
        readable(str(config.parent.get("run", ""))),
        _came(config.parent.get("updated")),
    )


def _came(account: Any) -> str:
    """What an update brought, in words; a folder may say anything there."""
    told = account if isinstance(account, Mapping) else {}
    words = {"added": "new", "changed": "changed", "withdrawn": "taken back", "new_users": "new users"}
    words["new_items"] = "new items"
    counts = ((told.get(name), what) for name, what in words.items())
    return ", ".join(f"{count:,} {what}" for count, what in counts if isinstance(count, int) and count > 0)


def _readable_labels(labels: RunLabels) -> RunLabels:
    return RunLabels(readable(labels.name), readable(labels.note), tuple(map(readable, labels.tags)))


def differences(one: SavedRun, other: SavedRun) -> list[tuple[str, str, str]]:
    """The options and settings in which two runs differ: name, value of one, value of the other."""
    names = [*one.choices, *(name for name in other.choices if name not in one.choices)]
    pairs = [("architecture", one.architecture, other.architecture), ("data", one.data, other.data)]
    pairs += [(name, str(one.choices.get(name, "—")), str(other.choices.get(name, "—"))) for name in names]
    return [pair for pair in pairs if pair[1] != pair[2]]


def delete_run(run: SavedRun) -> Path:
    """Move a run to the trash inside the folder of runs; returns where it lies. Raises RunError."""
    place = _trash_folder() / run.name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        run.folder.rename(place)
    except OSError as error:
        raise RunError(f"{run.name} can't be deleted: {error.strerror or error}.") from error
    return place


def restore_run(place: Path, folder: Path) -> None:
    """Take a run out of the trash again; raises RunError."""
    try:
        place.rename(folder)
    except OSError as error:
        raise RunError(f"{folder.name} can't be restored: {error.strerror or error}.") from error


def empty_trash(places: list[Path]) -> None:
    """Delete for good what was deleted since the start, and the trash folder if nothing else is in it."""
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    folder = _trash_folder()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _trash_folder() -> Path:
    """The trash; hidden, so that no list of runs takes it for one."""
    return runs_folder() / TRASH


def export_run(run: SavedRun, path: Path) -> Path:
    """Pack a run folder into one zip file, without its checkpoint; raises RunError."""
    try:
        write_through(path, lambda temporary: _pack(run, temporary), run.folder)
    except OSError as error:
        raise RunError(f"{path} can't be written: {error.strerror or error}.") from error
    return path


def _pack(run: SavedRun, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(run.folder.rglob("*")):
            inside = file.relative_to(run.folder)
            if file.is_file() and not file.is_symlink() and inside.parts[0] not in ("checkpoint", "lock"):
                archive.write(file, Path(run.name) / inside)


def free_path(path: Path) -> Path:
    """The path, or the first of `name-2`, `name-3`, … that isn't taken: exports overwrite nothing."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free
