"""Search an architecture's options on a part carved out of training; the held-out part is never looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from core.contract import Architecture, Resolved, Schedule, Trainer, TrainingSettings, settle
from core.data import Ratings
from core.errors import DivergenceError, PluginError, UsageError
from core.options import OptionField, OptionSet, OptionValue
from core.protocol import Event, PhaseChanged, TrialFinished
from core.training._gaining import against_start, choices_of
from core.training._prepare import Prepared, prepare
from core.training._sharing import mixed_rmse
from core.training.ranking import ruling_error

if TYPE_CHECKING:
    from core.training.gradient import GradientTrainer

ROUNDS, LAST = 2, 4
"""All trials run for a quarter of the epochs, then the best so many of them for all."""
TOGETHER = 4
"""So many trials are trained in one compiled call; more gain nothing, and their tables outgrow the caches."""
SAME_SIZES = 16
"""So many trials in a row have whole numbers (sizes) in common, so that they can be trained together."""


Choices = TypeVar("Choices", bound=OptionSet)


@dataclass(frozen=True)
class _Trial:
    """One point of the search: options, settings, and the tuning error (RMSE or 1 − nDCG) after `epochs`."""

    resolved: Resolved
    error: float = math.inf
    epochs: int = 0


def tune(ratings: Ratings, resolved: Resolved, trials: int, emit: Callable[[Event], None]) -> Resolved:
    """Search by random sampling and successive rejection (Karnin, Koren & Somekh 2013).

    The first trial is `resolved` itself, the others vary what declares a `search` range: options of the
    architecture and the learning rate. All train on the same part and are measured on the same tuning part,
    those of one shape side by side in one compiled call, each with its own pulls, start and learning rate.
    Returns the best choices, ready to be trained on the whole training part, or `resolved` where they gain
    nothing over it beyond chance. Raises UsageError for fewer
    than two trials, PluginError where nothing declares a range, DivergenceError where every trial diverged.
    """
    if trials < 2:
        raise UsageError("A search takes two trials at least.")
    resolved = settle(resolved, ratings.has_ratings, len(ratings))
    prepared = prepare(ratings, _with_tuning_part(resolved.settings))
    candidates = [_Trial(resolved), *sample_trials(resolved, trials - 1)]
    finished = 0
    for number, epochs in enumerate(_round_epochs(resolved.settings.epochs), 1):
        measured: list[_Trial] = []
        for together in _calls(candidates):
            place = f"trial {finished + 1}" + (f" and {len(together) - 1} beside it" if together[1:] else "")
            emit(PhaseChanged("tuning", f"round {number} of {ROUNDS}, {place}"))
            measured += run_trials(together, prepared, epochs)
            for trial in measured[-len(together) :]:
                finished += 1
                emit(_told(trial, finished))
        candidates = sorted(measured, key=lambda trial: trial.error)[:LAST]
    if not math.isfinite(candidates[0].error):
        raise DivergenceError("Every trial diverged.", hint="Start from a lower --learning-rate.")
    best = candidates[0].resolved
    tuned = against_start(ratings, prepared.split, resolved, best)
    emit(tuned)
    return replace(best, by_noise=()) if tuned.gained else resolved


def sample_trials(resolved: Resolved, count: int) -> Iterator[_Trial]:
    """Draw options and learning rates from the declared ranges, by the settings' seed."""
    generator = np.random.default_rng([resolved.settings.seed, 0x7E])
    searched = [field for field in type(resolved.options).fields() if field.search]
    rates = "learning_rate" not in resolved.architecture.unused_settings
    if not searched and not rates:
        raise PluginError(f"No option of {resolved.architecture.name} declares a search range.")
    ranges = {field.name: _range(field, resolved) for field in searched}
    together = trains_side_by_side(resolved)
    sizes: dict[str, OptionValue] = {}
    for number in range(1, count + 1):
        if number % SAME_SIZES == 0:
            sizes = {
                field.name: _draw(field, ranges[field.name], generator)
                for field in searched
                if field.type is int
            }
        drawn = {field.name: _draw(field, ranges[field.name], generator) for field in searched}
        kept = {field.name: getattr(resolved.options, field.name) for field in searched if field.type is int}
        options = {**drawn, **kept, **sizes} if together else drawn
        yield _Trial(
            replace(
                resolved,
                options=_changed(resolved.options, options),
                settings=_changed(resolved.settings, _drawn_rate(resolved, generator) if rates else {}),
            )
        )


def _drawn_rate(resolved: Resolved, generator: np.random.Generator) -> dict[str, OptionValue]:
    factor = math.exp(generator.uniform(-1, 1))
    return {"learning_rate": float(f"{resolved.settings.learning_rate * factor:.3g}")}


