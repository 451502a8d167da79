"""Find and check plugins: one broken plugin is reported, never fatal to the others."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from core.contract import hookspecs
from core.contract.architecture import Architecture
from core.errors import PluginError, UsageError
from core.options import ArchitectureOptions, suggest

if TYPE_CHECKING:
    from core.contract.data import DataSource
    from core.contract.tracker import Tracker

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True)
class RegisteredArchitecture:
    """An architecture that can be trained and where it comes from ("tastemap 0.1.0", a file's path)."""

    architecture: Architecture
    origin: str


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that was left out, and the reason."""

    name: str
    origin: str
    reason: str


@dataclass
class Registry:
    """All that the plugins brought."""

    architectures: dict[str, RegisteredArchitecture] = field(default_factory=dict)
    data_sources: list[DataSource] = field(default_factory=list)
    trackers: dict[str, Tracker] = field(default_factory=dict)
    broken: list[BrokenPlugin] = field(default_factory=list)

    def architecture(self, name: str) -> Architecture:
        """Look an architecture up; raises UsageError with the nearest name, or why its plugin is broken."""
        if name in self.architectures:
            return self.architectures[name].architecture
        for broken in self.broken:
            if broken.name == name:
                raise PluginError(f"The plugin {name!r} ({broken.origin}) can't be used: {broken.reason}")
        raise UsageError(f"There is no architecture {name!r}.", hint=suggest(name, self.architectures))

    def chosen_trackers(self, names: Iterable[str]) -> list[Tracker]:
        """Look trackers up, each once; raises UsageError with the nearest name."""
        for name in names:
            if name not in self.trackers:
                raise UsageError(f"There is no tracker {name!r}.", hint=suggest(name, self.trackers))
        return [self.trackers[name] for name in dict.fromkeys(names)]


def load_plugins(files: Sequence[Path] = ()) -> Registry:
    """Load the installed plugins (entry-point group `tastemap`) and the given single files.

    A broken installed plugin lands in `Registry.broken`; a broken file, which the user named, raises
    PluginError.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs.TastemapHooks)
    registry = Registry()
    for entry_point in sorted(entry_points(group=hookspecs.PROJECT), key=_built_in_first):
        try:
            _add(manager, registry, entry_point.load(), entry_point.name, _origin(entry_point))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
            registry.broken.append(BrokenPlugin(entry_point.name, _origin(entry_point), _reason(error)))
    for file in files:
        _add(manager, registry, load_file(file), file.stem, str(file))
    manager.check_pending()
    return registry


def load_file(path: Path) -> ModuleType:
    """Import a plugin from a single file; raises PluginError naming the file and what went wrong."""
    if not path.is_file():
        raise PluginError(f"There is no plugin file {str(path)!r}.")
    name = f"tastemap_plugin_{re.sub(r'[^A-Za-z0-9_]', '_', path.stem)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PluginError(f"{path} is no Python file.", hint="A plugin file ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise PluginError(f"The plugin file {path} can't be loaded: {_reason(error)}") from error
    return module


def _add(manager: pluggy.PluginManager, registry: Registry, plugin: Any, name: str, origin: str) -> None:
    manager.register(plugin, name=f"{name} ({origin})")
    try:
        _refuse_unknown_hooks(manager, plugin)
        brought = _architectures(plugin, origin, registry)
        sources = _bring(plugin, "register_datasets")
        trackers = _trackers(plugin, registry)
    except BaseException:
        manager.unregister(plugin)
        raise
    registry.architectures.update(brought)
    registry.data_sources.extend(sources)
    registry.trackers.update(trackers)


def _refuse_unknown_hooks(manager: pluggy.PluginManager, plugin: Any) -> None:
    for caller in manager.get_hookcallers(plugin) or ():
        if not caller.has_spec():
            hint = suggest(caller.name, _hook_names())
            raise PluginError(f"It implements {caller.name!r}, which is no hook of tastemap.", hint=hint)


def _hook_names() -> list[str]:
    return [name for name in vars(hookspecs.TastemapHooks) if name.startswith("register_")]


def _bring(plugin: Any, hook: str) -> Iterable[Any]:
    implementation = getattr(plugin, hook, None)
    return (implementation() or ()) if implementation is not None else ()


def _architectures(plugin: Any, origin: str, registry: Registry) -> dict[str, RegisteredArchitecture]:
    brought: dict[str, RegisteredArchitecture] = {}
    for kind in _bring(plugin, "register_architectures"):
        check_architecture(kind)
        other = brought.get(kind.name) or registry.architectures.get(kind.name)
        if other is not None:
            raise PluginError(f"Its architecture {kind.name!r} is already registered by {other.origin}.")
        brought[kind.name] = RegisteredArchitecture(kind(), origin)
    return brought


def _trackers(plugin: Any, registry: Registry) -> dict[str, Tracker]:
    brought: dict[str, Tracker] = {}
    for tracker in _bring(plugin, "register_trackers"):
        if tracker.name in registry.trackers or tracker.name in brought:
            raise PluginError(f"Its tracker {tracker.name!r} is registered already.")
        brought[tracker.name] = tracker
    return brought


def check_architecture(kind: Any) -> None:
    """Check what can be checked of an architecture without Keras; raises PluginError."""
    if not (isinstance(kind, type) and issubclass(kind, Architecture)):
        raise PluginError(f"{kind!r} is no subclass of core.Architecture.")
    name = getattr(kind, "name", None)
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        raise PluginError(f"{kind.__qualname__}.name must be lower-case letters, digits, - and _: {name!r}.")
    if not (isinstance(kind.Options, type) and issubclass(kind.Options, ArchitectureOptions)):
        raise PluginError(f"{kind.__qualname__}.Options must be a subclass of core.ArchitectureOptions.")
    if kind.build is Architecture.build and kind.trainer is Architecture.trainer:
        raise PluginError(f"{kind.__qualname__} has no build method.")


def _origin(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist
    return f"{distribution.name} {distribution.version}" if distribution else entry_point.value


def _built_in_first(entry_point: EntryPoint) -> tuple[bool, str, str]:
    distribution = entry_point.dist.name if entry_point.dist else ""
    return distribution != hookspecs.PROJECT, distribution, entry_point.name


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
