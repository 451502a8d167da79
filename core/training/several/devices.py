"""The devices of a strategy, made before TensorFlow starts to use any."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from core.contract.settings import TrainingSettings
from core.errors import DeviceError, TastemapError, WorkerError
from core.startup.backend import tf
from core.startup.device import choose_device
from core.training.several.cluster import Cluster
from core.training.several.crew import Crew

_MOST_BY_DEFAULT = 8
_START_SECONDS = 90.0


def mirrored_strategy(settings: TrainingSettings) -> Any:
    """Make a MirroredStrategy of this machine's GPUs, or of its CPU cut into logical devices.

    Raises DeviceError where there are not enough devices.
    """
    if choose_device(settings.device).startswith("/GPU"):
        return _mirrored(tuple(_gpus(settings.devices)))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return _mirrored(tuple(_cpus(settings.devices or min(_MOST_BY_DEFAULT, max(2, cores)))))


@cache
def _mirrored(devices: tuple[str, ...]) -> Any:
    """One strategy for the same devices: the collectives of two would be taken for each other's."""
    on_gpus = devices[0].startswith("/GPU")
    sums = tf.distribute.NcclAllReduce() if on_gpus else tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=sums)


def multiworker_strategy(settings: TrainingSettings, cluster: Cluster, crew: Crew) -> Any:
    """Make a MultiWorkerMirroredStrategy; all workers of the crew must do so at the same time.

    Raises WorkerError where a worker is lost meanwhile, or where this process has used TensorFlow already.
    """
    if not choose_device(settings.device).startswith("/GPU"):
        tf.config.set_visible_devices([], "GPU")  # the strategy would take every GPU that it sees
    made: list[Any] = []
    failed: list[BaseException] = []

    def make() -> None:
        try:
            made.append(tf.distribute.MultiWorkerMirroredStrategy())
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits
            failed.append(error)

    maker = threading.Thread(target=make, daemon=True, name="strategy")
    maker.start()
    _wait(maker, crew)
    if failed:
        raise _told(failed[0], cluster) from failed[0]
    return made[0]


def _wait(maker: threading.Thread, crew: Crew) -> None:
    """TensorFlow itself would wait for an hour for a worker that died at this moment."""
    waited = 0.0
    while maker.is_alive():
        maker.join(0.2)
        waited += 0.2
        crew.check()
        if waited > _START_SECONDS:
            raise WorkerError("TensorFlow could not connect the workers.", hint="Are all their ports open?")


def _told(error: BaseException, cluster: Cluster) -> TastemapError:
    if isinstance(error, RuntimeError):
        hint = "Start it with `tastemap train`, which trains one run a process."
        return WorkerError("This process has used TensorFlow already.", hint=hint)
    return WorkerError(f"{cluster.name(cluster.index).capitalize()} could not start: {error}")


def _gpus(wanted: int) -> list[str]:
    count = len(tf.config.list_physical_devices("GPU"))
    if count < max(2, wanted):
        hint = "Use --strategy none, or --device cpu to cut the CPU into devices."
        raise DeviceError(f"--strategy mirrored needs {max(2, wanted)} GPUs; there is {count}.", hint=hint)
    return [f"/GPU:{number}" for number in range(wanted or count)]


def _cpus(wanted: int) -> list[str]:
    if wanted < 2:
        raise DeviceError("--strategy mirrored needs two devices at least.", hint="Use --devices 2.")
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * wanted)
    except RuntimeError:  # this process uses its devices already: were they cut like that before?
        if len(tf.config.list_logical_devices("CPU")) < wanted:
            hint = "Train it in a process of its own: `tastemap train --strategy mirrored`."
            raise DeviceError(f"This process did not start with {wanted} devices.", hint=hint) from None
    return [f"/CPU:{number}" for number in range(wanted)]
