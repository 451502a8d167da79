"""The installed plugins, found without `importlib.metadata`: its imports are a tenth of a short command."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator
from functools import reduce
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, NamedTuple


class Plugin(NamedTuple):
    """A plugin's entry point: the object at `value` ("module" or "module:attribute") of a distribution."""

    name: str
    value: str
    distribution: str = ""
    version: str = ""

    @property
    def origin(self) -> str:
        """Where it comes from, for people: "tastemap 0.1.0"."""
        return f"{self.distribution} {self.version}" if self.distribution else self.value

    def load(self) -> Any:
        """Import it; whatever its module raises comes through."""
        module, _, attributes = self.value.partition(":")
        imported = importlib.import_module(module.strip())
        return reduce(getattr, filter(None, attributes.strip().split(".")), imported)


def installed_plugins(group: str) -> list[Plugin]:
    """The entry points of a group, of each distribution the copy that would be imported.

    As `importlib.metadata.entry_points` has them, which is asked where packages lie in no folders.
    """
    if not _only_folders():
        return _asked(group)
    found: dict[str, list[Plugin]] = {}
    for folder in _about_distributions():
        key = _key(folder.name)
        if key not in found:
            found[key] = list(_declared(folder, group))
    return [plugin for plugins in found.values() for plugin in plugins]


def _only_folders() -> bool:
    finders = [one for one in sys.meta_path if hasattr(one, "find_distributions")]
    return finders == [PathFinder] and not any(map(os.path.isfile, sys.path))


def _asked(group: str) -> list[Plugin]:
    from importlib.metadata import entry_points

    return [
        Plugin(one.name, one.value, *((one.dist.name, one.dist.version) if one.dist else ()))
        for one in entry_points(group=group)
    ]


def _about_distributions() -> Iterator[Path]:
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208 - a third of the time of hundreds of paths
        except OSError:  # much of a search path isn't there, or isn't ours
            continue
        yield from (Path(folder, name) for name in names if name.endswith((".dist-info", ".egg-info")))


def _key(name: str) -> str:
    """`Some.Name-1.0.dist-info` → `some_name`: whose it is, before it is opened."""
    return re.sub(r"[-_.]+", "_", name.rpartition(".")[0].partition("-")[0]).lower()


def _declared(folder: Path, group: str) -> Iterator[Plugin]:
    text = _text(folder, "entry_points.txt")
    if f"[{group}]" not in text:
        return
    section, about = "", None
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == group and equals and not line.startswith(("#", ";")):
            about = about or _name_and_version(folder)
            yield Plugin(name.strip(), value.partition("[")[0].strip(), *about)


def _name_and_version(folder: Path) -> tuple[str, str]:
    head = _text(folder, "METADATA" if folder.suffix == ".dist-info" else "PKG-INFO").partition("\n\n")[0]
    said = dict(line.partition(": ")[::2] for line in head.splitlines())
    return said.get("Name", ""), said.get("Version", "")


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text("utf-8", "replace")
    except OSError:  # most distributions declare nothing
        return ""
