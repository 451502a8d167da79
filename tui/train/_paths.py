"""Paths as terminals and people give them: dropped, pasted, half typed."""

from __future__ import annotations

import os
import shlex
from urllib.parse import unquote, urlsplit

from core.errors import UsageError
from core.files import expanded

_MOST = 500
"""Entries of a folder that are looked at for a completion."""


def dropped_path(text: str) -> str:
    """The path in a text that a terminal pastes for a dropped file; empty where there is none.

    Terminals give it bare, between quotes, with backslashes before spaces, or as a file:// address.
    """
    line = text.strip()
    if not line or "\n" in line:
        return ""
    if line.startswith("file://"):
        line = unquote(urlsplit(line).path)
    return next((one for one in (line, _unquoted(line)) if one and _exists(one)), "")


def _unquoted(line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:
        return ""
    return words[0] if len(words) == 1 else ""


def _exists(path: str) -> bool:
    try:
        return os.sep in path and expanded(path).exists()
    except (OSError, UsageError):  # too long for a name, or nobody's home
        return False


def completions(text: str) -> list[str]:
    """The paths that go on as this text does, folders with a slash at their end; none for a bare name."""
    folder, slash, start = text.rpartition(os.sep)
    if not slash and not text.startswith((".", "~")):
        return []
    try:
        entries = sorted(os.scandir(expanded(folder + slash)), key=lambda entry: entry.name)[:_MOST]
        fitting = [one for one in entries if one.name.startswith(start) and _wanted(one.name, start)]
        return [f"{folder}{slash}{one.name}{os.sep if one.is_dir() else ''}" for one in fitting]
    except (OSError, UsageError):
        return []


def _wanted(name: str, start: str) -> bool:
    """Hidden files are offered to who asks for them."""
    return not name.startswith(".") or start.startswith(".")
