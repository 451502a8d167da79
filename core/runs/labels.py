"""What a person writes on a run: a name, a note and tags, in a file of their own beside the run's."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from core.errors import RunError
from core.files import read_regular, write_atomically

LABELS_FILE = "labels.json"
LONGEST = 2000


@dataclass(frozen=True)
class RunLabels:
    """A name, a note and tags; all empty until somebody writes some."""

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


def read_labels(folder: Path) -> RunLabels:
    """Read what is written on a run; raises RunError for a file that is none of ours."""
    path = folder / LABELS_FILE
    if not path.exists():
        return RunLabels()
    try:
        return msgspec.json.decode(read_regular(path), type=RunLabels)
    except (ValueError, RecursionError) as error:
        hint = "Delete it: only the run's name, note and tags are lost."
        raise RunError(f"{path} is damaged: {error}.", hint=hint) from None


def write_labels(folder: Path, labels: RunLabels) -> None:
    """Write a name, a note and tags on a run; raises RunError where they are too long or can't be written."""
    text = json.dumps(asdict(labels), indent=2, ensure_ascii=False)
    if len(text) > LONGEST:
        raise RunError("A run's name, note and tags have 2,000 letters together.", hint="Shorten the note.")
    write_atomically(folder / LABELS_FILE, f"{text}\n".encode())


def parse_tags(text: str) -> tuple[str, ...]:
    """Read tags from a line: words with spaces or commas between them, each once."""
    words = text.replace(",", " ").replace("#", " ").split()
    return tuple(dict.fromkeys(words))
