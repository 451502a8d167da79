"""Make the trainer of an architecture: its own, or the engine's gradient trainer. Loads TensorFlow."""

from __future__ import annotations

from core.contract.architecture import Architecture
from core.contract.settings import TrainingSettings
from core.contract.trainer import Trainer, TrainingData
from core.options import ArchitectureOptions
from core.startup.device import choose_device, describe_device
from core.training.gradient.trainer import GradientTrainer


def make_trainer(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> tuple[Trainer, str]:
    """Give the trainer and the name of its device for people.

    Raises DeviceError or PluginError, and WorkerError where a strategy's workers can't train together.
    """
    if settings.strategy != "none":
        from core.training.several.making import make_distributed_trainer

        return make_distributed_trainer(architecture, options, settings, data)
    device = choose_device(settings.device)
    own = architecture.trainer(data, settings, options)
    trainer = own or GradientTrainer(architecture, options, settings, data, device)
    return trainer, describe_device(device)
