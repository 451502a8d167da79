"""What the screen remembers from one start to the next, and the user's own keys: two small files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.files import config_folder, write_atomically

PREFERENCES_FILE, KEYMAP_FILE = "preferences.json", "keymap.toml"


@dataclass(frozen=True)
class Preferences:
    """`theme` by name, `data` as last trained on; `welcome` until a first training has ended."""

    theme: str = "tastemap"
    data: str = "demo"
    welcome: bool = True


def read_preferences() -> Preferences:
    """Read the preferences; a missing or damaged file gives the defaults, since nothing else hangs on it."""
    try:
        stored = json.loads((config_folder() / PREFERENCES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Preferences()
    if isinstance(stored, dict) and "newcomer" in stored:
        stored.setdefault("welcome", stored["newcomer"])  # its name before 0.2
    return Preferences(**_fitting(stored))


def write_preferences(preferences: Preferences) -> None:
    """Remember the preferences; raises RunError where the disk doesn't take them."""
    text = json.dumps(asdict(preferences), indent=2, ensure_ascii=False)
    write_atomically(config_folder() / PREFERENCES_FILE, f"{text}\n".encode())


def keymap_path() -> Path:
    """Where the user's own keys are."""
    return config_folder() / KEYMAP_FILE


def read_keymap(known_actions: Callable[[], set[str]]) -> dict[str, str]:
    """Read the user's own keys: `"train.pause" = "space"` a line, several keys with commas.

    Raises UsageError for a file that can't be read or an action that doesn't exist.
    """
    path = keymap_path()
    if not path.exists():
        return {}
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path} can't be read: {error}.", hint="A line is: 'train.pause' = 'space'"
        ) from None
    known = known_actions()
    for name, keys in stored.items():
        if name not in known or not isinstance(keys, str):
            raise UsageError(f"{path}: {name!r} is no action.", hint=f"Known: {', '.join(sorted(known))}.")
    return stored


def _fitting(stored: Any) -> dict[str, Any]:
    if not isinstance(stored, dict):
        return {}
    kinds = {field.name: type(field.default) for field in fields(Preferences)}
    return {name: value for name, value in stored.items() if isinstance(value, kinds.get(name, type(None)))}
