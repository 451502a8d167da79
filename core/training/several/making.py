"""Make the copies of a model that this process trains."""

from __future__ import annotations

from typing import Any

from core.contract import Architecture, TrainingData, TrainingSettings
from core.errors import PluginError
from core.options import ArchitectureOptions
from core.startup import choose_device, describe_device, keep_to_one_thread, tf
from core.training.gradient import GradientTrainer
from core.training.ranking import RankingTrainer
from core.training.several._collectives import Collectives
from core.training.several._devices import mirrored_strategy
from core.training.several._meeting import identity_of, meet
from core.training.several._merging import Copy
from core.training.several._shards import shard_of, share_users
from core.training.several.cluster import Cluster, read_cluster
from core.training.several.copies import Copies, RankingCopies


def make_distributed_trainer(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> tuple[Copies, str]:
    """Give this worker's trainer, which keeps its own users' ratings alone, and what people call its devices.

    Waits for the other workers. Raises UsageError, DeviceError, WorkerError, or PluginError for an
    architecture with a trainer of its own.
    """
    if type(architecture).trainer is not Architecture.trainer:
        hint = "Use --strategy none."
        raise PluginError(f"{architecture.name} brings its own trainer, which runs on one device.", hint=hint)
    claim_devices(settings)
    if settings.strategy == "mirrored":
        collectives = Collectives(mirrored_strategy(settings))
    else:
        cluster = read_cluster()
        identity = {
            **_surroundings(settings, cluster),
            **identity_of(architecture, options, settings, data),
        }
        collectives = meet(cluster, settings, identity)
    owners = share_users(data, collectives.total)
    ranks = settings.objective == "ranking"
    of_one = RankingTrainer if ranks else GradientTrainer
    copies = []
    for number, device in enumerate(collectives.strategy.extended.worker_devices, collectives.first):
        trainer = of_one(architecture, options, settings, shard_of(data, owners, number), device)
        copies.append(Copy(trainer, device, owners == number, number == 0, collectives.total))
    together = RankingCopies if ranks else Copies
    return together(copies, collectives), _describe(settings, collectives)


def claim_devices(settings: TrainingSettings) -> None:
    """Cut this machine's CPU into the devices that the settings ask for, before anything uses it.

    Where ratings are learnt, each computes on one thread. Raises DeviceError where there are not enough.
    """
    if settings.strategy != "none" and settings.objective != "ranking":
        keep_to_one_thread()
    if settings.strategy == "mirrored":
        mirrored_strategy(settings)


def _surroundings(settings: TrainingSettings, cluster: Cluster) -> dict[str, object]:
    """What else must be the same on all workers: who they are, and how many devices each has."""
    gpus = tf.config.list_physical_devices("GPU") if choose_device(settings.device) != "/CPU:0" else []
    return {"list of workers": " ".join(cluster.addresses), "number of devices": max(1, len(gpus))}


def _describe(settings: TrainingSettings, collectives: Collectives) -> str:
    device: Any = describe_device(choose_device(settings.device))
    place = f"{collectives.workers} workers" if collectives.workers > 1 else "one machine"
    return f"{collectives.total} devices of {place}, here {device}"
