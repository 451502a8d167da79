"""The folder of runs: make names, find runs by id, prefix, path or "latest"."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from core.errors import TastemapError, UsageError
from core.files import expanded, read_regular, runs_folder

CONFIG_FILE = "config.json"


def new_run_id(architecture: str) -> str:
    """Make a run's id from the architecture, the time (UTC) and four random hex digits."""
    return f"{architecture}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def list_runs(folder: Path | None = None) -> list[Path]:
    """List the run folders, the newest first by the time that each says it was created at.

    A copy is as old as its original. Runs that don't say, which are damaged, come last, and folders that hold
    no run are passed over.
    """
    folder = folder or runs_folder()
    if not folder.is_dir():
        return []
    runs = [path for path in folder.iterdir() if _has_config(path)]
    return sorted(runs, key=_age, reverse=True)


def _has_config(path: Path) -> bool:
    """Whether a folder claims to be a run; one that can't be entered may be."""
    try:
        return not path.name.startswith(".") and (path / CONFIG_FILE).is_file()
    except OSError:
        return True


class _Created(msgspec.Struct):
    created: datetime


def _age(path: Path) -> tuple[float, int, str]:
    """The seconds of creation, then the configuration's last change and the name where two are alike."""
    config = path / CONFIG_FILE
    try:
        changed = config.stat().st_mtime_ns
        created = msgspec.json.decode(read_regular(config), type=_Created).created
        return (created if created.tzinfo else created.replace(tzinfo=UTC)).timestamp(), changed, path.name
    except (TastemapError, OSError):
        return float("-inf"), 0, path.name
    except (ValueError, RecursionError):
        return float("-inf"), changed, path.name


def find_run(name: str, folder: Path | None = None) -> Path:
    """Find a run by id, by a beginning that only one has, by path, or `latest`; raises UsageError."""
    if (expanded(name) / CONFIG_FILE).is_file():
        return expanded(name)
    runs = list_runs(folder)
    if name == "latest" and runs:
        return runs[0]
    matching = [path for path in runs if path.name == name] or [p for p in runs if p.name.startswith(name)]
    if len(matching) == 1 and name:
        return matching[0]
    if len(matching) > 1 and name:
        raise UsageError(f"{name!r} could be {len(matching)} runs.", hint=f"One is {matching[0].name}.")
    raise UsageError(f"There is no run {name!r} in {folder or runs_folder()}.", hint=_known(runs))


def _known(runs: list[Path]) -> str:
    return (
        f"The latest is {runs[0].name}; `tastemap runs` lists all." if runs else "`tastemap train` makes one."
    )
