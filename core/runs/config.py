"""A run's configuration: everything needed to train it again and split its table again, as JSON."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.contract import Registry, Resolved, TrainingSettings, refuse_unused, replicate
from core.data import Ratings, Split, leak_of, split_ratings
from core.errors import ProtocolError, RunError
from core.files import damaged, read_json, write_atomically
from core.protocol import from_plain
from core.runs._checks import check_config, check_moods, check_steps
from core.runs.store import CONFIG_FILE

FORMAT = 1


def installed_versions() -> dict[str, str]:
    """The versions that a run's numbers may depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("tastemap", "tensorflow", "keras", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class RunConfig:
    """`data` describes and locates the table, `split` its parts and hash; `options` are the architecture's,
    `settings` the fields of `core.contract.settings.TrainingSettings`, `scoring` what
    turns scores into ratings, `adaptation` what was learnt before training of how to train. `parent` is empty
    but for a run that was updated from another: its id (`run`), the `news` and what was done (`updated`)."""

    run: str
    architecture: str
    origin: str
    recipe: str
    options: Mapping[str, Any]
    settings: Mapping[str, Any]
    data: Mapping[str, Any]
    split: Mapping[str, Any]
    scoring: Mapping[str, Any]
    device: str = ""
    parameters: int = 0
    created: str = field(default_factory=_now)
    versions: Mapping[str, str] = field(default_factory=installed_versions)
    format: int = FORMAT
    adaptation: Mapping[str, Any] = field(default_factory=dict)
    parent: Mapping[str, Any] = field(default_factory=dict)

    def created_now(self) -> RunConfig:
        """The same configuration as of now, by what is installed now."""
        return replace(self, created=_now(), versions=installed_versions())

    @property
    def leak(self) -> str:
        """Where training knows rows from after those that the figures stand on; "" where it doesn't."""
        method = self.parent.get("split") or self.split.get("method", "random")
        if self.parent and method in ("time", "last"):
            method = "update"
        return leak_of({"method": method}, self.data)

    def write(self, folder: Path) -> None:
        """Write this configuration into a run folder."""
        values = asdict(self)
        if not self.parent:
            del values["parent"]
        text = json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False)
        write_atomically(folder / CONFIG_FILE, f"{text}\n".encode())


def read_config(folder: Path) -> RunConfig:
    """Read a run's configuration; raises RunError where it is missing, damaged or of a later format."""
    path = folder / CONFIG_FILE
    values = read_json(path)
    if values.get("format") != FORMAT:
        hint = "It was written by another version of tastemap, or is no run."
        raise RunError(f"{path} has format {values.get('format')!r}, not {FORMAT}.", hint=hint)
    for name in values:
        if name not in RunConfig.__dataclass_fields__:
            raise damaged(path, f"it has a field {name!r} that no run has.")
    try:
        config = from_plain(values, RunConfig, "run")
    except ProtocolError as error:
        raise damaged(path, error.message) from None
    check_config(path, config.data, config.split, config.scoring)
    check_steps(path, config.adaptation.get("steps"))
    check_moods(path, config.adaptation.get("moods", ()))
    return config


def saved_choices(
    config: RunConfig, registry: Registry, settings: Mapping[str, object] | None = None
) -> Resolved:
    """Take a run's architecture, options and settings from its configuration, with some settings replaced.

    Raises UsageError for settings that the architecture doesn't use.
    """
    architecture = registry.architecture(config.architecture)
    refuse_unused(architecture, settings or {})
    options = architecture.Options.parse(config.options)
    recorded = {"objective": "rating", **config.settings}  # runs of 0.1 knew no other
    parsed = TrainingSettings.parse({**recorded, **(settings or {})})
    return Resolved(replicate(architecture, parsed.replicas), options, parsed, config.recipe)


def recorded_split(recorded: Mapping[str, Any], ratings: Ratings) -> Split:
    """Split a table as the run's configuration says; compare the hashes to know that the table is the same.

    Raises RunError where the record is damaged, and what the split method raises.
    """
    names = ("folds", "fold", "count", "since", "given_fraction")
    choices = {name: recorded[name] for name in names if name in recorded}
    try:
        seed, fraction, method = int(recorded["seed"]), float(recorded["test_fraction"]), recorded["method"]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"The run's configuration doesn't say how its table was split: {error!r}.") from None
    return split_ratings(ratings, seed, fraction, method, **choices)
