"""`tastemap plugins`: what can be trained, and what is broken and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.cli.output import print_json
from core.contract.plugins import RegisteredArchitecture, load_plugins


def print_plugins(files: Sequence[Path], as_json: bool) -> None:
    """Print architectures with options and origin, then broken plugins; loads no Keras."""
    registry = load_plugins(files)
    architectures = [_describe(registered) for registered in registry.architectures.values()]
    broken = [asdict(plugin) for plugin in registry.broken]
    trackers = [
        {"name": tracker.name, "description": tracker.description} for tracker in registry.trackers.values()
    ]
    if as_json:
        print_json({"architectures": architectures, "trackers": trackers, "broken": broken})
        return
    for architecture in architectures:
        print(f"{architecture['name']}  {architecture['description']}  [{architecture['origin']}]")
        print(f"    recipes: {', '.join(architecture['recipes'])}")
        for option in architecture["options"]:
            print(f"    {option['flag']:<20} {option['default']!s:<8} {option['help']}")
    for tracker in trackers:
        print(f"tracker {tracker['name']}  {tracker['description']}")
    for plugin in broken:
        print(f"broken: {plugin['name']} [{plugin['origin']}]: {plugin['reason']}")


def _describe(registered: RegisteredArchitecture) -> dict[str, Any]:
    architecture = registered.architecture
    return {
        "name": architecture.name,
        "description": architecture.description(),
        "origin": registered.origin,
        "recipes": sorted({"default", *architecture.recipes}),
        "options": [
            {**asdict(field), "type": field.type.__name__, "flag": field.flag}
            for field in architecture.Options.fields()
        ],
    }
