"""Choose and describe the device that trains."""

from __future__ import annotations

import os
import platform
from typing import Any

from core.contract import TrainingSettings
from core.errors import DeviceError
from core.startup._backend import tf

CPU_BATCH = 256
GPU_BATCH = 65_536


def choose_device(wanted: str) -> str:
    """Turn auto, cpu or gpu into TensorFlow's device name, and let GPU memory grow as needed.

    A CPU gives the same numbers every time. A GPU adds up a batch's updates in whatever order its threads
    finish, so its numbers repeat up to rounding only: TensorFlow's ops that fix the order are thousands of
    times slower here.

    Raises DeviceError where a GPU is asked for and none can be used.
    """
    gpus = tf.config.list_physical_devices("GPU") if wanted != "cpu" else []
    if wanted == "gpu" and not gpus:
        hint = (
            'Install the GPU build (pip install "tastemap[gpu]") and check nvidia-smi, or use --device cpu.'
        )
        raise DeviceError("TensorFlow sees no GPU here.", hint=hint)
    if not gpus:
        return "/CPU:0"
    _let_memory_grow(gpus)
    return "/GPU:0"


def is_cpu(device: str) -> bool:
    """Whether a device is a CPU, by any of TensorFlow's names of it, as "/job:worker/task:0/device:CPU:0"."""
    return str(tf.DeviceSpec.from_string(device).device_type) == "CPU"


def with_batch_size(settings: TrainingSettings, ratings: int) -> TrainingSettings:
    """Choose the batch size for the device and the number of training ratings where the settings leave it.

    The learning rate is per rating, so all sizes learn alike while an epoch has some 256 batches. A CPU is
    fastest on batches that its cache holds; a GPU needs thousands of ratings at a time.
    """
    if settings.batch_size:
        return settings
    on_gpu = choose_device(settings.device).startswith("/GPU")
    size = min(GPU_BATCH if on_gpu else CPU_BATCH, max(64, ratings // 256))
    return TrainingSettings.parse({**settings.to_dict(), "batch_size": size})


def describe_device(name: str) -> str:
    """Name the device for people, as in "CPU (x86_64, 2 threads)" or "GPU NVIDIA H100"."""
    if name == "/CPU:0":
        return f"CPU ({platform.machine()}, {os.cpu_count()} threads)"
    gpu = tf.config.list_physical_devices("GPU")[0]
    details = tf.config.experimental.get_device_details(gpu)
    return f"GPU {details.get('device_name', gpu.name)}"


def _let_memory_grow(gpus: list[Any]) -> None:
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            return  # the GPUs are in use by this process already, with what was chosen then
