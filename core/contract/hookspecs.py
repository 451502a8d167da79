"""The hooks a plugin can implement; the project name is `tastemap`, the entry-point group too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from core.contract.architecture import Architecture
    from core.contract.data import DataSource
    from core.contract.tracker import Tracker

PROJECT = "tastemap"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class TastemapHooks:
    """Every hook returns a list, so that one plugin can bring several of a kind."""

    @hookspec
    def register_architectures(self) -> list[type[Architecture]]:  # type: ignore[empty-body]
        """Give the architectures that this plugin brings: subclasses of `core.Architecture`."""

    @hookspec
    def register_datasets(self) -> list[DataSource]:  # type: ignore[empty-body]
        """Give the readers and named data sets that this plugin brings."""

    @hookspec
    def register_trackers(self) -> list[Tracker]:  # type: ignore[empty-body]
        """Give the trackers that this plugin brings: named receivers of a training's events."""
