"""`tastemap race`: several architectures on one split, then a comparison with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.cli.flags import READING_FLAGS, parse_flags, require_data
from core.cli.training_view import JsonView, TextView
from core.cli.views_quality import print_comparison
from core.contract.plugins import Registry, load_plugins
from core.contract.settings import TrainingSettings, refuse_several_machines, resolve
from core.data import load_ratings
from core.errors import UsageError
from core.options import suggest
from core.runs.models import saved_model
from core.runs.run import Run
from core.training.session import Session
from core.training.tune import tune


def run_race(
    words: Sequence[str], data: str, names: str, trials: int, plugins: Sequence[Path], as_json: bool
) -> None:
    """Train each architecture by its default recipe with the same settings, then compare with the first."""
    require_data(data)
    registry = load_plugins(plugins)
    runners = _runners(names, registry)
    flags = parse_flags(words, {"settings": TrainingSettings.fields(), "reading": READING_FLAGS})
    ratings = load_ratings(data, flags["reading"], sources=registry.data_sources)
    folders = []
    with JsonView() if as_json else TextView() as view:
        for name in runners:
            resolved = resolve(registry.architecture(name), settings=flags["settings"])
            refuse_several_machines(resolved.settings, "A race")
            chosen = tune(ratings, resolved, trials, view.show) if trials else resolved
            folders.append(Session(ratings, chosen, registry, view.show).start())
    print_comparison([saved_model(Run.open(folder, registry)) for folder in folders], 10, as_json)


def _runners(names: str, registry: Registry) -> list[str]:
    """The architectures to race, each once, in the order given; all of them where none is named."""
    wanted = [name.strip() for name in names.split(",") if name.strip()] or sorted(registry.architectures)
    for name in wanted:
        registry.architecture(name)
    if len(set(wanted)) < 2:
        raise UsageError("A race takes two architectures at least.", hint=suggest("", registry.architectures))
    return list(dict.fromkeys(wanted))
