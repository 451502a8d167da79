"""The names that a person gave to a run's components: `component_names.json` in its folder."""

from __future__ import annotations

import json
from pathlib import Path

from core.errors import RunError, UsageError
from core.files import write_atomically
from core.runs.config import read_json

COMPONENT_NAMES_FILE = "component_names.json"
LONGEST_NAME = 100


def read_component_names(folder: Path) -> dict[int, str]:
    """Read the names by component number (from 1); none where the file is missing, RunError if damaged."""
    path = folder / COMPONENT_NAMES_FILE
    if not path.exists():
        return {}
    try:
        return {int(number): str(name) for number, name in read_json(path).items()}
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}.", hint="Delete it to start over.") from None


def write_component_name(folder: Path, number: int, name: str) -> dict[int, str]:
    """Save one name, or take it away where it is empty; returns all names.

    Raises UsageError for a name over 100 characters and RunError where the folder can't be written.
    """
    cleaned = " ".join(name.split())
    if len(cleaned) > LONGEST_NAME:
        raise UsageError(f"A component's name has {LONGEST_NAME} characters at most, not {len(cleaned)}.")
    kept = {known: text for known, text in read_component_names(folder).items() if known != number}
    names = {**kept, number: cleaned} if cleaned else kept
    text = json.dumps({str(key): names[key] for key in sorted(names)}, ensure_ascii=False, indent=2)
    write_atomically(folder / COMPONENT_NAMES_FILE, f"{text}\n".encode())
    return names
