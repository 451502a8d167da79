"""An updated run's folder: written under a name of its own and renamed when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data import Split, describe, split_ratings, unseen
from core.errors import RunError
from core.files import cannot_write, make_folder, runs_folder
from core.model import Model
from core.runs import RunConfig, RunWriter, keep_ratings, locked, new_run_id, write_vocabularies
from core.runs.updating._merging import Merged
from core.runs.updating._summing import summed_up
from core.runs.updating.account import Updated

if TYPE_CHECKING:
    from core.runs import Run

_PARTIAL = ".partial"


def settings_of(merged: Merged) -> dict[str, object]:
    """The training settings of a merged table: its last rows are held out, where any are."""
    return {"split": "official" if merged.table.held_out else "none"}


def parent_record(parent: Run, merged: Merged) -> dict[str, Any]:
    """What an updated run's configuration says of where it came from."""
    method = parent.config.parent.get("split") or parent.config.split.get("method", "random")
    return {"run": parent.id, "news": merged.fingerprint, "split": method}


def write_updated(parent: Run, model: Model, merged: Merged, account: Updated) -> Path:
    """Write the run and return its folder; raises RunError, and then nothing of it is left."""
    run = new_run_id(parent.config.architecture)
    folder = runs_folder() / run
    with _partial(folder) as place:
        split = split_ratings(merged.table, method=str(settings_of(merged)["split"]))
        account = replace(account, run=run)
        config = _config(parent, model, merged, split, account)
        write_vocabularies(place, merged.table, model.baseline)
        keep_ratings(place, merged.table)
        config.write(place)
        epoch, summary = summed_up(model, merged, account, split, folder)
        RunWriter(place).finish_at_once(epoch, model.weights, summary)
    return folder


@contextmanager
def _partial(folder: Path) -> Iterator[Path]:
    """A folder under another name, which gets its own when all is written; what a kill left goes."""
    _clear(folder.parent)
    place = folder.parent / f".{folder.name}{_PARTIAL}"
    try:
        make_folder(place, exist_ok=False)
        place.chmod(0o700)
        with locked(place):
            yield place
        place.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        shutil.rmtree(place, ignore_errors=True)
        raise cannot_write(folder, error) from error
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _clear(folder: Path) -> None:
    """Remove what killed updates left; one that is being written is locked and stays."""
    for place in folder.glob(f".*{_PARTIAL}") if folder.is_dir() else ():
        try:
            with locked(place):
                shutil.rmtree(place, ignore_errors=True)
        except RunError:
            continue  # somebody writes it now


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _config(parent: Run, model: Model, merged: Merged, split: Split, account: Updated) -> RunConfig:
    own = parent.config
    return replace(
        own.created_now(),
        run=account.run,
        settings={**own.settings, "split": split.method},
        data=describe(merged.table),
        split={
            **split.settings(),
            "train_ratings": len(split.train),
            "test_ratings": len(split.test),
            "unseen": unseen(merged.table, split),
        },
        scoring={**own.scoring, "training_mean": model.baseline.mean},
        device="",
        parent={**parent_record(parent, merged), "updated": asdict(account)},
    )
