"""Where Tastemap keeps things: the XDG folders, each overridable by an environment variable."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_APPLICATION = "tastemap"


def runs_folder() -> Path:
    """The folder of all runs: `TASTEMAP_RUNS`, else `runs` in the user's data folder."""
    return _folder("TASTEMAP_RUNS", platformdirs.user_data_path(_APPLICATION) / "runs")


def cache_folder() -> Path:
    """The folder of downloads and parsed tables: `TASTEMAP_CACHE`, else the user's cache folder."""
    return _folder("TASTEMAP_CACHE", platformdirs.user_cache_path(_APPLICATION))


def compiled_folder() -> Path | None:
    """The folder of compiled programs: `TASTEMAP_COMPILED` (off: none), else `compiled` in the cache."""
    if os.environ.get("TASTEMAP_COMPILED", "").lower() == "off":
        return None
    return _folder("TASTEMAP_COMPILED", cache_folder() / "compiled").absolute()


def config_folder() -> Path:
    """The folder of preferences: `TASTEMAP_CONFIG`, else the user's configuration folder."""
    return _folder("TASTEMAP_CONFIG", platformdirs.user_config_path(_APPLICATION))


def _folder(variable: str, default: Path) -> Path:
    chosen = os.environ.get(variable)
    return Path(chosen).expanduser() if chosen else default
