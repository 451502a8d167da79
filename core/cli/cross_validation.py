"""`tastemap crossval`: train once for each fold and show how much the figures spread."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import mean, stdev

from core.cli.flags import Values, require_data
from core.cli.output import figure, print_json
from core.contract.plugins import Registry
from core.contract.settings import Resolved, TrainingSettings, refuse_several_machines, resolve
from core.data import Ratings, load_ratings
from core.protocol.events import Event, Finished
from core.training.session import Session


def run_cross_validation(
    flags: Values,
    data: str,
    architecture: str,
    recipe: str,
    folds: int,
    registry: Registry,
    as_json: bool,
) -> None:
    """Train a run for each fold; prints a line a fold, then mean and standard deviation of RMSE and MAE."""
    require_data(data)
    chosen = registry.architecture(architecture)
    ratings = load_ratings(data, flags["reading"], sources=registry.data_sources)
    resolved = resolve(chosen, recipe, flags["options"], flags["settings"])
    refuse_several_machines(resolved.settings, "Cross-validation")
    finished = []
    for fold in range(1, folds + 1):
        finished.append(_train_fold(ratings, _for_fold(resolved, folds, fold), registry))
        _show_fold(fold, folds, finished[-1], as_json)
    show_summary(finished, as_json)


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
        figures = f"RMSE {figure(finished.val_rmse)}  MAE {figure(finished.val_mae)}"
        print(f"fold {fold}/{folds}  {figures}  run {finished.run}")


def show_summary(finished: Sequence[Finished], as_json: bool) -> None:
    """Print mean and standard deviation over the folds; one without a figure is left out of both."""
    summary = {
        "rmse": _spread([event.val_rmse for event in finished]),
        "mae": _spread([event.val_mae for event in finished]),
    }
    if as_json:
        print_json({"event": "cross_validation", "folds": len(finished), **summary})
        return
    parts = [f"{name.upper()} {figure(v['mean'])} ± {figure(v['deviation'])}" for name, v in summary.items()]
    print(f"{len(finished)} folds  {'  '.join(parts)}")
    print("tastemap: ± is the standard deviation over the folds", file=sys.stderr)


def _spread(figures: Iterable[float | None]) -> dict[str, float | None]:
    """Mean and standard deviation over the folds that have the figure; None where they are too few."""
    known = [value for value in figures if value is not None]
    return {"mean": mean(known) if known else None, "deviation": stdev(known) if len(known) > 1 else None}
