"""The devices of a strategy, made before TensorFlow starts to use any."""

from __future__ import annotations

from functools import cache
from typing import Any

from core.contract import TrainingSettings
from core.errors import DeviceError, WorkerError
from core.startup import choose_device, tf, usable_processors

_MOST_BY_DEFAULT = 8


def mirrored_strategy(settings: TrainingSettings) -> Any:
    """Make a MirroredStrategy of this machine's GPUs, or of its CPU cut into logical devices.

    Raises DeviceError where there are not enough devices.
    """
    if choose_device(settings.device).startswith("/GPU"):
        return _mirrored(tuple(_gpus(settings.devices)))
    cores = max(2, usable_processors())
    return _mirrored(tuple(_cpus(settings.devices or min(_MOST_BY_DEFAULT, cores))))


@cache
def _mirrored(devices: tuple[str, ...]) -> Any:
    """One strategy for the same devices: the collectives of two would be taken for each other's."""
    on_gpus = devices[0].startswith("/GPU")
    sums = tf.distribute.NcclAllReduce() if on_gpus else tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=sums)


def multiworker_strategy(settings: TrainingSettings) -> Any:
    """Make a MultiWorkerMirroredStrategy; waits until all workers do so.

    Raises WorkerError where this process has used TensorFlow already, and what TensorFlow raises otherwise.
    """
    if not choose_device(settings.device).startswith("/GPU"):
        tf.config.set_visible_devices([], "GPU")  # the strategy would take every GPU that it sees
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError:
        hint = "Start it with `tastemap train`, which trains one run a process."
        raise WorkerError("This process has used TensorFlow already.", hint=hint) from None


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
