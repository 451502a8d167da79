"""The ratings table behind a saved run, read again from where the run says that it is."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from core.data import Ratings
from core.errors import RunError
from core.files import expanded, runs_folder
from core.model import RatedTable
from core.runs._ready import Known, keep_split, ready_split
from core.runs.config import recorded_split
from core.runs.kept_ratings import RATINGS_FILE, kept_ratings

if TYPE_CHECKING:
    from core.runs.run import Run

_log = logging.getLogger("tastemap")

_shared: WeakValueDictionary[tuple[str, str], RatedTable] = WeakValueDictionary()


def recorded_ratings(run: Run, data: str | Path | None = None, titles: bool = True) -> Ratings:
    """Read the table that a run was trained on again, from its recorded source or from `data`.

    A table that was in memory is kept in the run.

    Without `titles` those of a small table aren't read, which takes longer than its ratings; a run has its
    own. A large one comes from the cache with all that it has.
    """
    from core.data import load_ratings

    kept = kept_ratings(run) if data is None else None
    if kept is not None:
        return kept
    recorded = run.config.data
    try:
        reading = dict(recorded["reading"])
        source = data or str(reading["source"])
    except (KeyError, TypeError) as error:
        raise RunError(f"{run.folder} doesn't say where its data is: {error}.", hint="Use --data.") from None
    if data is None:
        _look_before_opening(
            run, [str(source), *(str(reading.get(name, "")) for name in ("items", "test_file"))]
        )
    if not titles and _is_small(expanded(source)):
        reading["items"] = "none"
    return load_ratings(source, reading, sources=run.registry.data_sources)


def _is_small(path: Path) -> bool:
    """Whether a table is read so quickly that it isn't kept in the cache."""
    from core.data import SMALLEST

    files = path.iterdir() if path.is_dir() else [path]
    return path.exists() and sum(file.stat().st_size for file in files if file.is_file()) < SMALLEST


def _look_before_opening(run: Run, names: Iterable[str]) -> None:
    """Refuse what is neither file nor folder, and tell what somebody else's run makes us open.

    A run folder may come from anybody: what it names must not hang its reader, as a pipe or a device does.
    """
    from core.data.fetching import find_named

    for name in names:
        path = expanded(name)
        if name in ("", "none") or find_named(name, run.registry.data_sources) or not path.exists():
            continue
        if not (path.is_file() or path.is_dir()):
            hint = "Name the table with --data where you trust it."
            raise RunError(f"{run.id} says that its ratings are in {name}, which is no file.", hint=hint)
        if _is_foreign(run.folder):
            _log.warning("reading %s, since the run in %s says that its ratings are there", name, run.folder)


def _is_foreign(folder: Path) -> bool:
    """Whether a run may be somebody else's: it belongs to another user or lies outside the folder of runs."""
    ours = runs_folder().resolve() in folder.resolve().parents
    return not ours or (hasattr(os, "getuid") and folder.stat().st_uid != os.getuid())


def read_rated(run: Run, known: Known | None = None) -> RatedTable:
    """Read a run's recorded table and split again; raises TastemapError where it's gone or has changed.

    `known` are the run's users, items and titles, where its reader has them. A small table is taken as it was
    kept ready. Runs of one table and split share it as long as any of them is open.
    """
    key = (str(run.config.data.get("fingerprint")), str(run.config.split.get("hash")))
    shared = _shared.get(key) or _read(run, known)
    _shared[key] = shared
    return shared


def _read(run: Run, known: Known | None) -> RatedTable:
    asked, files = _ready(run)
    kept = ready_split(asked, known or _known(run)) if files else None
    if kept is not None:
        return kept
    rated = _read_again(run)
    if files:
        keep_split(asked, rated, files)
    return rated


def _known(run: Run) -> Known:
    return run.model.users, run.model.items, run.model.item_table


def _ready(run: Run) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """What a kept split of a run's table is found by, and the files behind it; no files where none is kept.

    Somebody else's run is read from where it says, which is said.
    """
    data, split = run.config.data, run.config.split
    asked = {"reading": data.get("reading"), "fingerprint": data.get("fingerprint"), "split": split}
    reading = data.get("reading") or {}
    if not reading.get("source") or _is_foreign(run.folder) or (run.folder / RATINGS_FILE).exists():
        return asked, ()
    from core.data import SMALLEST, files_behind

    files = files_behind(str(reading["source"]), reading, run.registry.data_sources) or ()
    small = sum(file.stat().st_size for file in files if file.is_file()) < SMALLEST
    return asked, files if small else ()


def _read_again(run: Run) -> RatedTable:
    table, recorded = recorded_ratings(run, titles=False), run.config.split
    if table.fingerprint != run.config.data.get("fingerprint"):
        hint = "Its true ratings and histories can't be shown; predictions are as they were."
        raise RunError(f"{table.source} has changed since {run.id} was trained.", hint=hint)
    return RatedTable.of_split(table, recorded_split(recorded, table))
