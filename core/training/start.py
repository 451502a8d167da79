"""Make the trainer of an architecture: its own, or the engine's gradient trainer. Loads TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.contract import Architecture, Resolved, Trainer, TrainingData, TrainingSettings
from core.model import build_head, scores_from_histories
from core.options import ArchitectureOptions
from core.protocol import Event, PhaseChanged
from core.startup import choose_device, describe_device, keep_to_one_thread
from core.training.gradient import GradientTrainer, Variant, head_shape
from core.training.ranking import WithHistories


def make_side_by_side(choices: Sequence[Resolved], data: TrainingData) -> GradientTrainer:
    """A trainer of several choices at once, as replicas: see `alike`.

    Of the settings each has its own learning rate; all others are those of the first.
    """
    first = choices[0]
    variants = [
        Variant(one.options, one.settings.learning_rate / first.settings.learning_rate) for one in choices
    ]
    device = choose_device(first.settings.device)
    return GradientTrainer(first.architecture, first.options, first.settings, data, device, variants)


def alike(choices: Sequence[Resolved]) -> list[list[int]]:
    """Group choices, by their places, that differ in nothing but how rows start and are pulled."""
    keep_to_one_thread()  # before a head is built: that computes
    groups: dict[Any, list[int]] = {}
    for place, one in enumerate(choices):
        shape = head_shape(build_head(one.architecture, one.options, one.settings.seed))
        groups.setdefault(place if shape is None else shape, []).append(place)
    return list(groups.values())


def settled(resolved: Resolved, data: TrainingData, emit: Callable[[Event], None]) -> Resolved:
    """The choices with what the architecture settles by the training ratings; `emit` hears of it first."""
    architecture, options = resolved.architecture, resolved.options
    if type(architecture).settled is Architecture.settled:
        return resolved
    emit(PhaseChanged("settling options", "by the training ratings"))
    found = architecture.settled(data, options)
    return replace(resolved, options=type(options).parse({**options.to_dict(), **found}))


def make_trainer(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> tuple[Trainer, str]:
    """Give the trainer and the name of its device for people.

    Raises DeviceError or PluginError, and WorkerError where a strategy's workers can't train together.
    """
    if settings.strategy != "none":
        from core.training.several import make_distributed_trainer

        return make_distributed_trainer(architecture, options, settings, data)
    device = choose_device(settings.device)
    trainer = architecture.trainer(data, settings, options)
    if trainer is not None and scores_from_histories(architecture):
        trainer = WithHistories(trainer, data)
    if trainer is None and settings.objective == "ranking":
        from core.training.ranking import RankingTrainer

        trainer = RankingTrainer(architecture, options, settings, data, device)
    if trainer is None:
        trainer = GradientTrainer(architecture, options, settings, data, device)
    return trainer, describe_device(device)
