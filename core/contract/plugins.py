"""Find and check plugins: one broken plugin is reported, never fatal to the others."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from core.contract import hookspecs
from core.contract._installed import Plugin, installed_plugins
from core.contract.architecture import Architecture
from core.contract.settings import TrainingSettings
from core.errors import PluginError, UsageError
from core.files import expanded
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
    """All that the plugins brought; `only_own` says that none of them is anybody else's."""

    architectures: dict[str, RegisteredArchitecture] = field(default_factory=dict)
    data_sources: list[DataSource] = field(default_factory=list)
    trackers: dict[str, Tracker] = field(default_factory=dict)
    broken: list[BrokenPlugin] = field(default_factory=list)
    only_own: bool = True

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
    installed = sorted(installed_plugins(hookspecs.PROJECT), key=_built_in_first)
    registry = Registry(only_own=not files and not any(_built_in_first(one)[0] for one in installed))
    for plugin in installed:
        try:
            _add(registry, plugin.load(), plugin.origin)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's module may raise anything
            registry.broken.append(BrokenPlugin(plugin.name, plugin.origin, _reason(error)))
    for file in files:
        _add_file(registry, file)
    return registry


def load_file(path: Path) -> ModuleType:
    """Import a plugin from a single file; raises PluginError naming the file and what went wrong."""
    path = expanded(path)
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


def _add_file(registry: Registry, path: Path) -> None:
    module = load_file(path)
    try:
        _add(registry, module, str(path))
    except PluginError:
        raise
    except (Exception, SystemExit) as error:
        raise PluginError(f"The plugin file {path} can't be used: {_reason(error)}") from error


def _add(registry: Registry, plugin: object, origin: str) -> None:
    """Take in all that a plugin brings, or nothing where any of it can't be used."""
    manager = _manager_of(plugin)
    architectures = _architectures(_brought(manager.hook.register_architectures()), origin, registry)
    sources = _data_sources(_brought(manager.hook.register_datasets()))
    trackers = _trackers(_brought(manager.hook.register_trackers()), registry)
    registry.architectures.update(architectures)
    registry.data_sources.extend(sources)
    registry.trackers.update(trackers)


def _manager_of(plugin: object) -> pluggy.PluginManager:
    """Register a plugin with a manager of its own: its hooks can then neither hide nor break another's.

    Raises PluginError where it implements no hook, or one that doesn't exist.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs.TastemapHooks)
    manager.register(plugin)
    callers = manager.get_hookcallers(plugin)
    if not callers:
        hint = "Mark each with @core.hookimpl."
        raise PluginError(f"It implements none of the hooks {', '.join(_hook_names())}.", hint=hint)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        unknown = next(caller.name for caller in callers if not caller.has_spec())
        hint = suggest(unknown, _hook_names())
        raise PluginError(f"It implements {unknown!r}, which is no hook of tastemap.", hint=hint) from error
    return manager


def _hook_names() -> list[str]:
    return [name for name in vars(hookspecs.TastemapHooks) if name.startswith("register_")]


def _brought(results: Iterable[Any]) -> list[Any]:
    """What one plugin's hook gave, in one list; raises PluginError where it gave something else."""
    brought: list[Any] = []
    for result in results:
        if not isinstance(result, list | tuple):
            raise PluginError(f"A hook returns a list, not {result!r}.")
        brought.extend(result)
    return brought


def _architectures(
    kinds: Iterable[Any], origin: str, registry: Registry
) -> dict[str, RegisteredArchitecture]:
    brought: dict[str, RegisteredArchitecture] = {}
    for kind in kinds:
        check_architecture(kind)
        other = brought.get(kind.name) or registry.architectures.get(kind.name)
        if other is not None:
            raise PluginError(f"Its architecture {kind.name!r} is already registered by {other.origin}.")
        brought[kind.name] = RegisteredArchitecture(kind(), origin)
    return brought


def _data_sources(sources: list[Any]) -> list[DataSource]:
    if sources:
        from core.contract.data import DataSource

        for source in sources:
            if not isinstance(source, DataSource):
                raise PluginError(f"{source!r} is neither a Reader nor a NamedDataset.")
    return sources


def _trackers(trackers: Iterable[Any], registry: Registry) -> dict[str, Tracker]:
    from core.contract.tracker import Tracker

    brought: dict[str, Tracker] = {}
    for tracker in trackers:
        if not isinstance(tracker, Tracker):
            raise PluginError(f"{tracker!r} is no Tracker.")
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
    known = [field.name for field in TrainingSettings.fields()]
    _check_defaults(kind)
    for unused in kind.unused_settings:
        if unused not in known:
            place = f"{kind.__qualname__}.unused_settings"
            raise PluginError(f"{place}: there is no setting {unused!r}.", hint=suggest(unused, known))


def _check_defaults(kind: type[Architecture]) -> None:
    """Refuse a default that nobody could give: a run that was trained with it couldn't be opened."""
    for one in kind.Options.fields():
        try:
            one.parse(one.default)
        except UsageError as error:
            place = f"{kind.__qualname__}.Options.{one.name}"
            raise PluginError(f"{place}: its default can't be given: {error.message}") from None


def _built_in_first(plugin: Plugin) -> tuple[bool, str, str]:
    return plugin.distribution != hookspecs.PROJECT, plugin.distribution, plugin.name


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
