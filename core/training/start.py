"""Make the trainer of an architecture: its own, or the engine's gradient trainer. Loads TensorFlow."""

from __future__ import annotations

from core.contract import Architecture, Trainer, TrainingData, TrainingSettings
from core.errors import UsageError
from core.model import scores_from_histories
from core.options import ArchitectureOptions
from core.startup import choose_device, describe_device
from core.training.gradient import GradientTrainer
from core.training.ranking import WithHistories


def make_trainer(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> tuple[Trainer, str]:
    """Give the trainer and the name of its device for people.

    Raises DeviceError or PluginError, and WorkerError where a strategy's workers can't train together.
    """
    if settings.strategy != "none":
        if settings.objective == "ranking":
            raise UsageError("Ranking trains on one device so far.", hint="Use --strategy none.")
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
