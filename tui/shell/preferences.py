"""What the screen remembers from one start to the next, and the user's own keys: two small files."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.files import config_folder, write_atomically
from core.readable import readable

PREFERENCES_FILE, KEYMAP_FILE = "preferences.json", "keymap.toml"


@dataclass(frozen=True)
class Preferences:
    """`theme` by name, `data` as last trained on; `welcome` until a first training has ended; `columns` of
    the table of runs as chosen, with spaces between, "" for those there is room for."""

    theme: str = "tastemap"
    data: str = "demo"
    welcome: bool = True
    columns: str = ""


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


def read_keymap(known_actions: Callable[[], set[str]]) -> tuple[dict[str, str], list[UsageError]]:
    """Read the user's own keys: `"train.pause" = "space"` a line, several keys with commas.

    Returns the good lines, and what is wrong with the others or with the file.
    """
    path = keymap_path()
    if not path.exists():
        return {}, []
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        hint = "A line is: 'train.pause' = 'space'"
        return {}, [UsageError(f"{path} can't be read: {readable(str(error))}.", hint=hint)]
    known = known_actions()
    wrong = [_wrong_line(name, keys, known) for name, keys in stored.items()]
    good = {name: keys for name, keys in stored.items() if name in known and isinstance(keys, str)}
    return good, [problem for problem in wrong if problem]


def _wrong_line(name: str, keys: object, known: set[str]) -> UsageError | None:
    """What is wrong with a line, and what was perhaps meant; None where it is good."""
    file = keymap_path().name
    if name in known:
        if isinstance(keys, str):
            return None
        return UsageError(
            f"{file}: {name} takes a key's name in quotes, not {keys!r}.", hint="As in: 'space'"
        )
    near = difflib.get_close_matches(name, sorted(known), 1, 0.4)
    hint = f"Did you mean {near[0]}?" if near else "The help (?) shows every action's name."
    return UsageError(f"{file}: {readable(name)!r} is no action.", hint=f"{hint} The other lines count.")


def _fitting(stored: object) -> dict[str, Any]:
    if not isinstance(stored, dict):
        return {}
    kinds = {field.name: type(field.default) for field in fields(Preferences)}
    return {name: value for name, value in stored.items() if isinstance(value, kinds.get(name, type(None)))}
