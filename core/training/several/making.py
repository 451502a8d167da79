"""Make the copies of a model that this process trains, and meet the other workers."""

from __future__ import annotations

from typing import Any

from core.contract.architecture import Architecture
from core.contract.settings import Resolved, TrainingSettings
from core.contract.trainer import TrainingData
from core.errors import PluginError, UsageError
from core.options import ArchitectureOptions
from core.startup.backend import tf
from core.startup.device import choose_device, describe_device
from core.training.gradient.trainer import GradientTrainer
from core.training.several.cluster import Cluster, read_cluster
from core.training.several.collectives import Collectives
from core.training.several.copies import Copies
from core.training.several.crew import Crew
from core.training.several.devices import mirrored_strategy, multiworker_strategy
from core.training.several.distributed_trainer import DistributedTrainer
from core.training.several.identity import identity_of
from core.training.several.merging import Copy
from core.training.several.rendezvous import gather, join
from core.training.several.shards import shard_of, share_users


def make_distributed_trainer(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> tuple[DistributedTrainer, str]:
    """Give worker 0's trainer and the name of its devices for people; waits for the other workers.

    Raises UsageError, DeviceError, WorkerError, or PluginError for an architecture with a trainer of its own.
    """
    refuse_own_trainer(architecture, options, settings, data)
    chosen = Resolved(architecture, options, settings, "")
    if settings.strategy == "mirrored":
        crew, collectives = Crew(), Collectives(mirrored_strategy(settings), Crew())
    else:
        cluster = read_cluster()
        if not cluster.leads:
            hint = "Start it with `tastemap train`; only worker 0 writes a run."
            raise UsageError(f"This process is worker {cluster.index} of TF_CONFIG.", hint=hint)
        crew, collectives = meet(cluster, chosen, data)
    trainer = DistributedTrainer(make_copies(chosen, data, collectives), crew)
    return trainer, _describe(settings, collectives)


def meet(cluster: Cluster, chosen: Resolved, data: TrainingData) -> tuple[Crew, Collectives]:
    """Meet the other workers, see that all train the same, and connect TensorFlow; raises WorkerError."""
    gpus = tf.config.list_physical_devices("GPU") if choose_device(chosen.settings.device) != "/CPU:0" else []
    identity = {
        **identity_of(chosen.architecture, chosen.options, chosen.settings, data),
        "number of devices": max(1, len(gpus)),
    }
    crew = Crew(gather(cluster, identity) if cluster.leads else [join(cluster, identity)])
    return crew, Collectives(multiworker_strategy(chosen.settings, cluster, crew), crew, cluster.index)


def make_copies(chosen: Resolved, data: TrainingData, collectives: Collectives) -> Copies:
    """Make a trainer for each of this process's devices, over the ratings of that device's users."""
    owners = share_users(data, collectives.total)
    copies = []
    for number, device in enumerate(collectives.strategy.extended.worker_devices, collectives.first):
        part = shard_of(data, owners, number)
        trainer = GradientTrainer(chosen.architecture, chosen.options, chosen.settings, part, device)
        copies.append(Copy(trainer, device, owners == number, number == 0, collectives.total))
    return Copies(copies, collectives)


def refuse_own_trainer(
    architecture: Architecture, options: ArchitectureOptions, settings: TrainingSettings, data: TrainingData
) -> None:
    """Raise PluginError for an architecture whose trainer can't be spread over devices."""
    if architecture.trainer(data, settings, options) is not None:
        hint = "Use --strategy none."
        raise PluginError(f"{architecture.name} brings its own trainer, which runs on one device.", hint=hint)


def _describe(settings: TrainingSettings, collectives: Collectives) -> str:
    device: Any = describe_device(choose_device(settings.device))
    workers = collectives.total // collectives.local
    place = f"{workers} workers" if workers > 1 else "one machine"
    return f"{collectives.total} devices of {place}, here {device}"
