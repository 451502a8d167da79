"""The tables that were trained on, the latest first, and how each is read where that was chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from core.errors import UsageError
from core.files import config_folder, expanded, write_atomically

TABLES_FILE = "tables.json"
_RECENT, _CHOICES = 12, 100
"""So many tables are offered again, and of so many the choices are kept; the oldest go first."""

Reading = Mapping[str, object]
"""Reading options that were chosen for a table."""


@dataclass(frozen=True)
class KnownTables:
    """`recent` are the tables trained on, the latest first; `readings` what was chosen for one, by name."""

    recent: tuple[str, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def reading_of(self, data: str) -> dict[str, object]:
        """What was chosen for a table; empty where nothing was."""
        return dict(self.readings.get(table_name(data), {}))

    def trained_on(self, data: str) -> KnownTables:
        """The same with this table as the latest."""
        name = table_name(data)
        others = [other for other in self.recent if other != name]
        return replace(self, recent=(name, *others)[:_RECENT])

    def read_with(self, data: str, reading: Reading) -> KnownTables:
        """The same with what was chosen for this table; nothing chosen forgets an earlier choice."""
        name = table_name(data)
        others = {key: value for key, value in self.readings.items() if key != name}
        kept = [*others.items(), *([(name, dict(reading))] if reading else [])]
        return replace(self, readings=dict(kept[-_CHOICES:]))


def table_name(data: str) -> str:
    """One name for a table wherever the app is started: a path whole, a database without its password."""
    if "://" in data:
        from core.data import shown_source

        return shown_source(data)
    try:
        path = expanded(data)
        return str(path.absolute()) if path.exists() else data
    except (OSError, UsageError):  # too long for a name, or nobody's home
        return data


def read_tables() -> KnownTables:
    """Read what is remembered; a missing or damaged file is as none, since it holds conveniences alone."""
    try:
        stored = json.loads((config_folder() / TABLES_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return KnownTables()
    if not isinstance(stored, dict):
        return KnownTables()
    recent, readings = stored.get("recent"), stored.get("readings")
    return KnownTables(
        tuple(one for one in recent if isinstance(one, str)) if isinstance(recent, list) else (),
        {name: _options(one) for name, one in readings.items() if isinstance(one, dict)}
        if isinstance(readings, dict)
        else {},
    )


def write_tables(tables: KnownTables) -> None:
    """Remember; raises RunError where the disk doesn't take it."""
    text = json.dumps(asdict(tables), indent=2, ensure_ascii=False)
    write_atomically(config_folder() / TABLES_FILE, f"{text}\n".encode())


def _options(stored: Mapping[Any, Any]) -> dict[str, object]:
    return {str(name): value for name, value in stored.items() if isinstance(value, str | int | bool)}
