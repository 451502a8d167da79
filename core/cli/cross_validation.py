"""`tastemap crossval`: train once for each fold and show how much the figures spread."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

from core.cli.flags import READING_FLAGS, parse_flags, require_data
from core.cli.output import print_json
from core.contract.plugins import Registry, load_plugins
from core.contract.settings import Resolved, TrainingSettings, refuse_several_machines, resolve
from core.data import Ratings, load_ratings
from core.options import OptionField, OptionSet
from core.protocol.events import Event, Finished
from core.training.session import Session

_FIXED = ("split", "folds", "fold")


def run_cross_validation(
    words: Sequence[str],
    data: str,
    architecture: str,
    recipe: str,
    folds: int,
    plugins: Sequence[Path],
    as_json: bool,
) -> None:
    """Train a run for each fold; prints a line a fold, then mean and standard deviation of RMSE and MAE."""
    registry = load_plugins(plugins)
    chosen = registry.architecture(architecture)
    flags = parse_flags(
        words,
        {"settings": _flags(TrainingSettings), "options": _flags(chosen.Options), "reading": READING_FLAGS},
    )
    require_data(data)
    ratings = load_ratings(data, flags["reading"], sources=registry.data_sources)
    resolved = resolve(chosen, recipe, flags["options"], flags["settings"])
    refuse_several_machines(resolved.settings, "Cross-validation")
    finished = []
    for fold in range(1, folds + 1):
        finished.append(_train_fold(ratings, _for_fold(resolved, folds, fold), registry))
        _show_fold(fold, folds, finished[-1], as_json)
    _show_summary(finished, as_json)


def _flags(options: type[OptionSet]) -> list[OptionField]:
    return [field for field in options.fields() if field.name not in _FIXED]


def _for_fold(resolved: Resolved, folds: int, fold: int) -> Resolved:
    values = {**resolved.settings.to_dict(), "split": "kfold", "folds": folds, "fold": fold}
    return replace(resolved, settings=TrainingSettings.parse(values))


def _train_fold(ratings: Ratings, resolved: Resolved, registry: Registry) -> Finished:
    heard: list[Event] = []
    Session(ratings, resolved, registry, heard.append).start()
    return next(event for event in reversed(heard) if isinstance(event, Finished))


def _show_fold(fold: int, folds: int, finished: Finished, as_json: bool) -> None:
    if as_json:
        print(finished.to_json(), flush=True)
    else:
        figures = f"RMSE {finished.val_rmse:.4f}  MAE {finished.val_mae:.4f}"
        print(f"fold {fold}/{folds}  {figures}  run {finished.run}")


def _show_summary(finished: Sequence[Finished], as_json: bool) -> None:
    figures = {
        "rmse": [event.val_rmse or 0.0 for event in finished],
        "mae": [event.val_mae or 0.0 for event in finished],
    }
    summary = {name: {"mean": mean(values), "deviation": stdev(values)} for name, values in figures.items()}
    if as_json:
        print_json({"event": "cross_validation", "folds": len(finished), **summary})
        return
    parts = [f"{name.upper()} {v['mean']:.4f} ± {v['deviation']:.4f}" for name, v in summary.items()]
    told = "  ".join(parts)
    print(f"{len(finished)} folds  {told}")
    print("tastemap: ± is the standard deviation over the folds", file=sys.stderr)
