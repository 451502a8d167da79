"""What a run was trained with, taken from its configuration."""

from __future__ import annotations

from collections.abc import Mapping

from core.contract.plugins import Registry
from core.contract.replicas import replicate
from core.contract.settings import Resolved, TrainingSettings
from core.runs.config import RunConfig


def saved_choices(
    config: RunConfig, registry: Registry, settings: Mapping[str, object] | None = None
) -> Resolved:
    """Take a run's architecture, options and settings from its configuration, with some settings replaced."""
    architecture = registry.architecture(config.architecture)
    options = architecture.Options.parse(config.options)
    parsed = TrainingSettings.parse({**config.settings, **(settings or {})})
    return Resolved(replicate(architecture, parsed.replicas), options, parsed, config.recipe)