def _range(field: OptionField, resolved: Resolved) -> tuple[float, float]:
    """The declared range, moved to have the recipe's value in its middle where it doesn't hold it.

    Rankings are held by more l2 than ratings, say. What a recipe switches off stays off (0); sizes, and what
    somebody asked for, move no range.
    """
    low, high = field.search or (0.0, 0.0)
    start: Any = getattr(resolved.options, field.name)
    if low <= start <= high or low <= 0 or field.type is int or field.name in resolved.given[0]:
        return low, high
    reach = math.sqrt(high / low) if start > 0 else 1.0
    least = low if field.minimum is None else field.minimum
    most = math.inf if field.maximum is None else field.maximum
    return max(start / reach, least), min(start * reach, most)


def _draw(field: OptionField, within: tuple[float, float], generator: np.random.Generator) -> OptionValue:
    """Draw from a range evenly in the logarithm where it lies above 0, as for l2 and sizes."""
    low, high = within
    if low > 0:
        value = math.exp(generator.uniform(math.log(low), math.log(high)))
    else:
        value = generator.uniform(low, high)
    return round(value) if field.type is int else float(f"{value:.3g}")


def trains_side_by_side(resolved: Resolved) -> bool:
    """Whether the engine's own gradient trainer serves, on one device, without replicas of its own."""
    own, settings = type(resolved.architecture).trainer is Architecture.trainer, resolved.settings
    return own and not resolved.ranks and settings.strategy == "none" and settings.replicas == 1


def _calls(trials: Sequence[_Trial]) -> list[list[_Trial]]:
    """Group trials into those that are trained in one call."""
    if not trains_side_by_side(trials[0].resolved):
        return [[trial] for trial in trials]
    from core.training.start import alike

    groups = alike([trial.resolved for trial in trials])
    return [
        [trials[place] for place in group[start : start + TOGETHER]]
        for group in groups
        for start in range(0, len(group), TOGETHER)
    ]


def run_trials(trials: Sequence[_Trial], prepared: Prepared, epochs: int) -> list[_Trial]:
    """Train for so many epochs, with the whole schedule squeezed into them, and measure.

    Several are trained side by side; their error is that of their best epoch, mixed with damped means.
    """
    from core.training.start import make_side_by_side, make_trainer

    chosen = [
        replace(trial.resolved, settings=_changed(trial.resolved.settings, {"epochs": epochs}))
        for trial in trials
    ]
    first = chosen[0]
    if not trains_side_by_side(first):
        trainer, _ = make_trainer(first.architecture, first.options, first.settings, prepared.train)
        with closing(trainer):
            return [_measure_trial(trials[0], trainer, prepared, first.settings.plan())]
    padded = [*chosen, *chosen[-1:] * (TOGETHER - len(chosen))] if len(chosen) > 1 else chosen
    with closing(make_side_by_side(padded, prepared.train)) as together:
        errors = _measure_together(together, prepared, first.settings.plan())
    return [
        replace(trial, error=error, epochs=epochs)
        for trial, error in zip(trials, errors[: len(trials)], strict=True)
    ]


def _measure_together(trainer: GradientTrainer, prepared: Prepared, schedule: Schedule) -> list[float]:
    """The least error of each replica after any epoch; infinite where its numbers aren't finite."""
    least = [math.inf] * trainer.replicas
    for epoch in range(1, schedule.epochs + 1):
        trainer.run_batches(0, trainer.begin_epoch(epoch), schedule.learning_rate(epoch))
        away = prepared.replicas_away_from_means(trainer, prepared.tuning)
        for place, (truth, predicted) in enumerate(away):
            if np.isfinite(predicted).all():
                least[place] = min(least[place], mixed_rmse(truth, predicted))
    return least


def _measure_trial(trial: _Trial, trainer: Trainer, prepared: Prepared, schedule: Schedule) -> _Trial:
    for epoch in range(1, schedule.epochs + 1):
        totals = trainer.run_batches(0, trainer.begin_epoch(epoch), schedule.learning_rate(epoch))
        if not math.isfinite(totals.squared_error):
            return replace(trial, error=math.inf, epochs=epoch)
    ranked = None if prepared.judge is None else prepared.judge.of_tuning(trainer)
    reached = ruling_error(
        prepared.measure(trainer, prepared.tuning).rmse, None if ranked is None else ranked.ndcg
    )
    return replace(trial, error=math.inf if reached is None else reached, epochs=schedule.epochs)


def _round_epochs(epochs: int) -> list[int]:
    return [max(1, epochs // 4), epochs]


def _with_tuning_part(settings: TrainingSettings) -> TrainingSettings:
    return _changed(settings, {"early_stopping": max(1, settings.early_stopping)})


def _changed(options: Choices, values: dict[str, OptionValue]) -> Choices:
    return type(options).parse({**options.to_dict(), **values})


def _told(trial: _Trial, number: int) -> TrialFinished:
    resolved = trial.resolved
    choices = choices_of(resolved)
    return TrialFinished(
        architecture=resolved.architecture.name,
        trial=number,
        choices=choices,
        epochs=trial.epochs,
        tuning_rmse=None if resolved.ranks else trial.error,
        tuning_ndcg=1 - trial.error if resolved.ranks else None,
    )
